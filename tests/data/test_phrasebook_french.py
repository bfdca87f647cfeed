"""French words of the phrasebook, checked by hand."""

import pytest

from seqloom.data.phrasebook.french.agreement import Gender, agreed, french_plural
from seqloom.data.phrasebook.french.sound import sounded, starts_with_vowel
from seqloom.data.phrasebook.french.verbs import SimpleTense, french_verb
from seqloom.data.phrasebook.numbers import clock, day_of_month, french_number, french_ordinal

# infinitive: present; imperfect, future and conditional of je; participle; command to tu
CONJUGATED = """
parler: parle parles parle parlons parlez parlent; parlais parlerai parlerais; parlé; parle
finir: finis finis finit finissons finissez finissent; finissais finirai finirais; fini; finis
vendre: vends vends vend vendons vendez vendent; vendais vendrai vendrais; vendu; vends
manger: mange manges mange mangeons mangez mangent; mangeais mangerai mangerais; mangé; mange
commencer: commence commences commence commençons commencez commencent; commençais commencerai commencerais; commencé; commence
acheter: achète achètes achète achetons achetez achètent; achetais achèterai achèterais; acheté; achète
lever: lève lèves lève levons levez lèvent; levais lèverai lèverais; levé; lève
appeler: appelle appelles appelle appelons appelez appellent; appelais appellerai appellerais; appelé; appelle
préférer: préfère préfères préfère préférons préférez préfèrent; préférais préférerai préférerais; préféré; préfère
espérer: espère espères espère espérons espérez espèrent; espérais espérerai espérerais; espéré; espère
nettoyer: nettoie nettoies nettoie nettoyons nettoyez nettoient; nettoyais nettoierai nettoierais; nettoyé; nettoie
payer: paie paies paie payons payez paient; payais paierai paierais; payé; paie
envoyer: envoie envoies envoie envoyons envoyez envoient; envoyais enverrai enverrais; envoyé; envoie
étudier: étudie étudies étudie étudions étudiez étudient; étudiais étudierai étudierais; étudié; étudie
être: suis es est sommes êtes sont; étais serai serais; été; sois
avoir: ai as a avons avez ont; avais aurai aurais; eu; aie
aller: vais vas va allons allez vont; allais irai irais; allé; va
faire: fais fais fait faisons faites font; faisais ferai ferais; fait; fais
dire: dis dis dit disons dites disent; disais dirai dirais; dit; dis
lire: lis lis lit lisons lisez lisent; lisais lirai lirais; lu; lis
écrire: écris écris écrit écrivons écrivez écrivent; écrivais écrirai écrirais; écrit; écris
voir: vois vois voit voyons voyez voient; voyais verrai verrais; vu; vois
savoir: sais sais sait savons savez savent; savais saurai saurais; su; sache
pouvoir: peux peux peut pouvons pouvez peuvent; pouvais pourrai pourrais; pu; -
vouloir: veux veux veut voulons voulez veulent; voulais voudrai voudrais; voulu; veuille
devoir: dois dois doit devons devez doivent; devais devrai devrais; dû; -
prendre: prends prends prend prenons prenez prennent; prenais prendrai prendrais; pris; prends
apprendre: apprends apprends apprend apprenons apprenez apprennent; apprenais apprendrai apprendrais; appris; apprends
comprendre: comprends comprends comprend comprenons comprenez comprennent; comprenais comprendrai comprendrais; compris; comprends
venir: viens viens vient venons venez viennent; venais viendrai viendrais; venu; viens
partir: pars pars part partons partez partent; partais partirai partirais; parti; pars
sortir: sors sors sort sortons sortez sortent; sortais sortirai sortirais; sorti; sors
dormir: dors dors dort dormons dormez dorment; dormais dormirai dormirais; dormi; dors
boire: bois bois boit buvons buvez boivent; buvais boirai boirais; bu; bois
connaître: connais connais connaît connaissons connaissez connaissent; connaissais connaîtrai connaîtrais; connu; connais
croire: crois crois croit croyons croyez croient; croyais croirai croirais; cru; crois
recevoir: reçois reçois reçoit recevons recevez reçoivent; recevais recevrai recevrais; reçu; reçois
ouvrir: ouvre ouvres ouvre ouvrons ouvrez ouvrent; ouvrais ouvrirai ouvrirais; ouvert; ouvre
courir: cours cours court courons courez courent; courais courrai courrais; couru; cours
conduire: conduis conduis conduit conduisons conduisez conduisent; conduisais conduirai conduirais; conduit; conduis
construire: construis construis construit construisons construisez construisent; construisais construirai construirais; construit; construis
traduire: traduis traduis traduit traduisons traduisez traduisent; traduisais traduirai traduirais; traduit; traduis
peindre: peins peins peint peignons peignez peignent; peignais peindrai peindrais; peint; peins
rire: ris ris rit rions riez rient; riais rirai rirais; ri; ris
"""  # noqa: E501


