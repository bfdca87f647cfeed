"""Clauses: who does what, in which tense, told, asked or commanded, in both languages."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from seqloom.data.phrasebook.english import BE, english_verb
from seqloom.data.phrasebook.french.agreement import Gender, agreed
from seqloom.data.phrasebook.french.verbs import FrenchVerb, SimpleTense, french_verb
from seqloom.data.phrasebook.lexicon.verbs import Verb
from seqloom.data.phrasebook.sentence import Address, Contents, Words

__all__ = [
    "TENSES",
    "Action",
    "Negation",
    "Subject",
    "Tense",
    "TenseName",
    "ask",
    "command",
    "subject_of",
    "tag",
    "tell",
]

Negation = Literal["not", "never", "no longer", "nothing"]
_NEGATIONS: dict[Negation, str] = {"not": "pas", "never": "jamais", "no longer": "plus", "nothing": "rien"}
_REFLEXIVES = ("me", "te", "se", "nous", "vous", "se")
_PRONOUNS = ("je", "tu", "il", "nous", "vous", "ils")

TenseName = Literal[
    "present", "progressive", "past", "perfect", "was", "used to", "going to", "will", "would",
    "want", "would like", "can", "could", "must", "should", "need", "try", "know how", "just", "middle",
    "started", "decided",
]  # fmt: skip


@dataclass(frozen=True, kw_only=True, slots=True)
class Subject:
    english: str
    french: str
    person: int
    """From 0: je, tu, il or elle, nous, vous, ils or elles."""
    gender: Gender | None
    """Unknown for I, and for you where no word for whom one speaks to tells it."""
    plural: bool
    contents: Contents = frozenset()

    @property
    def pronoun(self) -> str:
        """In French, as inversion says it."""
        feminine = {"il": "elle", "ils": "elles"}
        plain = _PRONOUNS[self.person]
        return feminine.get(plain, plain) if self.gender == "f" else plain

    @property
    def is_pronoun(self) -> bool:
        return self.french == self.pronoun


@dataclass(frozen=True, kw_only=True, slots=True)
class Tense:
    """How both languages say when, or that one wants to, can, must …

    English is an auxiliary (`lead`), words between, and a form of the verb; `do` and `did` show only where they are
    needed. French is a finite verb, the verb itself or a `helper`, and after a helper its link and the infinitive.
    """

    lead: str
    between: str = ""
    form: Literal["base", "ing", "participle"] = "base"
    finite: str = ""
    """The English verb that carries the tense (`want`) where it is not the verb itself."""
    helper: str = ""
    french: SimpleTense | Literal["compound"] = "present"
    link: str = ""


TENSES: dict[TenseName, Tense] = {
    "present": Tense(lead="do"),
    "progressive": Tense(lead="be", form="ing"),
    "past": Tense(lead="did", french="compound"),
    "perfect": Tense(lead="have", form="participle", french="compound"),
    "was": Tense(lead="was", form="ing", french="imperfect"),
    "used to": Tense(lead="did", finite="use", between="to", french="imperfect"),
    "going to": Tense(lead="be", between="going to", helper="aller"),
    "will": Tense(lead="will", french="future"),
    "would": Tense(lead="would", french="conditional"),
    "want": Tense(lead="do", finite="want", between="to", helper="vouloir"),
    "would like": Tense(lead="would", between="like to", helper="vouloir", french="conditional"),
    "can": Tense(lead="can", helper="pouvoir"),
    "could": Tense(lead="could", helper="pouvoir", french="conditional"),
    "must": Tense(lead="must", helper="devoir"),
    "should": Tense(lead="should", helper="devoir", french="conditional"),
    "need": Tense(lead="do", finite="need", between="to", helper="avoir", link="besoin de"),
    "try": Tense(lead="be", between="trying to", helper="essayer", link="de"),
    "know how": Tense(lead="do", finite="know", between="how to", helper="savoir"),
    "just": Tense(lead="have", between="just", form="participle", helper="venir", link="de"),
    "middle": Tense(lead="be", between="in the middle of", form="ing", helper="être", link="en train de"),
    "started": Tense(lead="did", finite="start", between="to", helper="commencer", french="compound", link="à"),
    "decided": Tense(lead="did", finite="decide", between="to", helper="décider", french="compound", link="de"),
}


@dataclass(frozen=True, kw_only=True, slots=True)
class Action:
    """A verb with what it is done to."""

    verb: Verb
    english: str = ""
    french: str = ""
    """What follows the verb in each language."""
    pronouns: tuple[str, ...] = ()
    """Objects that French puts before the verb: le, la, les, lui, leur, y, en."""
    agrees: tuple[Gender, bool] | None = None
    """Gender and number of a direct object that comes before, with which the participle agrees."""
    contents: Contents = field(default_factory=frozenset)

    @property
    def all_contents(self) -> Contents:
        return self.contents | {self.verb.name}

    def then(self, words: Words) -> Action:
        """The same, with words after it: when, where."""
        return Action(
            verb=self.verb,
            english=_joined(self.english, words.english),
            french=_joined(self.french, words.french),
            pronouns=self.pronouns,
            agrees=self.agrees,
            contents=self.contents | words.contents,
        )


def tell(
    subject: Subject,
    tense: TenseName,
    action: Action,
    *,
    negation: Negation | None = None,
    adverb: tuple[str, str] | None = None,
) -> Words:
    """A statement. The adverb is one of those that stand at the verb (often, already)."""
    lead, rest, plain = _english(subject, TENSES[tense], action)
    words = (negation or "") if not adverb else adverb[0]
    if negation in ("not", "nothing"):
        anything = "anything" if negation == "nothing" else ""
        english = _joined("cannot" if lead == "can" else f"{lead} not", rest, anything)
    elif words:
        # An adverb follows an auxiliary, but not one that the plain statement would not show.
        english = f"{words} {plain}" if TENSES[tense].lead in ("do", "did") else f"{lead} {words} {rest}"
    else:
        english = plain
    french = _french(subject, TENSES[tense], action, negation=negation, adverb=adverb[1] if adverb else "")
    return Words(
        english=_joined(subject.english, english, action.english),
        french=_joined(subject.french, french, action.french),
        contents=subject.contents | action.all_contents,
    )


def ask(
    subject: Subject,
    tense: TenseName,
    action: Action,
    *,
    inverted: bool = False,
    question: Words | None = None,
    negation: Literal["not"] | None = None,
) -> Words:
    """A question, with a question word or without. `inverted`: mange-t-il; otherwise est-ce qu'il mange."""
    lead, rest, _ = _english(subject, TENSES[tense], action)
    asked = question or Words(english="", french="")
    if inverted:
        group = _french(subject, TENSES[tense], action, negation=negation, inverted=True)
        told = _joined(asked.french, "" if subject.is_pronoun else subject.french, group, action.french)
    else:
        group = _french(subject, TENSES[tense], action, negation=negation)
        told = _joined(asked.french, "est-ce que", subject.french, group, action.french)
    who = f"{subject.english} not" if negation else subject.english
    return Words(
        english=_joined(asked.english, lead, who, rest, action.english),
        french=told,
        contents=subject.contents | action.all_contents | asked.contents,
    )


