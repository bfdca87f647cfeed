"""Words written another way: tags that say which of a model's tables a word is of, and the nearest that is known."""

from __future__ import annotations

from typing import Any

import pytest

from seqloom.core.errors import DataError, RecipeError
from seqloom.data.rows import BadLine, Row
from seqloom.tasks import Answered, Task
from seqloom.tasks.characters import CharactersSettings

TABLE = [
    ("Hund\tN;PL", "Hunde", "deu"), ("Bund\tN;SG", "Bund", "deu"), ("Katze\tN;PL", "Katzen", "deu"),
    ("talo\tN;PL", "talot", "fin"),
]  # fmt: skip


def rows(*, tagged: bool = True) -> list[Row]:
    extras = [{"tag": tag} if tagged else {} for _, _, tag in TABLE]
    return [
        Row(source=source, targets=(target,), extras=beside)
        for (source, target, _), beside in zip(TABLE, extras, strict=True)
    ]


def task(settings: CharactersSettings | None = None, *, tagged: bool = True) -> Task:
    settings = settings or CharactersSettings(tag="language" if tagged else "")
    return settings.build(settings.learn(rows(tagged=tagged)))


def ask(source: str, **extras: Any) -> Row:
    return Row(source=source, extras=extras)


# ---- tags ------------------------------------------------------------------------------------------------------------


def test_a_tag_comes_from_a_column_or_the_name_of_the_file() -> None:
    assert CharactersSettings(tag="language").columns == {"tag": "language"}
    by_file = CharactersSettings(tag="file")
    assert by_file.columns == {}
    [row] = by_file.pairs(Row(source="Hund", targets=("Hunde",), file="tables/deu.trn.tsv", line=1))
    assert isinstance(row, Row)
    assert row.extras["tag"] == "deu"
    [given] = by_file.pairs(Row(source="Hund", targets=("Hunde",), file="deu.tsv", line=1, extras={"tag": "gsw"}))
    assert given.extras["tag"] == "gsw", "what is said for it counts more"  # type: ignore[union-attr]


def test_a_row_without_its_tag_is_a_bad_line() -> None:
    [none] = CharactersSettings(tag="language").pairs(ask("Hund", tag=" "))
    assert isinstance(none, BadLine)
    assert none.what == "the tag is missing"
    [odd] = CharactersSettings(tag="language").pairs(ask("Hund", tag="upper german"))
    assert isinstance(odd, BadLine)
    [plain] = CharactersSettings().pairs(ask("Hund", tag="noun", other=1))
    assert plain.extras == {"other": 1}, "a column of that name is no tag where none was asked for"  # type: ignore[union-attr]


def test_the_model_reads_the_tag_first_and_who_asks_may_write_it() -> None:
    made = task()
    assert made.specials == ("<deu>", "<fin>")
    assert made.read(ask("Hund\tN;PL", tag="deu")).source == "<deu> Hund\tN;PL"
    assert made.read(ask("<fin> talo\tN;PL")).source == "<fin> talo\tN;PL"
    assert made.show(ask("Hund", tag="deu"), "Hunde").fields == {"tag": "deu"}
    assert made.read(ask(" ")).source == " ", "an empty line asks nothing"


def test_a_tag_that_is_not_known_is_named_with_the_nearest() -> None:
    with pytest.raises(DataError, match=r"`tag` is missing: .*deu, fin.*--with tag=deu"):
        task().read(ask("Hund"))
    with pytest.raises(DataError, match=r"but is de\. Did you mean `deu`\?"):
        task().read(ask("Hund", tag="de"))
    assert task().refuses(ask("Hund", tag="deu")) is None
    assert "but is `eng`" in str(task().refuses(ask("Hund", tag="eng")))


def test_one_table_needs_no_tag() -> None:
    made = task(tagged=False)
    assert made.specials == ()
    assert made.read(ask("Hund\tN;PL")).source == "Hund\tN;PL"
    assert made.show(ask("Hund"), "Hunde").fields == {}
    with pytest.raises(RecipeError, match="tag must be a column"):
        CharactersSettings(tag=0)


def test_each_tag_has_its_share_of_right_answers() -> None:
    made = task()
    answered = [Answered(row=row, texts=(row.targets[0] if row.extras["tag"] == "fin" else "Hund",)) for row in rows()]
    assert {score.name: score.value for score in made.scores(answered, samples=0)} == {
        "deu exact match": 0,
        "fin exact match": 100,
    }
    assert made.scores(answered[:2], samples=0) == [], "one alone has the score of the whole"


# ---- the nearest that is known ---------------------------------------------------------------------------------------


def nearest(source: str, tag: str, *, made: Task | None = None) -> str:
    [said] = (made or task()).baselines["as the nearest known"](ask(source, tag=tag))
    return said


def test_what_is_known_is_said() -> None:
    assert nearest("Katze\tN;PL", "deu") == "Katzen"
    assert nearest("<fin> talo\tN;PL", "") == "talot"


def test_what_is_new_ends_as_what_is_like_it() -> None:
    assert nearest("Fund\tN;PL", "deu") == "Funde"
    assert nearest("Tatze\tN;PL", "deu") == "Tatzen"
    assert nearest("sukka\tN;PL", "fin") == "sukkat", "of the same tag, whatever is nearer in another"


def test_what_is_like_nothing_is_said_as_it_is() -> None:
    assert nearest("xyz", "deu") == "xyz"


def test_the_dictionary_is_as_large_as_it_may_be_and_from_everywhere() -> None:
    many = [Row(source=f"w{number}", targets=("x",)) for number in range(100)]
    kept = CharactersSettings(dictionary=10).learn(many)["pairs"]
    assert [source for _, source, _ in kept] == [f"w{number}" for number in range(0, 100, 10)]
    none = CharactersSettings(dictionary=0)
    assert none.build(none.learn(many)).baselines == {}