@pytest.mark.parametrize("row", CONJUGATED.strip().splitlines(), ids=lambda row: row.split(":")[0])
def test_conjugation(row: str) -> None:
    infinitive, forms = row.split(": ")
    present, others, participle, command = forms.split("; ")
    tenses: tuple[SimpleTense, ...] = ("imperfect", "future", "conditional")
    verb = french_verb(infinitive)
    assert [verb.form("present", person) for person in range(6)] == present.split()
    assert [verb.form(tense, 0) for tense in tenses] == others.split()
    assert verb.participle == participle
    assert command in ("-", verb.command(1))


def test_all_persons_of_the_other_tenses() -> None:
    tenses: tuple[SimpleTense, ...] = ("imperfect", "future")
    forms = {tense: " ".join(french_verb("manger").form(tense, person) for person in range(6)) for tense in tenses}
    assert forms == {
        "imperfect": "mangeais mangeais mangeait mangions mangiez mangeaient",
        "future": "mangerai mangeras mangera mangerons mangerez mangeront",
    }
    assert [french_verb("étudier").form("imperfect", person) for person in (3, 4)] == ["étudiions", "étudiiez"]
    assert [french_verb("vouloir").form("conditional", person) for person in range(6)] == [
        "voudrais", "voudrais", "voudrait", "voudrions", "voudriez", "voudraient",
    ]  # fmt: skip


def test_commands() -> None:
    assert [french_verb("être").command(person) for person in (1, 3, 4)] == ["sois", "soyons", "soyez"]
    assert [french_verb("aller").command(person) for person in (1, 3, 4)] == ["va", "allons", "allez"]
    assert [french_verb("choisir").command(person) for person in (1, 3, 4)] == ["choisis", "choisissons", "choisissez"]


def test_which_verbs_go_with_etre() -> None:
    assert all(
        french_verb(each).with_be for each in ("aller", "venir", "revenir", "partir", "tomber", "rester", "devenir")
    )
    assert not any(french_verb(each).with_be for each in ("courir", "marcher", "manger", "avoir", "être"))


TO_A_HUNDRED = """
zéro un deux trois quatre cinq six sept huit neuf dix onze douze treize quatorze quinze seize dix-sept dix-huit
dix-neuf vingt vingt_et_un vingt-deux vingt-trois vingt-quatre vingt-cinq vingt-six vingt-sept vingt-huit
vingt-neuf trente trente_et_un trente-deux trente-trois trente-quatre trente-cinq trente-six trente-sept
trente-huit trente-neuf quarante quarante_et_un quarante-deux quarante-trois quarante-quatre quarante-cinq
quarante-six quarante-sept quarante-huit quarante-neuf cinquante cinquante_et_un cinquante-deux cinquante-trois
cinquante-quatre cinquante-cinq cinquante-six cinquante-sept cinquante-huit cinquante-neuf soixante
soixante_et_un soixante-deux soixante-trois soixante-quatre soixante-cinq soixante-six soixante-sept
soixante-huit soixante-neuf soixante-dix soixante_et_onze soixante-douze soixante-treize soixante-quatorze
soixante-quinze soixante-seize soixante-dix-sept soixante-dix-huit soixante-dix-neuf quatre-vingts
quatre-vingt-un quatre-vingt-deux quatre-vingt-trois quatre-vingt-quatre quatre-vingt-cinq quatre-vingt-six
quatre-vingt-sept quatre-vingt-huit quatre-vingt-neuf quatre-vingt-dix quatre-vingt-onze quatre-vingt-douze
quatre-vingt-treize quatre-vingt-quatorze quatre-vingt-quinze quatre-vingt-seize quatre-vingt-dix-sept
quatre-vingt-dix-huit quatre-vingt-dix-neuf cent
"""


def test_numbers_to_a_hundred() -> None:
    assert [french_number(number) for number in range(101)] == [each.replace("_", " ") for each in TO_A_HUNDRED.split()]


@pytest.mark.parametrize(
    ("number", "french"),
    [
        (101, "cent un"),
        (180, "cent quatre-vingts"),
        (200, "deux cents"),
        (201, "deux cent un"),
        (371, "trois cent soixante et onze"),
        (580, "cinq cent quatre-vingts"),
        (999, "neuf cent quatre-vingt-dix-neuf"),
        (1000, "mille"),
        (1001, "mille un"),
        (1100, "mille cent"),
        (2000, "deux mille"),
        (2300, "deux mille trois cents"),
        (21_000, "vingt et un mille"),
        (80_000, "quatre-vingt mille"),
        (80_080, "quatre-vingt mille quatre-vingts"),
        (200_000, "deux cent mille"),
        (200_200, "deux cent mille deux cents"),
        (1_000_000, "un million"),
        (2_000_000, "deux millions"),
        (80_000_000, "quatre-vingts millions"),
    ],
)
def test_large_numbers(number: int, french: str) -> None:
    assert french_number(number) == french


def test_only_a_final_one_agrees() -> None:
    assert [french_number(number, "f") for number in (1, 21, 71, 81, 101, 1000, 21_000)] == [
        "une", "vingt et une", "soixante et onze", "quatre-vingt-une", "cent une", "mille", "vingt et un mille",
    ]  # fmt: skip


