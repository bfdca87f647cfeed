"""The conjugation of French verbs: the three regular groups, their spelling, and the frequent irregular verbs."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Literal

__all__ = ["FrenchVerb", "SimpleTense", "french_verb"]

SimpleTense = Literal["present", "imperfect", "future", "conditional"]

_IMPERFECT = ("ais", "ais", "ait", "ions", "iez", "aient")
_FUTURE = ("ai", "as", "a", "ons", "ez", "ont")

# infinitive: the six forms of the present | participle | stem of the future [ | the three forms of the imperative]
_IRREGULAR = """
aller: vais vas va allons allez vont | allé | ir
apprendre: apprends apprends apprend apprenons apprenez apprennent | appris | apprendr
avoir: ai as a avons avez ont | eu | aur | aie ayons ayez
boire: bois bois boit buvons buvez boivent | bu | boir
comprendre: comprends comprends comprend comprenons comprenez comprennent | compris | comprendr
conduire: conduis conduis conduit conduisons conduisez conduisent | conduit | conduir
connaître: connais connais connaît connaissons connaissez connaissent | connu | connaîtr
construire: construis construis construit construisons construisez construisent | construit | construir
courir: cours cours court courons courez courent | couru | courr
croire: crois crois croit croyons croyez croient | cru | croir
devenir: deviens deviens devient devenons devenez deviennent | devenu | deviendr
devoir: dois dois doit devons devez doivent | dû | devr
dire: dis dis dit disons dites disent | dit | dir
dormir: dors dors dort dormons dormez dorment | dormi | dormir
écrire: écris écris écrit écrivons écrivez écrivent | écrit | écrir
être: suis es est sommes êtes sont | été | ser | sois soyons soyez
faire: fais fais fait faisons faites font | fait | fer
lire: lis lis lit lisons lisez lisent | lu | lir
mettre: mets mets met mettons mettez mettent | mis | mettr
naître: nais nais naît naissons naissez naissent | né | naîtr
offrir: offre offres offre offrons offrez offrent | offert | offrir
ouvrir: ouvre ouvres ouvre ouvrons ouvrez ouvrent | ouvert | ouvrir
partir: pars pars part partons partez partent | parti | partir
peindre: peins peins peint peignons peignez peignent | peint | peindr
pouvoir: peux peux peut pouvons pouvez peuvent | pu | pourr
prendre: prends prends prend prenons prenez prennent | pris | prendr
recevoir: reçois reçois reçoit recevons recevez reçoivent | reçu | recevr
revenir: reviens reviens revient revenons revenez reviennent | revenu | reviendr
rire: ris ris rit rions riez rient | ri | rir
savoir: sais sais sait savons savez savent | su | saur | sache sachons sachez
sortir: sors sors sort sortons sortez sortent | sorti | sortir
suivre: suis suis suit suivons suivez suivent | suivi | suivr
tenir: tiens tiens tient tenons tenez tiennent | tenu | tiendr
traduire: traduis traduis traduit traduisons traduisez traduisent | traduit | traduir
venir: viens viens vient venons venez viennent | venu | viendr
vivre: vis vis vit vivons vivez vivent | vécu | vivr
voir: vois vois voit voyons voyez voient | vu | verr
vouloir: veux veux veut voulons voulez veulent | voulu | voudr | veuille veuillons veuillez
"""

_WITH_BE = frozenset(
    {"aller", "arriver", "devenir", "naître", "partir", "rentrer", "rester", "revenir", "sortir", "tomber", "venir"}
)
"""Verbs whose compound tenses are made with être. Pronominal verbs are, too; that is the clause's affair."""
_DOUBLING = ("appeler", "jeter")
_FUTURES = {"envoyer": "enverr"}
"""Regular but for the stem of their future."""


