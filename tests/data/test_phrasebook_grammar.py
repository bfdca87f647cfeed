"""Sentences of the phrasebook's grammar, in both languages, checked by hand."""

from typing import Literal

import pytest

from seqloom.data.phrasebook.clauses import Action, Negation, Subject, TenseName, ask, command, tag, tell
from seqloom.data.phrasebook.english import (
    comparative,
    contracted,
    english_plural,
    english_verb,
    superlative,
    with_article,
)
from seqloom.data.phrasebook.lexicon.adjectives import adjective
from seqloom.data.phrasebook.lexicon.nouns import noun
from seqloom.data.phrasebook.lexicon.verbs import verb
from seqloom.data.phrasebook.nominals import Determiner, NounPhrase, noun_phrase
from seqloom.data.phrasebook.numbers import english_number, english_ordinal
from seqloom.data.phrasebook.patterns.choices import (
    ADDRESSES,
    HE,
    POLITE,
    SHE,
    THEY,
    WE,
    YOU,
    I,
    as_subject,
    subject_of,
)
from seqloom.data.phrasebook.sentence import Address, Words, finish

FRIEND, MARIE, FRIENDS = ADDRESSES[2], ADDRESSES[4], ADDRESSES[5]


def thing(english: str, determiner: Determiner, *, plural: bool = False, described: str = "") -> NounPhrase:
    return noun_phrase(noun(english), determiner, plural=plural, adjective=adjective(described) if described else None)


def doing(pair: str, english: str = "", determiner: Determiner = "the", *, plural: bool = False) -> Action:
    chosen = verb(*pair.split("/"))
    if not english:
        return Action(verb=chosen)
    phrase = thing(english, determiner, plural=plural)
    return Action(verb=chosen, english=phrase.english, french=phrase.french, contents=phrase.contents)


def both(words: Words, end: Literal[".", "?", "!"] = ".", address: Address | None = None) -> tuple[str, str]:
    sentence = finish(words, end, address)
    return sentence.english, sentence.french


@pytest.mark.parametrize(
    ("phrase", "english", "french"),
    [
        (thing("apple", "a"), "an apple", "une pomme"),
        (thing("egg", "a", plural=True), "eggs", "des œufs"),
        (thing("tree", "a", described="beautiful"), "a beautiful tree", "un bel arbre"),
        (thing("tree", "a", plural=True, described="beautiful"), "beautiful trees", "de beaux arbres"),
        (thing("man", "the", described="old"), "the old man", "le vieil homme"),
        (thing("flat", "my", described="new"), "my new flat", "mon nouvel appartement"),
        (thing("house", "this", described="old"), "this old house", "cette vieille maison"),
        (thing("skirt", "a", described="white"), "a white skirt", "une jupe blanche"),
        (thing("shoe", "the", plural=True, described="grey"), "the grey shoes", "les chaussures grises"),
        (thing("boot", "some", plural=True, described="brown"), "some brown boots", "des bottes marron"),
        (thing("horse", "that", plural=True), "those horses", "ces chevaux-là"),
        (thing("bread", "some"), "some bread", "du pain"),
        (thing("meat", "bare"), "meat", "de la viande"),
        (thing("water", "some"), "some water", "de l'eau"),
        (thing("money", "any"), "any money", "de l'argent"),
        (thing("oil", "no"), "any oil", "d'huile"),
        (thing("cheese", "generic"), "cheese", "le fromage"),
        (thing("clock", "his"), "his clock", "son horloge"),
        (thing("key", "your familiar", plural=True), "your keys", "tes clés"),
        (thing("hedgehog", "this"), "this hedgehog", "ce hérisson"),
        (thing("hospital", "this"), "this hospital", "cet hôpital"),
    ],
)
def test_noun_phrases(phrase: NounPhrase, english: str, french: str) -> None:
    said = finish(Words(english="x", french=f"x {phrase.french}")).french
    assert (phrase.english, said.removeprefix("X ").removesuffix(".")) == (english, french)


