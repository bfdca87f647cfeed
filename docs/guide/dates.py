"""Pairs to try things with: dates in Chinese and in English. Writes `dates.tsv` and `dates-test.tsv` here."""

import random
from calendar import month_name
from pathlib import Path

DIGITS = "〇一二三四五六七八九"


def chinese(number: int) -> str:
    """Up to 99: 5 is 五, 10 is 十, 28 is 二十八."""
    tens, ones = divmod(number, 10)
    return (DIGITS[tens] if tens > 1 else "") + ("十" if tens else "") + (DIGITS[ones] if ones else "")


def pair(year: int, month: int, day: int) -> str:
    said = "".join(DIGITS[int(digit)] for digit in str(year))
    return f"{said}年{chinese(month)}月{chinese(day)}日\t{day} {month_name[month]} {year}\n"


dates = [pair(year, month, day) for year in range(1900, 2100) for month in range(1, 13) for day in range(1, 29)]
chosen = random.Random(1).sample(dates, 5200)
Path("dates.tsv").write_text("".join(chosen[:5000]), encoding="utf-8")
Path("dates-test.tsv").write_text("".join(chosen[5000:]), encoding="utf-8")