def tag(subject: Subject, tense: TenseName, action: Action) -> Words:
    """A statement that asks for consent: …, isn't it? The subject is a pronoun, and not I."""
    told = tell(subject, tense, action)
    lead, _, _ = _english(subject, TENSES[tense], action)
    asked = {"will": "won't", "can": "can't"}.get(lead, f"{lead}n't")
    return Words(
        english=f"{told.english}, {asked} {subject.english}",
        french=f"{told.french}, n'est-ce pas",
        contents=told.contents,
    )


def command(action: Action, person: Literal[1, 3, 4] = 4, *, negation: bool = False) -> Words:
    """To tu, to nous (let us) or to vous. Pronouns follow the verb, unless it is forbidden."""
    french_forms = action.verb.in_french
    form = french_forms.command(person)
    pronouns = list(action.pronouns)
    if action.verb.pronominal:
        pronouns.insert(0, _REFLEXIVES[person] if negation or person != 1 else "toi")
    if negation:
        french = _joined("ne", *pronouns, form, "pas")
    else:
        # vas-y, manges-en: the s of tu comes back before y and en.
        linking = "s" if person == 1 and pronouns[:1] in (["y"], ["en"]) and form[-1] in "ea" else ""
        french = "-".join([form + linking, *pronouns])
    base = action.verb.in_english.base
    start = ("let us not" if negation else "let us") if person == 3 else "do not" if negation else ""
    return Words(
        english=_joined(start, base, action.english),
        french=_joined(french, action.french),
        contents=action.all_contents,
    )