def test_ordinals() -> None:
    assert [french_ordinal(number) for number in (1, 2, 4, 5, 9, 11, 19, 20, 21)] == [
        "premier", "deuxième", "quatrième", "cinquième", "neuvième", "onzième", "dix-neuvième", "vingtième",
        "vingt et unième",
    ]  # fmt: skip
    assert french_ordinal(1, "f") == "première"


@pytest.mark.parametrize(
    ("hour", "minute", "english", "french"),
    [
        (1, 0, "one o'clock", "une heure"),
        (3, 10, "ten past three", "trois heures dix"),
        (4, 15, "a quarter past four", "quatre heures et quart"),
        (6, 30, "half past six", "six heures et demie"),
        (8, 40, "twenty to nine", "neuf heures moins vingt"),
        (10, 45, "a quarter to eleven", "onze heures moins le quart"),
        (0, 0, "midnight", "minuit"),
        (12, 0, "noon", "midi"),
    ],
)
def test_clock(hour: int, minute: int, english: str, french: str) -> None:
    assert clock(hour, minute) == (english, french)


def test_days_of_the_month() -> None:
    assert day_of_month(1) == ("the first", "le premier")
    assert day_of_month(8) == ("the eighth", "le huit")
    assert day_of_month(21) == ("the twenty-first", "le vingt et un")


@pytest.mark.parametrize(
    ("whole", "said"),
    [
        ("le ami de la école", "l'ami de l'école"),
        ("je ai", "j'ai"),
        ("je ne ai que elle", "je n'ai qu'elle"),
        ("je me habille et tu te amuses", "je m'habille et tu t'amuses"),
        ("elle se appelle Anna", "elle s'appelle Anna"),
        ("ce est le hôtel", "c'est l'hôtel"),
        ("ce ne est pas", "ce n'est pas"),
        ("est-ce que il y a", "est-ce qu'il y a"),
        ("si il vient, si elle vient, si ils viennent", "s'il vient, si elle vient, s'ils viennent"),
        ("ma amie et sa horloge, ta sœur", "mon amie et son horloge, ta sœur"),
        ("ce homme et ce héros, ce arbre", "cet homme et ce héros, cet arbre"),
        ("le haricot, le hérisson, le onze", "le haricot, le hérisson, le onze"),
        ("je y vais, le yaourt", "j'y vais, le yaourt"),
        ("puis-je aller, prenez-le ici", "puis-je aller, prenez-le ici"),
        ("jusque à la gare", "jusqu'à la gare"),
    ],
)
def test_sounds(whole: str, said: str) -> None:
    assert sounded(whole) == said


def test_what_starts_with_a_vowel() -> None:
    assert all(starts_with_vowel(each) for each in ("œuf", "école", "hôpital", "eau", "Anna", "y", "e-mail"))
    assert not any(starts_with_vowel(each) for each in ("haricots", "hamster", "huit", "yaourt", "oui", "gare"))


@pytest.mark.parametrize(
    ("adjective", "forms"),
    [
        ("beau", "beau belle beaux belles"),
        ("nouveau", "nouveau nouvelle nouveaux nouvelles"),
        ("vieux", "vieux vieille vieux vieilles"),
        ("blanc", "blanc blanche blancs blanches"),
        ("long", "long longue longs longues"),
        ("gentil", "gentil gentille gentils gentilles"),
        ("frais", "frais fraîche frais fraîches"),
        ("heureux", "heureux heureuse heureux heureuses"),
        ("jaloux", "jaloux jalouse jaloux jalouses"),
        ("sportif", "sportif sportive sportifs sportives"),
        ("cher", "cher chère chers chères"),
        ("léger", "léger légère légers légères"),
        ("inquiet", "inquiet inquiète inquiets inquiètes"),
        ("travailleur", "travailleur travailleuse travailleurs travailleuses"),
        ("bon", "bon bonne bons bonnes"),
        ("italien", "italien italienne italiens italiennes"),
        ("grec", "grec grecque grecs grecques"),
        ("gris", "gris grise gris grises"),
        ("bleu", "bleu bleue bleus bleues"),
        ("marron", "marron marron marron marron"),
        ("rouge", "rouge rouge rouges rouges"),
        ("fatigué", "fatigué fatiguée fatigués fatiguées"),
        ("perdu", "perdu perdue perdus perdues"),
        ("quel", "quel quelle quels quelles"),
    ],
)
def test_agreement(adjective: str, forms: str) -> None:
    genders: tuple[Gender, ...] = ("m", "f")
    assert [agreed(adjective, gender, plural) for plural in (False, True) for gender in genders] == forms.split()


def test_plurals() -> None:
    plurals = {
        "livre": "livres", "gâteau": "gâteaux", "jeu": "jeux", "journal": "journaux", "cheval": "chevaux",
        "bras": "bras", "nez": "nez", "œil": "yeux", "genou": "genoux", "grand-mère": "grands-mères",
        "mot de passe": "mots de passe", "pomme de terre": "pommes de terre", "stylo": "stylos", "hôpital": "hôpitaux",
    }  # fmt: skip
    assert {each: french_plural(each) for each in plurals} == plurals