@pytest.mark.parametrize(
    ("phrase", "preposition", "french"),
    [
        (thing("museum", "the"), "à", "au musée"),
        (thing("hotel", "the"), "à", "à le hôtel"),  # whose article the next sound elides
        (thing("station", "the"), "à", "à la gare"),
        (thing("eye", "the", plural=True), "à", "aux yeux"),
        (thing("park", "the"), "près de", "près du parc"),
        (thing("dog", "the", plural=True), "peur de", "peur des chiens"),
        (thing("bread", "some"), "besoin de", "besoin de pain"),
        (thing("doctor", "a"), "besoin de", "besoin de un médecin"),
        (thing("brother", "my"), "de", "de mon frère"),
        (thing("market", "the"), "jusque à", "jusque au marché"),
    ],
)
def test_articles_after_prepositions(phrase: NounPhrase, preposition: str, french: str) -> None:
    assert phrase.after(preposition) == french


@pytest.mark.parametrize(
    ("subject", "tense", "action", "negation", "english", "french"),
    [
        (I, "present", doing("eat/manger", "bread", "bare"), None, "I eat bread.", "Je mange du pain."),
        (HE, "present", doing("watch/regarder", "film"), None, "He watches the film.", "Il regarde le film."),
        (
            SHE,
            "progressive",
            doing("write/écrire", "letter", "a"),
            None,
            "She is writing a letter.",
            "Elle écrit une lettre.",
        ),
        (I, "past", doing("open/ouvrir", "door"), None, "I opened the door.", "J'ai ouvert la porte."),
        (SHE, "past", doing("go out/sortir"), None, "She went out.", "Elle est sortie."),
        (WE, "past", doing("arrive/arriver"), "not", "We did not arrive.", "Nous ne sommes pas arrivés."),
        (SHE, "past", doing("get up/se lever"), None, "She got up.", "Elle s'est levée."),
        (THEY, "past", doing("hurry/se dépêcher"), "not", "They did not hurry.", "Ils ne se sont pas dépêchés."),
        (I, "will", doing("get dressed/s'habiller"), None, "I will get dressed.", "Je m'habillerai."),
        (WE, "going to", doing("rest/se reposer"), None, "We are going to rest.", "Nous allons nous reposer."),
        (HE, "was", doing("run/courir"), None, "He was running.", "Il courait."),
        (THEY, "used to", doing("drink/boire", "tea", "bare"), None, "They used to drink tea.", "Ils buvaient du thé."),
        (WE, "would", doing("buy/acheter", "car", "a"), None, "We would buy a car.", "Nous achèterions une voiture."),
        (I, "would like", doing("come back/revenir"), None, "I would like to come back.", "Je voudrais revenir."),
        (HE, "can", doing("swim/nager"), "not", "He cannot swim.", "Il ne peut pas nager."),
        (THEY, "must", doing("work/travailler"), None, "They must work.", "Ils doivent travailler."),
        (I, "need", doing("sleep/dormir"), "not", "I do not need to sleep.", "Je n'ai pas besoin de dormir."),
        (SHE, "know how", doing("drive/conduire"), None, "She knows how to drive.", "Elle sait conduire."),
        (I, "just", doing("eat/manger"), None, "I have just eaten.", "Je viens de manger."),
        (WE, "middle", doing("read/lire"), None, "We are in the middle of reading.", "Nous sommes en train de lire."),
        (HE, "started", doing("laugh/rire"), None, "He started to laugh.", "Il a commencé à rire."),
        (
            I,
            "decided",
            doing("open/ouvrir", "box"),
            None,
            "I decided to open the box.",
            "J'ai décidé d'ouvrir la boîte.",
        ),
        (
            HE,
            "present",
            doing("eat/manger", "fish", "no"),
            "never",
            "He never eats any fish.",
            "Il ne mange jamais de poisson.",
        ),
        (
            I,
            "present",
            doing("love/aimer", "salt", "generic"),
            "no longer",
            "I no longer love salt.",
            "Je n'aime plus le sel.",
        ),
        (SHE, "past", doing("say/dire"), "nothing", "She did not say anything.", "Elle n'a rien dit."),
        (SHE, "going to", doing("see/voir"), "nothing", "She is not going to see anything.", "Elle ne va rien voir."),
    ],
)
def test_statements(
    subject: Subject, tense: TenseName, action: Action, negation: Negation | None, english: str, french: str
) -> None:
    assert both(tell(subject, tense, action, negation=negation)) == (english, french)


