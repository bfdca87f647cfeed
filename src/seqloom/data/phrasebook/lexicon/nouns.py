"""Nouns by what one does with them; each with its French gender."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from seqloom.data.phrasebook.english import english_plural
from seqloom.data.phrasebook.french.agreement import Gender, french_plural

__all__ = ["Noun", "noun", "nouns"]

_COUNTABLE = """
fruit: apple/pomme f, orange/orange f, banana/banane f, tomato/tomate f, potato/pomme de terre f
dish: egg/œuf m, sandwich/sandwich m, cake/gâteau m, pizza/pizza f
clothing: shirt/chemise f, skirt/jupe f, dress/robe f, coat/manteau m, hat/chapeau m, jacket/veste f
pairwear: shoe/chaussure f, glove/gant m, boot/botte f
printed: book/livre m, newspaper/journal m, novel/roman m
writing: letter/lettre f, message/message m, email/e-mail m, story/histoire f
furniture: table/table f, chair/chaise f, bed/lit m, lamp/lampe f, clock/horloge f, desk/bureau m
opening: door/porte f, window/fenêtre f, box/boîte f
dishes: bottle/bouteille f, glass/verre m, cup/tasse f, plate/assiette f, knife/couteau m
small: key/clé f, bag/sac m, suitcase/valise f, watch/montre f, pen/stylo m, present/cadeau m, ticket/billet m,
    map/carte f, umbrella/parapluie m
plant: flower/fleur f, tree/arbre m
picture: photo/photo f, film/film m, picture/tableau m
hearing: song/chanson f, radio/radio f
device: computer/ordinateur m, phone/téléphone m, printer/imprimante f, television/télévision f
file: file/fichier m, program/programme m, document/document m
secret: password/mot de passe m
vehicle: car/voiture f, bike/vélo m, bus/bus m, taxi/taxi m
transport: train/train m, plane/avion m
at: station/gare f, museum/musée m, hotel/hôtel m, restaurant/restaurant m, pharmacy/pharmacie f, bank/banque f,
    hospital/hôpital m, market/marché m, library/bibliothèque f, cinema/cinéma m
inside: park/parc m, garden/jardin m, street/rue f, kitchen/cuisine f, bedroom/chambre f, shop/magasin m,
    church/église f
built: house/maison f, flat/appartement m, school/école f, city/ville f, country/pays m
relative: brother/frère m, sister/sœur f, mother/mère f, father/père m, son/fils m, daughter/fille f, uncle/oncle m,
    aunt/tante f
person: man/homme m, woman/femme f, child/enfant m, boy/garçon m, friend/ami m, doctor/médecin m,
    teacher/professeur m, student/étudiant m
pet: dog/chien m, cat/chat m, horse/cheval m, bird/oiseau m
wild: mouse/souris f, elephant/éléphant m, hedgehog/hérisson m
body: head/tête f, arm/bras m, leg/jambe f, foot/pied m, hand/main f, tooth/dent f, stomach/ventre m, eye/œil m
study: exercise/exercice m, lesson/leçon f, question/question f, exam/examen m
time: day/jour m, week/semaine f, month/mois m, year/an m, hour/heure f
"""
_UNCOUNTABLE = """
food: bread/pain m, cheese/fromage m, meat/viande f, fish/poisson m, rice/riz m, soup/soupe f, salad/salade f,
    chocolate/chocolat m
spice: sugar/sucre m, salt/sel m, oil/huile f
drink: water/eau f, milk/lait m, coffee/café m, tea/thé m, wine/vin m, beer/bière f
money: money/argent m
subject: history/histoire f, music/musique f, computer science/informatique f
"""


@dataclass(frozen=True, kw_only=True, slots=True)
class Noun:
    kind: str
    """The row of the table."""
    english: str
    french: str
    gender: Gender
    countable: bool

    @property
    def name(self) -> str:
        """What a sentence counts as one of its contents."""
        return f"{self.english}/{self.french}"

    def in_english(self, plural: bool) -> str:
        return english_plural(self.english) if plural else self.english

    def in_french(self, plural: bool) -> str:
        return french_plural(self.french) if plural else self.french


@cache
def nouns(*kinds: str) -> tuple[Noun, ...]:
    """All nouns of these kinds, in the order of the table; a kind may also be the English of a single noun."""
    table = _table()
    return tuple(each for kind in kinds for each in (table[kind] if kind in table else (noun(kind),)))


@cache
def noun(english: str) -> Noun:
    """The one noun of this English word."""
    (found,) = (each for group in _table().values() for each in group if each.english == english)
    return found


@cache
def _table() -> dict[str, tuple[Noun, ...]]:
    table: dict[str, tuple[Noun, ...]] = {}
    for text, countable in ((_COUNTABLE, True), (_UNCOUNTABLE, False)):
        for row in text.replace("\n    ", " ").strip().splitlines():
            kind, words = row.split(": ")
            table[kind] = tuple(_noun(kind, entry, countable) for entry in words.split(", "))
    return table


def _noun(kind: str, entry: str, countable: bool) -> Noun:
    english, french = entry.rsplit(" ", 1)[0].split("/")
    gender: Gender = "f" if entry.endswith(" f") else "m"
    return Noun(kind=kind, english=english, french=french, gender=gender, countable=countable)