def _english(subject: Subject, tense: Tense, action: Action) -> tuple[str, str, str]:
    """The auxiliary, what follows it, and both as a plain statement says them."""
    lexical = action.verb.in_english
    shown = {"base": lexical.base, "ing": lexical.ing, "participle": lexical.participle}[tense.form]
    third = subject.person == 2
    if tense.lead in ("do", "did"):
        finite = english_verb(tense.finite) if tense.finite else lexical
        tail = _joined(tense.between, shown) if tense.finite else ""
        form = finite.past if tense.lead == "did" else finite.third if third else finite.base
        return (
            ("does" if third else "do") if tense.lead == "do" else "did",
            _joined(finite.base, tail),
            _joined(form, tail),
        )
    singular = subject.person in (0, 2)
    lead = {"be": BE[subject.person], "was": "was" if singular else "were", "have": "has" if third else "have"}.get(
        tense.lead, tense.lead
    )
    rest = _joined(tense.between, shown)
    return lead, rest, f"{lead} {rest}"


def _french(
    subject: Subject,
    tense: Tense,
    action: Action,
    *,
    negation: Negation | None = None,
    adverb: str = "",
    inverted: bool = False,
) -> str:
    """Everything from `ne` to the last verb form."""
    finite = french_verb(tense.helper) if tense.helper else action.verb.in_french
    before = [] if tense.helper else _before(action, subject.person)
    after: list[str] = []
    if tense.french == "compound":
        with_be = action.verb.with_be and not tense.helper
        form = french_verb("être" if with_be else "avoir").form("present", subject.person)
        after.append(finite.participle if tense.helper else _participle(finite, subject, action, with_be=with_be))
    else:
        form = finite.form(tense.french, subject.person)
    if tense.helper:
        after += [tense.link, *_before(action, subject.person), action.verb.infinitive]
    if inverted:
        linking = "-t" if form[-1] in "ae" and subject.pronoun[0] in "ei" else ""
        form += f"{linking}-{subject.pronoun}"
    start, end = ("ne", _NEGATIONS[negation]) if negation else ("", "")
    return _joined(start, *before, form, end, adverb, *after)


def _participle(verb: FrenchVerb, subject: Subject, action: Action, *, with_be: bool) -> str:
    if with_be:
        assert subject.gender or verb.participle.endswith("e"), (
            f"the gender of {subject.english} shows in {verb.infinitive}"
        )
        return agreed(verb.participle, subject.gender or "m", subject.plural)
    return agreed(verb.participle, *action.agrees) if action.agrees else verb.participle


def _before(action: Action, person: int) -> list[str]:
    return [*([_REFLEXIVES[person]] if action.verb.pronominal else []), *action.pronouns]


def _joined(*parts: str) -> str:
    return " ".join(part for part in parts if part)


def subject_of(address: Address) -> Subject:
    """`you`, as the word at the end of the sentence has it."""
    return Subject(
        english="you",
        french=_PRONOUNS[address.person],
        person=address.person,
        gender=address.gender,
        plural=address.plural,
    )