def test_adverbs_stand_at_the_verb() -> None:
    read = doing("read/lire", "book")
    assert both(tell(HE, "perfect", read, adverb=("already", "déjà"))) == (
        "He has already read the book.",
        "Il a déjà lu le livre.",
    )
    assert both(tell(WE, "present", read, adverb=("often", "souvent")))[1] == "Nous lisons souvent le livre."


def test_what_goes_before_the_verb() -> None:
    known = Action(verb=verb("lose", "perdre"), english="them", pronouns=("les",), agrees=("f", True))
    assert both(tell(I, "past", known)) == ("I lost them.", "Je les ai perdues.")
    assert both(tell(HE, "want", known))[1] == "Il veut les perdre."
    assert both(tell(HE, "will", known, negation="not"))[1] == "Il ne les perdra pas."
    given = Action(verb=verb("give", "donner"), english="them the key", french="la clé", pronouns=("leur",))
    assert both(tell(SHE, "past", given)) == ("She gave them the key.", "Elle leur a donné la clé.")
    there = Action(verb=verb("go", "aller"), english="there", pronouns=("y",))
    assert both(tell(I, "progressive", there)) == ("I am going there.", "J'y vais.")
    some = Action(verb=verb("buy", "acheter"), english="three", french="trois", pronouns=("en",))
    assert both(tell(I, "past", some)) == ("I bought three.", "J'en ai acheté trois.")


def test_questions() -> None:
    eat = doing("eat/manger", "bread", "any")
    assert both(ask(HE, "present", eat), "?") == ("Does he eat any bread?", "Est-ce qu'il mange du pain ?")
    assert both(ask(HE, "present", eat, inverted=True), "?")[1] == "Mange-t-il du pain ?"
    assert both(ask(SHE, "past", eat, inverted=True), "?")[1] == "A-t-elle mangé du pain ?"
    assert both(ask(THEY, "will", eat, inverted=True), "?")[1] == "Mangeront-ils du pain ?"
    sir, friend = subject_of(POLITE[0]), subject_of(FRIEND)
    assert both(ask(sir, "present", eat, inverted=True), "?", POLITE[0])[1] == "Mangez-vous du pain, monsieur ?"
    assert both(ask(friend, "present", eat), "?", FRIEND)[1] == "Est-ce que tu manges du pain, mon ami ?"
    what = Words(english="what", french="que")
    assert both(ask(YOU, "progressive", doing("buy/acheter"), inverted=True, question=what), "?") == (
        "What are you buying?",
        "Qu'achetez-vous ?",
    )
    where = Words(english="where", french="où")
    uncle = as_subject(thing("uncle", "my"))
    assert both(ask(uncle, "past", doing("work/travailler"), inverted=True, question=where), "?") == (
        "Where did my uncle work?",
        "Où mon oncle a-t-il travaillé ?",
    )
    why = Words(english="why", french="pourquoi")
    assert both(ask(HE, "past", doing("get up/se lever"), inverted=True, question=why, negation="not"), "?") == (
        "Why did he not get up?",
        "Pourquoi ne s'est-il pas levé ?",
    )
    assert both(tag(SHE, "will", doing("come back/revenir")), "?") == (
        "She will come back, won't she?",
        "Elle reviendra, n'est-ce pas ?",
    )


