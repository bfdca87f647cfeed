"""Dates, times, prices, ordinals and numbers as they are said and as they are written, in English and Chinese.

Writes `spoken.tsv`, `spoken-valid.tsv` and `spoken-test.tsv` here: what there is, what it becomes, and which way. The
numbers and days of the three files differ, so that nothing of the test is known by heart. What may be said in several
ways is learnt in one of them, and stands in the test with all: any of them is right.
"""

import random
from calendar import month_name
from collections.abc import Callable
from pathlib import Path

words = str.split
SMALL = words(
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen "
    "eighteen nineteen"
)
TENS = words("zero ten twenty thirty forty fifty sixty seventy eighty ninety")
ODD = {"one": "first", "two": "second", "three": "third", "five": "fifth", "eight": "eighth", "nine": "ninth",
       "twelve": "twelfth"}  # fmt: skip
DIGITS = "零一二三四五六七八九"
PLACES = ["", "十", "百", "千"]


# ---- as it is said ---------------------------------------------------------------------------------------------------


def english(number: int) -> str:
    if number < 20:
        return SMALL[number]
    if number < 100:
        return TENS[number // 10] + (f"-{SMALL[number % 10]}" if number % 10 else "")
    for size, name in ((1000, "thousand"), (100, "hundred")):
        if number >= size:
            rest = number % size
            between = " and " if rest < 100 else " "
            return f"{english(number // size)} {name}" + (f"{between}{english(rest)}" if rest else "")
    raise ValueError(number)


def ordinal(number: int) -> str:
    said = english(number)
    begin, last = said[: len(said) - len(last_word(said))], last_word(said)
    if last in ODD:
        return begin + ODD[last]
    return begin + (last[:-1] + "ieth" if last.endswith("y") else last + "th")


def last_word(said: str) -> str:
    return said.replace("-", " ").split()[-1]


def chinese(number: int) -> str:
    """325 is 三百二十五, 10,050 is 一万零五十, 12 is 十二."""
    if number >= 10_000:
        rest = number % 10_000
        return chinese(number // 10_000) + "万" + (("零" if rest < 1000 else "") + chinese(rest) if rest else "")
    said, gap = "", False
    for place in range(3, -1, -1):
        digit = number // 10**place % 10
        if digit:
            said += ("零" if gap else "") + DIGITS[digit] + PLACES[place]
            gap = False
        elif said:
            gap = True
    return said.removeprefix("一") if 10 <= number < 20 else said or "零"


def year(number: int) -> str:
    if number // 100 == 20:
        return english(number)
    first, rest = divmod(number, 100)
    return f"{english(first)} {'hundred' if not rest else ('oh ' if rest < 10 else '') + english(rest)}"


# ---- what there is to say --------------------------------------------------------------------------------------------


Forms = dict[str, list[str]]


def number(value: int) -> Forms:
    return {"written": [f"{value}"], "en": [english(value)], "zh": [chinese(value)]}


def date(value: int) -> Forms:
    when, month, day = 1900 + value % 150, 1 + value // 150 % 12, 1 + value // 1800 % 28
    said = [f"the {ordinal(day)} of {month_name[month]}", f"{month_name[month]} the {ordinal(day)}"]
    return {
        "written": [f"{when}-{month:02}-{day:02}"],
        "en": [f"{each} {year(when)}" for each in said],
        "zh": [f"{''.join(DIGITS[int(digit)] for digit in str(when))}年{chinese(month)}月{chinese(day)}日"],
    }


def time(value: int) -> Forms:
    hour, minute = value // 60 % 24, value % 60
    half = "in the morning" if hour < 12 else "in the afternoon" if hour < 18 else "in the evening"
    past = english(hour % 12 or 12)
    said = {0: f"{past} o'clock", 15: f"a quarter past {past}", 30: f"half past {past}"}.get(
        minute, f"{past} {'oh ' if minute < 10 else ''}{english(minute)}"
    )
    spoken = {0: "", 30: "半"}.get(minute, f"{'零' if minute < 10 else ''}{chinese(minute)}分")
    return {"written": [f"{hour:02}:{minute:02}"], "en": [f"{said} {half}"], "zh": [f"{chinese(hour)}点{spoken}"]}


def price(value: int) -> Forms:
    whole, cents = value // 100, value % 100
    dollars = f"{english(whole)} dollar{'s' * (whole != 1)}" + (f" and {english(cents)} cents" if cents else "")
    yuan = f"{chinese(whole)}元" + (f"{DIGITS[cents // 10]}角{DIGITS[cents % 10]}分" if cents else "")
    return {"written": [f"{whole}.{cents:02}"], "en": [dollars], "zh": [yuan]}


def rank(value: int) -> Forms:
    return {"written": [f"No. {value}"], "en": [f"the {ordinal(value)}"], "zh": [f"第{chinese(value)}"]}


KINDS = ((number, 100_000), (date, 50_400), (time, 1440), (price, 50_000), (rank, 1000))
TESTED, VALIDATED = 10, 50
"""A value of so many is in the test, or in validation."""


def part(value: int) -> str:
    """Which file a value is in, by something that has nothing to do with how it is said."""
    drawn = value * 2654435761 % 2**32 / 2**32
    return "-test" if drawn < 1 / TESTED else "-valid" if drawn < 1 / TESTED + 1 / VALIDATED else ""


def rows(dice: random.Random, value: int, make: Callable[[int], Forms]) -> list[tuple[str, str, str]]:
    """One way to ask, and every way to answer."""
    forms, language = make(value), dice.choice(["en", "zh"])
    sign = "" if make is not price else "$" if language == "en" else "¥"  # or nobody knows how to say it
    written = f"{sign}{forms['written'][0]}"
    if dice.random() < 0.5:
        return [(dice.choice(forms[language]), written, "written")]
    return [(written, said, language) for said in forms[language]]


def main() -> None:
    dice = random.Random(1)
    wanted = {"": 12_000, "-valid": 300, "-test": 1000}
    asked: dict[str, dict[str, list[tuple[str, str, str]]]] = {name: {} for name in wanted}
    while any(len(asked[name]) < number for name, number in wanted.items()):
        make, most = dice.choice(KINDS)
        # Small numbers are said more often than large ones.
        value = dice.randrange(1, int(most ** dice.uniform(0.5, 1)) if make is number else most)
        found, name = rows(dice, value, make), part(value)
        if len(asked[name]) < wanted[name]:
            source, _, to = found[0]
            asked[name][f"{source} {to}"] = found if name else [dice.choice(found)]
    for name, questions in asked.items():
        lines = ["source\ttarget\tto", *("\t".join(row) for found in questions.values() for row in found)]
        Path(f"spoken{name}.tsv").write_text("\n".join(lines) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
