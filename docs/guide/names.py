"""Russian names in Cyrillic and in Latin letters, each as several offices and newspapers would write it.

Writes `names.tsv`, `names-valid.tsv` and `names-test.tsv` here: a name, the same in other letters, and which those are.
No family of the test is in training. In training each name is written as one of the systems has it, drawn by chance;
the test has them all, and any is right.
"""

import random
from pathlib import Path

words = str.split
PLAIN = dict(zip(words("а б в г д ж з и к л м н о п р с т у ф х ц ч ш щ ы э"),
                 words("a b v g d zh z i k l m n o p r s t u f kh ts ch sh shch y e"), strict=True))  # fmt: skip
PASSPORT = PLAIN | {"е": "e", "ё": "e", "й": "i", "ъ": "ie", "ь": "", "ю": "iu", "я": "ia"}
ATLAS = PLAIN | {"е": "e", "ё": "yo", "й": "y", "ъ": "", "ь": "", "ю": "yu", "я": "ya"}
LIBRARY = ATLAS | {"х": "x", "ц": "c", "щ": "shh", "й": "j", "ь": "'", "ы": "y'", "э": "e'"}
VOWELS = "аеёиоуыэюяьъ"
KNOWN = {"Александр": "Alexander", "Пётр": "Peter", "Юлия": "Julia", "Наталья": "Natalia", "Екатерина": "Catherine",
         "Михаил": "Michael", "Николай": "Nicholas", "Ксения": "Xenia"}  # fmt: skip
"""What newspapers write as their readers know it, by no rule."""

MEN = words("Александр Алексей Андрей Борис Вадим Виктор Георгий Григорий Дмитрий Евгений Иван Игорь Илья Кирилл "
            "Максим Михаил Николай Олег Пётр Роман Сергей Степан Фёдор Юрий Ярослав")  # fmt: skip
WOMEN = words("Алёна Анна Валерия Вера Галина Дарья Екатерина Елена Жанна Зоя Ирина Ксения Лариса Любовь Мария Надежда "
              "Наталья Ольга Полина Светлана Софья Татьяна Ульяна Юлия Яна")  # fmt: skip
FIRST = words("б в г д ж з к л м н п р с т ф х ц ч ш щ бл вл гл гр др жд зв кр мл пл пр сл см ст тр хв хр шм")
VOWEL = words("а е ё и о у ы э ю я")
LAST = words("б в г д ж з й к л м н п р с т х ц ч ш щ ль нь рь йк льн ньк рск тк шк вл дн жн")
ENDINGS = (("ов", "ова"), ("ев", "ева"), ("ин", "ина"), ("ский", "ская"), ("ой", "ая"), ("енко", "енко"), ("ых", "ых"))


def spelt(name: str, table: dict[str, str], *, after_vowels: bool = False) -> str:
    """Letter by letter; in an atlas `е` is `ye` where it stands first or behind a vowel."""
    said = ""
    for place, letter in enumerate(name.lower()):
        open_ = after_vowels and letter == "е" and (place == 0 or name[place - 1].lower() in VOWELS)
        said += "ye" if open_ else table[letter]
    return said[0].upper() + said[1:]


def newspaper(name: str) -> str:
    """As an atlas has it, but short where it is read anyhow: -y for -ий and -ый, x for кс."""
    if name in KNOWN:
        return KNOWN[name]
    said = spelt(name, ATLAS).replace("ks", "x").replace("Ks", "X")
    return said[: -len("iy")] + "y" if said.endswith(("iy", "yy")) else said


def written(name: str) -> list[str]:
    """Every way, none twice."""
    each = name.split()
    systems = [
        [spelt(part, PASSPORT) for part in each],
        [spelt(part, ATLAS, after_vowels=True) for part in each],
        [spelt(part, LIBRARY) for part in each],
        [newspaper(part) for part in each],
    ]
    return [*dict.fromkeys(" ".join(parts) for parts in systems)]


def family(dice: random.Random) -> str:
    stem = dice.choice(FIRST) + dice.choice(VOWEL) + dice.choice(LAST)
    return stem + (dice.choice(VOWEL) + dice.choice(LAST) if dice.random() < 0.5 else "")


def main() -> None:
    dice = random.Random(1)
    families = [*dict.fromkeys(family(dice) for _ in range(9000))]
    for file, number, ours in (("", 12_000, families[400:]), ("-valid", 300, families[:100]),
                               ("-test", 1000, families[100:400])):  # fmt: skip
        rows: dict[str, list[str]] = {}
        while len(rows) < number:
            man, endings = dice.random() < 0.5, dice.choice(ENDINGS)
            name = f"{dice.choice(MEN if man else WOMEN)} {dice.choice(ours).capitalize()}{endings[not man]}"
            ways = written(name)
            if dice.random() < 0.5:
                asked, found = f"{name}\tlatin", [f"{name}\t{way}\tlatin" for way in ways]
                rows[asked] = found if file else [dice.choice(found)]
            else:
                way = dice.choice(ways)
                rows.setdefault(f"{way}\tcyrillic", []).append(f"{way}\t{name}\tcyrillic")
        lines = ["source\ttarget\tto", *(line for found in rows.values() for line in dict.fromkeys(found))]
        Path(f"names{file}.tsv").write_text("\n".join(lines) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
