"""Verbs, and what each is done to."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from seqloom.data.phrasebook.english import EnglishVerb, english_verb
from seqloom.data.phrasebook.french.verbs import FrenchVerb, french_verb

__all__ = ["Verb", "transitive_verbs", "verb", "verbs"]

# english/french, with `se` for a pronominal verb: the kinds of noun, or the nouns, that it takes.
# `~`: a state, which English does not put in the progressive; `!`: a thing known to both (the, my, this), never `a`;
# `-`: what happens to one, so that nobody wants it, tries it or is told to do it.
_TRANSITIVE = """
eat/manger: fruit dish food
drink/boire: drink
buy/acheter: fruit dish food spice drink clothing pairwear small printed furniture device vehicle
sell/vendre: fruit food clothing small furniture vehicle
prepare/préparer: dish soup salad tea coffee lesson
bring/apporter: fruit dish food drink dishes small plant
read/lire: printed writing
write/écrire: letter message email story novel
understand/comprendre ~!: printed writing study
finish/finir !: printed writing study
choose/choisir: clothing pairwear book film present flower cake password
look for/chercher: clothing pairwear small at
find/trouver -: clothing pairwear small file password
lose/perdre !-: clothing pairwear small password
wear/porter: clothing pairwear
wash/laver !: clothing pairwear dishes vehicle
repair/réparer !: vehicle device chair clock watch lamp
open/ouvrir !: opening file suitcase bottle bag
close/fermer !: opening file suitcase bag
save/enregistrer !: file
print/imprimer !: printed writing photo document
send/envoyer: letter message email photo document present
watch/regarder: film pet
listen to/écouter !: hearing relative
see/voir -: pet wild built person
visit/visiter !: museum church city country
drive/conduire: car bus taxi
take/prendre: transport bus taxi umbrella map bag suitcase
wait for/attendre !: transport bus taxi person relative
help/aider !: person relative
call/appeler !: person relative taxi
invite/inviter !: person relative
know/connaître ~!: person song city
learn/apprendre !: lesson song
"""
_INTRANSITIVE = """
acting: work/travailler, sleep/dormir, eat/manger, read/lire, sing/chanter, dance/danser, wait/attendre
hobby: swim/nager, dance/danser, sing/chanter, travel/voyager, read/lire, code/coder, sleep/dormir, work/travailler,
    eat/manger
leaving: leave/partir, go out/sortir, arrive/arriver, come back/revenir, come/venir, stay/rester
daily: get up/se lever, go to bed/se coucher, get dressed/s'habiller, rest/se reposer, hurry/se dépêcher,
    go for a walk/se promener
"""


@dataclass(frozen=True, kw_only=True, slots=True)
class Verb:
    english: str
    infinitive: str
    """In French, without `se`."""
    pronominal: bool = False
    objects: tuple[str, ...] = ()
    """Kinds of nouns that it takes, or single nouns, or nothing."""
    state: bool = False
    """What is so, and not done."""
    definite: bool = False
    """Done to a thing that both speak of."""
    deliberate: bool = True
    """Done because one wants to."""

    @property
    def name(self) -> str:
        """What a sentence counts as one of its contents."""
        return f"{self.english}/{self.infinitive}"

    @property
    def in_english(self) -> EnglishVerb:
        return english_verb(self.english)

    @property
    def in_french(self) -> FrenchVerb:
        return french_verb(self.infinitive)

    @property
    def with_be(self) -> bool:
        return self.pronominal or self.in_french.with_be

    @property
    def looks_past(self) -> bool:
        """`I read` and `they cut` are present or past; such a verb is told of the present in the progressive only."""
        return self.in_english.past == self.in_english.base


@cache
def transitive_verbs() -> tuple[Verb, ...]:
    found = []
    for row in _TRANSITIVE.strip().splitlines():
        words, kinds = row.split(": ")
        english, french = words.split("/")
        infinitive, _, marks = french.partition(" ")
        found.append(
            Verb(
                english=english,
                infinitive=infinitive,
                objects=tuple(kinds.split()),
                state="~" in marks,
                definite="!" in marks,
                deliberate="-" not in marks,
            )
        )
    return tuple(found)


@cache
def verbs(kind: str) -> tuple[Verb, ...]:
    """Those that take no object."""
    for row in _INTRANSITIVE.replace("\n    ", " ").strip().splitlines():
        name, words = row.split(": ")
        if name == kind:
            return tuple(_intransitive(*entry.split("/")) for entry in words.split(", "))
    raise KeyError(kind)


@cache
def verb(english: str, french: str, *, state: bool = False, objects: tuple[str, ...] = ()) -> Verb:
    """One that a sentence uses by itself."""
    plain = french.removeprefix("se ").removeprefix("s'")
    return Verb(english=english, infinitive=plain, pronominal=plain != french, state=state, objects=objects)


def _intransitive(english: str, french: str) -> Verb:
    return verb(english, french)
