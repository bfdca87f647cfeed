"""Passages to try reading with: who is where, has what, lives where. Writes `reading.jsonl`, `reading-valid.jsonl`
and `reading-test.jsonl` here, of which no two have a person in common; with `--unanswerable`, some questions have no
answer.
"""

import json
import random
import sys
from itertools import product
from pathlib import Path

words = str.split
FIRST = words("Anna Boris Clara David Elena Frank Greta Hugo Irma Jonas Karin Louis Maria Nils Olga Peter")
LAST = words("Abel Berg Costa Dahl Engel Fischer Gold Hill Ivers Jansen Klein Lund Moreau Novak Olsen Price")
THINGS = words("ball book bottle box camera clock drum flute hat kite lamp letter map mirror ring umbrella")
COLOURS = words("black blue brown green red white yellow")
ROOMS = words("attic bathroom bedroom cellar garage garden hall kitchen library office")
TOWNS = words("Bergen Dublin Ghent Krakow Lyon Milan Porto Prague Seville Turin Vienna Zurich")
JOBS = words("baker carpenter dentist driver farmer gardener nurse painter pilot singer teacher waiter")

Said = tuple[list[str], str, str]
"""The ways to say it, and a question for the fact and one for the person; `{}` is the person, `{it}` the fact."""
FACTS: dict[str, Said] = {
    "room": (["{} is in {it}.", "You can find {} in {it}."], "Where is {}?", "Who is in {it}?"),
    "thing": (["{} has {it}.", "In the bag of {} there is {it}."], "What does {} have?", "Who has {it}?"),
    "age": (["{} is {it} years old.", "{} turned {it} this year."], "How old is {}?", "Who is {it} years old?"),
    "town": (["{} lives in {it}.", "The house of {} stands in {it}."], "Where does {} live?", "Who lives in {it}?"),
    "job": (["{} works as {it}.", "By trade {} is {it}."], "What does {} work as?", "Who works as {it}?"),
}


def values(dice: random.Random, kind: str, number: int) -> list[str]:
    """Different ones, so that a question for the person has one answer."""
    match kind:
        case "room":
            return [f"the {room}" for room in dice.sample(ROOMS, number)]
        case "thing":
            return [f"a {dice.choice(COLOURS)} {thing}" for thing in dice.sample(THINGS, number)]
        case "age":
            return [str(age) for age in dice.sample(range(18, 90), number)]
        case "town":
            return dice.sample(TOWNS, number)
        case _:
            return [f"a {job}" for job in dice.sample(JOBS, number)]


def asked(dice: random.Random, people: list[str], *, unanswerable: bool, number: int = 3) -> list[dict[str, object]]:
    """A passage about a few people, and questions about it."""
    here = dice.sample(people, 3)
    kinds = dice.sample([*FACTS], 3)
    facts = [
        (person, kind, value)
        for kind in kinds
        for person, value in zip(here, values(dice, kind, len(here)), strict=True)
        if dice.random() < 0.8
    ]
    dice.shuffle(facts)
    passage = " ".join(dice.choice(FACTS[kind][0]).format(person, it=value) for person, kind, value in facts)
    rows: list[dict[str, object]] = []
    for person, kind, value in dice.sample(facts, min(number, len(facts))):
        _, for_fact, for_person = FACTS[kind]
        if dice.random() < 0.6:
            question, answer = for_fact.format(person), value
        else:
            question, answer = for_person.format(it=value), person
        rows.append({"context": passage, "question": question, "answers": [answer]})
    left = [(person, kind) for person in here for kind in FACTS if (person, kind) not in {fact[:2] for fact in facts}]
    if unanswerable and dice.random() < 0.5:
        person, kind = dice.choice(left)
        rows[-1] |= {"question": FACTS[kind][1].format(person), "answers": [""]}
    return rows


def write(file: str, passages: int, people: list[str], *, seed: int, unanswerable: bool) -> None:
    dice = random.Random(seed)
    rows = [row for _ in range(passages) for row in asked(dice, people, unanswerable=unanswerable)]
    Path(file).write_text("".join(f"{json.dumps(row)}\n" for row in rows), encoding="utf-8")


def main(unanswerable: bool) -> None:
    people = [f"{first} {last}" for first, last in product(FIRST, LAST)]
    random.Random(1).shuffle(people)
    write("reading.jsonl", 6000, people[:200], seed=1, unanswerable=unanswerable)
    write("reading-valid.jsonl", 50, people[200:228], seed=2, unanswerable=unanswerable)
    write("reading-test.jsonl", 350, people[228:], seed=3, unanswerable=unanswerable)


if __name__ == "__main__":
    main("--unanswerable" in sys.argv[1:])
