"""Numbers, clock times and dates in words, in both languages."""

from __future__ import annotations

from functools import cache

from seqloom.data.phrasebook.french.agreement import Gender

__all__ = [
    "DAYS",
    "MONTHS",
    "clock",
    "clock_contents",
    "day_of_month",
    "english_number",
    "english_ordinal",
    "french_number",
    "french_ordinal",
    "number_contents",
]


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.split())


_EN_SMALL = _words(
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen "
    "eighteen nineteen"
)
_EN_TENS = _words("- - twenty thirty forty fifty sixty seventy eighty ninety")
_EN_ORDINALS = {
    "one": "first",
    "two": "second",
    "three": "third",
    "five": "fifth",
    "eight": "eighth",
    "nine": "ninth",
    "twelve": "twelfth",
}
_FR_SMALL = _words(
    "zéro un deux trois quatre cinq six sept huit neuf dix onze douze treize quatorze quinze seize dix-sept dix-huit "
    "dix-neuf"
)
_FR_TENS = _words("- - vingt trente quarante cinquante soixante soixante quatre-vingt quatre-vingt")

DAYS = tuple(
    zip(
        _words("Monday Tuesday Wednesday Thursday Friday Saturday Sunday"),
        _words("lundi mardi mercredi jeudi vendredi samedi dimanche"),
        strict=True,
    )
)
MONTHS = tuple(
    zip(
        _words("January February March April May June July August September October November December"),
        _words("janvier février mars avril mai juin juillet août septembre octobre novembre décembre"),
        strict=True,
    )
)


@cache
def english_number(number: int) -> str:
    """0 to 999,999,999, with `and` before the last two digits."""
    if number >= 1_000_000:
        return _english_sum(english_number(number // 1_000_000) + " million", number % 1_000_000)
    if number >= 1000:
        return _english_sum(english_number(number // 1000) + " thousand", number % 1000)
    if number >= 100:
        return _english_sum(_EN_SMALL[number // 100] + " hundred", number % 100)
    if number < 20:
        return _EN_SMALL[number]
    tens, ones = divmod(number, 10)
    return f"{_EN_TENS[tens]}-{_EN_SMALL[ones]}" if ones else _EN_TENS[tens]


def _english_sum(large: str, rest: int) -> str:
    if not rest:
        return large
    return f"{large} and {english_number(rest)}" if rest < 100 else f"{large} {english_number(rest)}"


@cache
def french_number(number: int, gender: Gender = "m") -> str:
    """0 to 999,999,999. Only a final `un` agrees; `cent` and `vingt` take their s where nothing follows."""
    if number >= 1_000_000:
        millions, rest = divmod(number, 1_000_000)
        large = french_number(millions) + (" millions" if millions > 1 else " million")
        return f"{large} {french_number(rest, gender)}" if rest else large
    if number >= 1000:
        thousands, rest = divmod(number, 1000)
        # `mille` is a number itself, so that cent and vingt before it are not final.
        large = "mille" if thousands == 1 else _below_thousand(thousands, "m", final=False) + " mille"
        return f"{large} {_below_thousand(rest, gender)}" if rest else large
    return _below_thousand(number, gender)


def _below_thousand(number: int, gender: Gender, *, final: bool = True) -> str:
    hundreds, rest = divmod(number, 100)
    if not hundreds:
        return _below_hundred(number, gender, final=final)
    large = "cent" if hundreds == 1 else _FR_SMALL[hundreds] + " cent"
    if not rest:
        return large + ("s" if final and hundreds > 1 else "")
    return f"{large} {_below_hundred(rest, gender, final=final)}"


def _below_hundred(number: int, gender: Gender, *, final: bool) -> str:
    if number < 20:
        return "une" if number == 1 and gender == "f" else _FR_SMALL[number]
    tens, ones = divmod(number, 10)
    ten = _FR_TENS[tens]
    if tens in (7, 9):
        ones += 10
    if not ones:
        return ten + ("s" if number == 80 and final else "")
    one = "une" if ones == 1 and gender == "f" else _FR_SMALL[ones]
    return f"{ten} et {one}" if ones in (1, 11) and tens < 8 else f"{ten}-{one}"


@cache
def english_ordinal(number: int) -> str:
    start, dash, last = english_number(number).rpartition("-")
    if last in _EN_ORDINALS:
        return start + dash + _EN_ORDINALS[last]
    return start + dash + (last[:-1] + "ie" if last.endswith("y") else last) + "th"


@cache
def french_ordinal(number: int, gender: Gender = "m") -> str:
    if number == 1:
        return "première" if gender == "f" else "premier"
    word = french_number(number).removesuffix("e")
    if word.endswith("cinq"):
        word += "u"
    return (word[:-1] + "v" if word.endswith("neuf") else word) + "ième"


def number_contents(number: int) -> frozenset[str]:
    """What a number is made of: two hundred and forty-one is a matter of two hundred and of forty-one."""
    places = (number // 1000 * 1000, number % 1000 // 100 * 100, number % 100)
    return frozenset(f"#{part}" for part in places if part) or frozenset({"#0"})


def clock_contents(hour: int, minute: int) -> frozenset[str]:
    return frozenset({f"hour {hour}", f"minute {minute}"})


def day_of_month(day: int) -> tuple[str, str]:
    """`the first`, `le premier`; in French all other days are plain numbers."""
    return f"the {english_ordinal(day)}", f"le {'premier' if day == 1 else french_number(day)}"


def clock(hour: int, minute: int) -> tuple[str, str]:
    """A time of the twelve-hour clock, by five minutes.

    Hour 0 is midnight and 12 is noon. Only the full hour is told of these, and nothing is told as before them: French
    must name one of the two where English says twelve.
    """
    assert minute == 0 or 0 < hour < (12 if minute <= 30 else 11), f"{hour}:{minute} has two names in French"
    if hour in (0, 12):
        return ("midnight", "minuit") if hour == 0 else ("noon", "midi")
    late = minute > 30
    shown = hour % 12 + 1 if late else hour
    english_hour, french_hour = english_number(shown), f"{french_number(shown, 'f')} heure{'s' if shown > 1 else ''}"
    if minute == 0:
        return f"{english_hour} o'clock", french_hour
    if minute == 30:
        return f"half past {english_hour}", f"{french_hour} et demie"
    distance = 60 - minute if late else minute
    if distance == 15:
        told = "a quarter", ("moins le quart" if late else "et quart")
    else:
        told = english_number(distance), ("moins " if late else "") + french_number(distance)
    return f"{told[0]} {'to' if late else 'past'} {english_hour}", f"{french_hour} {told[1]}"