@dataclass(frozen=True, kw_only=True, slots=True)
class FrenchVerb:
    """All the forms of one verb. Persons count from 0: je, tu, il or elle, nous, vous, ils or elles."""

    infinitive: str
    present: tuple[str, ...]
    participle: str
    future_stem: str
    imperfect: tuple[str, ...]
    commands: tuple[str, str, str]
    """To tu, to nous, to vous."""

    @property
    def with_be(self) -> bool:
        return self.infinitive in _WITH_BE

    def form(self, tense: SimpleTense, person: int) -> str:
        match tense:
            case "present":
                return self.present[person]
            case "imperfect":
                return self.imperfect[person]
            case "future":
                return self.future_stem + _FUTURE[person]
            case "conditional":
                return self.future_stem + _IMPERFECT[person]

    def command(self, person: int) -> str:
        return self.commands[{1: 0, 3: 1, 4: 2}[person]]


@cache
def french_verb(infinitive: str) -> FrenchVerb:
    """The forms of a verb, by its infinitive without `se`."""
    if infinitive in _irregular():
        columns = [column.split() for column in _irregular()[infinitive].split("|")]
        present, participle, future = tuple(columns[0]), columns[1][0], columns[2][0]
        given = columns[3] if len(columns) > 3 else None
        before = present[3].removesuffix("ons")
        imperfect = tuple(("ét" if infinitive == "être" else before) + ending for ending in _IMPERFECT)
    else:
        present, participle, future, imperfect = _regular(infinitive)
        given = None
    # -er verbs, and those that are conjugated like them, lose the s of tu.
    tu = present[1][:-1] if present[1].endswith(("es", "vas")) and infinitive != "être" else present[1]
    return FrenchVerb(
        infinitive=infinitive,
        present=present,
        participle=participle,
        future_stem=future,
        imperfect=imperfect,
        commands=(given[0], given[1], given[2]) if given else (tu, present[3], present[4]),
    )


@cache
def _irregular() -> dict[str, str]:
    rows = (line.partition(": ") for line in _IRREGULAR.strip().splitlines())
    return {infinitive: forms for infinitive, _, forms in rows}


def _regular(infinitive: str) -> tuple[tuple[str, ...], str, str, tuple[str, ...]]:
    """Present, participle, stem of the future, imperfect."""
    stem = infinitive[:-2]
    if infinitive.endswith("ir"):
        present = tuple(stem + ending for ending in ("is", "is", "it", "issons", "issez", "issent"))
        return present, stem + "i", infinitive, tuple(stem + "iss" + ending for ending in _IMPERFECT)
    if infinitive.endswith("re"):
        present = tuple(stem + ending for ending in ("s", "s", "", "ons", "ez", "ent"))
        return present, stem + "u", infinitive[:-1], tuple(stem + ending for ending in _IMPERFECT)
    mute = _before_mute_e(stem)
    starts = {"ons": stem, "ez": stem}
    # `préférer` keeps its é in the future; the others write it as in the present.
    future = infinitive if "é" in stem[-3:] else mute + "er"
    return (
        tuple(_soft(starts.get(ending, mute), ending) for ending in ("e", "es", "e", "ons", "ez", "ent")),
        stem + "é",
        _FUTURES.get(infinitive, future),
        tuple(_soft(stem, ending) for ending in _IMPERFECT),
    )


def _before_mute_e(stem: str) -> str:
    """achet- → achèt-, appel- → appell-, préfér- → préfèr-, nettoy- → nettoi-."""
    if stem + "er" in _DOUBLING:
        return stem + stem[-1]
    if stem.endswith("y"):
        return stem[:-1] + "i"
    if len(stem) > 2 and stem[-2] in "eé" and stem[-1] not in "aeiouyé":
        return stem[:-2] + "è" + stem[-1]
    return stem


def _soft(stem: str, ending: str) -> str:
    """g and c stay soft before a and o: mangeons, commençais."""
    if ending[0] in "ao" and stem.endswith("g"):
        return stem + "e" + ending
    if ending[0] in "ao" and stem.endswith("c"):
        return stem[:-1] + "ç" + ending
    return stem + ending