def test_commands() -> None:
    book = doing("read/lire", "book")
    assert both(command(book, 4)) == ("Read the book.", "Lisez le livre.")
    assert both(command(book, 1), ".", FRIEND) == ("Read the book, my friend.", "Lis le livre, mon ami.")
    assert both(command(book, 3)) == ("Let us read the book.", "Lisons le livre.")
    assert both(command(book, 4, negation=True))[1] == "Ne lisez pas le livre."
    assert both(command(doing("close/fermer", "door"), 1))[1] == "Ferme la porte."
    hurry = doing("hurry/se dépêcher")
    assert [both(command(hurry, person))[1] for person in (1, 3, 4)] == [
        "Dépêche-toi.", "Dépêchons-nous.", "Dépêchez-vous.",
    ]  # fmt: skip
    assert both(command(hurry, 1, negation=True))[1] == "Ne te dépêche pas."
    it = Action(verb=verb("eat", "manger"), english="it", pronouns=("la",))
    assert both(command(it, 4))[1] == "Mangez-la."
    assert both(command(it, 4, negation=True))[1] == "Ne la mangez pas."
    there = Action(verb=verb("go", "aller"), english="there", pronouns=("y",))
    assert both(command(there, 1))[1] == "Vas-y."


def test_to_whom_one_speaks_decides_the_form() -> None:
    left = doing("leave/partir")
    said = [both(tell(subject_of(each), "past", left), ".", each)[1] for each in (*POLITE, MARIE, FRIENDS)]
    assert said == [
        "Vous êtes parti, monsieur.", "Vous êtes partie, madame.", "Tu es partie, Marie.",
        "Vous êtes partis, mes amis.",
    ]  # fmt: skip


def test_english_verbs() -> None:
    forms = {
        words: (english_verb(words).third, english_verb(words).past, english_verb(words).ing)
        for words in ("go", "watch", "study", "play", "have", "write", "run", "look for", "travel", "see")
    }
    assert forms == {
        "go": ("goes", "went", "going"),
        "watch": ("watches", "watched", "watching"),
        "study": ("studies", "studied", "studying"),
        "play": ("plays", "played", "playing"),
        "have": ("has", "had", "having"),
        "write": ("writes", "wrote", "writing"),
        "run": ("runs", "ran", "running"),
        "look for": ("looks for", "looked for", "looking for"),
        "travel": ("travels", "travelled", "travelling"),
        "see": ("sees", "saw", "seeing"),
    }


def test_english_words() -> None:
    assert [english_plural(each) for each in ("church", "city", "toy", "knife", "post office", "tomato")] == [
        "churches", "cities", "toys", "knives", "post offices", "tomatoes",
    ]  # fmt: skip
    assert [with_article(each) for each in ("apple", "university", "uncle", "hour", "house", "old cat")] == [
        "an apple", "a university", "an uncle", "an hour", "a house", "an old cat",
    ]  # fmt: skip
    assert [comparative(each) for each in ("big", "heavy", "expensive", "good", "bad", "nice", "tall")] == [
        "bigger", "heavier", "more expensive", "better", "worse", "nicer", "taller",
    ]  # fmt: skip
    assert [superlative(each) for each in ("old", "big", "famous", "pretty")] == [
        "oldest", "biggest", "most famous", "prettiest",
    ]  # fmt: skip
    assert [english_number(each) for each in (0, 21, 100, 342, 2005, 1_000_000)] == [
        "zero", "twenty-one", "one hundred", "three hundred and forty-two", "two thousand and five", "one million",
    ]  # fmt: skip
    assert [english_ordinal(each) for each in (1, 3, 5, 12, 20, 22)] == [
        "first", "third", "fifth", "twelfth", "twentieth", "twenty-second",
    ]  # fmt: skip


def test_contractions() -> None:
    assert contracted("I am here and you are not.") == "I'm here and you aren't."
    assert (
        contracted("He will not eat, he cannot eat, she does not eat.")
        == "He won't eat, he can't eat, she doesn't eat."
    )
    assert contracted("Let us go. Do not go. She would go.") == "Let's go. Don't go. She'd go."
    assert contracted("I'm here.") == "I'm here."
