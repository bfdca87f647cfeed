"""What is written is read again as it was; what a format cannot hold is said, and what is dropped is kept."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from seqloom.core.errors import DataError, RecipeError
from seqloom.data.converting import clean, cleaning_of, convert, reading_of
from seqloom.data.readers import read_rows
from seqloom.data.rows import Row
from seqloom.data.scripts import ScriptFilter
from seqloom.data.writing import Wanted, wanted_of

NASTY = [
    ("plain", "schlicht"),
    ('a "quoted" & <tagged> one; with, all\\n', "ä ö ü ß \u00a0 €"),
    ("我想喝咖啡。", "I'd like a coffee, please."),
    ("  spaces around  ", "e\u0301 and 😀 and \u202bعربي\u202c"),
    ("&amp; &#65; %s {0}", "]]> <!-- --> '"),
    ("#~ msgid", "msgstr[0]"),
    ("x" * 5000, "y"),
]
BROKEN = [("two\nlines", "zwei\nZeilen\n"), ("a\ttab", "ein\r\nWagenrücklauf\rhier")]


def read(path: str) -> list[tuple[str, ...]]:
    return [(row.source, *row.targets) for row in read_rows(path) if isinstance(row, Row)]


def source_file(folder: Path, pairs: list[tuple[str, ...]]) -> str:
    path = folder / "in.jsonl"
    lines = [json.dumps({"source": pair[0], "target": list(pair[1:]), "document": "d", "id": "7"}) for pair in pairs]
    path.write_text("\n".join(lines) + "\n")
    return str(path)


def converted(given: str, out: str, **wanted: object) -> list[str]:
    return convert(reading_of(()).given((given,)), out, Wanted(languages=("en", "de"), **wanted))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "name",
    [
        "a.tsv", "a.csv", "a.jsonl", "a.tmx", "a.xlf", "a.po", "a.parquet", "a.en,a.de",
        "a.tsv.gz", "a.tmx.zst", "a.csv.xz", "a.jsonl.bz2", "a.en.gz,a.de",
    ],
)  # fmt: skip
def test_there_and_back(tmp_path: Path, name: str) -> None:
    if "parquet" in name:
        pytest.importorskip("pyarrow")
    out = ",".join(str(tmp_path / part) for part in name.split(","))
    said = converted(source_file(tmp_path, NASTY), out)
    assert (said[0], said[-1]) == ("7 rows read", f"{out}: 7 rows written")
    assert read(out) == NASTY
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(["in.jsonl", *name.split(",")])


@pytest.mark.parametrize("name", ["a.csv", "a.jsonl", "a.tmx", "a.xlf", "a.po", "a.parquet"])
def test_line_breaks_are_kept_where_they_can_be(tmp_path: Path, name: str) -> None:
    if "parquet" in name:
        pytest.importorskip("pyarrow")
    converted(source_file(tmp_path, BROKEN), str(tmp_path / name))
    # A line of CSV ends in CRLF or LF, inside of quotes as well.
    expected = BROKEN if name != "a.csv" else [(one, two.replace("\r\n", "\n")) for one, two in BROKEN]
    assert read(str(tmp_path / name)) == expected


@pytest.mark.parametrize("name", ["a.tsv", "a.en,a.de"])
def test_and_are_spaces_and_counted_where_they_cannot(tmp_path: Path, name: str) -> None:
    out = ",".join(str(tmp_path / part) for part in name.split(","))
    said = converted(source_file(tmp_path, BROKEN), out)
    assert said[1] == "2 rows with line breaks or TABs, which became spaces"
    assert read(out) == [("two lines", "zwei Zeilen "), ("a tab", "ein Wagenrücklauf hier")]


def test_what_else_a_row_says_goes_with_it(tmp_path: Path) -> None:
    given = source_file(tmp_path, [("a", "b")])
    for name in ("a.tmx", "a.xlf"):
        converted(given, str(tmp_path / name))
        converted(str(tmp_path / name), str(tmp_path / "again.jsonl"))
        said = json.loads((tmp_path / "again.jsonl").read_text())
        assert said == {"source": "a", "target": "b", "document": "d", "id": "7"}
    converted(str(tmp_path / "a.tmx"), str(tmp_path / "a.tsv"), extras=("document",))
    assert (tmp_path / "a.tsv").read_text() == "source\ttarget\tdocument\na\tb\td\n"
    said = converted(str(tmp_path / "a.tmx"), str(tmp_path / "a.csv"))
    assert said[1] == "1 row with id, document beside them, which `--with id,document` would write"


@pytest.mark.parametrize("name", ["b.jsonl", "b.tmx", "b.xlf"])
def test_a_catalogue_is_whole_on_its_way_through_another_format(tmp_path: Path, name: str) -> None:
    text = (
        '#. for the door\n#: a.c:1\nmsgctxt "door"\nmsgid "Open"\nmsgstr "Offen"\n\n'
        'msgctxt "menu"\nmsgid "Open"\nmsgstr "Öffnen"\n\n'
        'msgid "one \\"file\\""\nmsgid_plural "%d files"\nmsgstr[0] "eine"\nmsgstr[1] "%d"\n'
    )
    (tmp_path / "a.po").write_text(text)
    converted(str(tmp_path / "a.po"), str(tmp_path / name))
    converted(str(tmp_path / name), str(tmp_path / "again.po"))
    assert (tmp_path / "again.po").read_text().endswith(f"\n\n{text}")


def test_three_files_are_three_languages(tmp_path: Path) -> None:
    for name, text in (("de", "ja"), ("en", "yes"), ("fr", "oui")):
        (tmp_path / f"a.{name}").write_text(f"{text}\n")
    files = (",".join(f"{tmp_path}/a.{name}" for name in ("de", "en", "fr")),)
    for columns, languages in (((), "de en fr"), (("data.target_columns=[3]",), "de fr")):
        convert(reading_of(columns).given(files), str(tmp_path / "a.tmx"), Wanted())
        said = re.findall(r'xml:lang="(\w+)"', (tmp_path / "a.tmx").read_text())
        assert said == languages.split()
    with pytest.raises(DataError, match=r"a row with 2 references cannot be written to .*a\.tmx in 3 languages"):
        convert(reading_of(()).given(files), str(tmp_path / "a.tmx"), wanted_of("de,en,fr,it", ""))


@pytest.mark.parametrize("name", ["a.jsonl", "a.tmx", "a.en,a.r1,a.r2", "a.parquet"])
def test_several_references(tmp_path: Path, name: str) -> None:
    if "parquet" in name:
        pytest.importorskip("pyarrow")
    out = ",".join(str(tmp_path / part) for part in name.split(","))
    given = source_file(tmp_path, [("a", "b", "c"), ("d", "e", "f")])
    converted(given, out)
    assert read(out) == [("a", "b", "c"), ("d", "e", "f")]
    with pytest.raises(DataError, match=r"in.jsonl:1: a row with 2 references cannot be written to .*x.tsv. Write"):
        converted(given, str(tmp_path / "x.tsv"))
    assert not list(tmp_path.glob("x.tsv*"))


def test_plurals_are_one_entry_again(tmp_path: Path) -> None:
    entry = 'msgctxt "c"\nmsgid "one"\nmsgid_plural "%d"\nmsgstr[0] "eins"\nmsgstr[1] "%d"\n'
    (tmp_path / "a.po").write_text(f'{entry}\nmsgid "w"\nmsgstr ""\n\nmsgid "y"\nmsgstr "z"\n\nmsgid "y"\nmsgstr "q"\n')
    said = converted(str(tmp_path / "a.po"), str(tmp_path / "b.po"))
    assert said[1] == "1 row left out: the source is there already, and PO has each once"
    assert said[-1].endswith("b.po: 4 rows written")
    assert entry in (tmp_path / "b.po").read_text()
    assert read(str(tmp_path / "b.po")) == [("one", "eins"), ("%d", "%d"), ("w", ""), ("y", "z")]
    assert converted(str(tmp_path / "a.po"), str(tmp_path / "b.tsv"))[1] == "1 row left out: no target"


def test_words_and_labels(tmp_path: Path) -> None:
    converted(source_file(tmp_path, [("New York", "B I"), ("a", "O")]), str(tmp_path / "a.conll"))
    assert read(str(tmp_path / "a.conll")) == [("New York", "B I"), ("a", "O")]
    with pytest.raises(
        DataError, match="CoNLL must have a label for each of the source's 2 words, but the target has 1"
    ):
        converted(source_file(tmp_path, [("New York", "B")]), str(tmp_path / "b.conll"))


def test_control_characters_have_no_place_in_xml(tmp_path: Path) -> None:
    said = converted(source_file(tmp_path, [("a\x07b", "c")]), str(tmp_path / "a.tmx"))
    assert said[1] == "1 row with control characters, which XML cannot hold"
    assert read(str(tmp_path / "a.tmx")) == [("ab", "c")]


def test_languages_come_from_the_file_or_from_its_name(tmp_path: Path) -> None:
    for name, text in (("a.de", "ja\n"), ("a.en", "yes\n")):
        (tmp_path / name).write_text(text)
    given = reading_of(()).given((f"{tmp_path}/a.de,{tmp_path}/a.en",))
    convert(given, str(tmp_path / "a.tmx"), Wanted())
    assert 'xml:lang="de"' in (tmp_path / "a.tmx").read_text()
    convert(reading_of(()).given((str(tmp_path / "a.tmx"),)), str(tmp_path / "a.xlf"), Wanted())
    assert 'source-language="de" target-language="en"' in (tmp_path / "a.xlf").read_text()
    with pytest.raises(DataError, match=r"must say its languages. Name them, such as `--languages en,de`"):
        convert(reading_of(()).given((source_file(tmp_path, [("a", "b")]),)), str(tmp_path / "b.tmx"), Wanted())


@pytest.mark.parametrize("name", ["a.xlf", "a.po"])
def test_a_third_language_is_not_left_out_in_silence(tmp_path: Path, name: str) -> None:
    given = reading_of(()).given((source_file(tmp_path, [("a", "b")]),))
    with pytest.raises(DataError, match=rf"{name} holds two languages. Name two in `--languages`, or write a `.tmx`"):
        convert(given, str(tmp_path / name), Wanted(languages=("en", "de", "fr")))


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("in.jsonl", "must not be both read and written"),
        ("a.mo", "MO files are made by `msgfmt`. Write the PO file: `a.po`."),
        ("a.xlsx", ".xlsx is not written. Take one of .tsv"),
        ("a.tmxx", "must end in one of .tsv"),
        ("no/a.tsv", "there is no folder"),
        ("a.tmx,b.tmx", "parallel files must be lines of text"),
    ],
)
def test_what_cannot_be_written(tmp_path: Path, name: str, said: str) -> None:
    given = source_file(tmp_path, NASTY)
    with pytest.raises(DataError) as error:
        converted(given, ",".join(str(tmp_path / part) for part in name.split(",")))
    assert said in str(error.value)
    assert "\n" not in str(error.value)
    assert [path.name for path in tmp_path.iterdir()] == ["in.jsonl"]


def test_nothing_is_left_of_a_conversion_that_stops(tmp_path: Path) -> None:
    (tmp_path / "in.tsv").write_text("a\tb\n" * 3000 + "bad\n")
    (tmp_path / "out.tsv").write_text("before")
    with pytest.raises(DataError, match=r"in.tsv:3001: expected 2 tab-separated columns, found 1"):
        converted(str(tmp_path / "in.tsv"), str(tmp_path / "out.tsv"))
    assert (tmp_path / "out.tsv").read_text() == "before"
    assert len(list(tmp_path.iterdir())) == 2


# ---- cleaning --------------------------------------------------------------------------------------------------------

DIRTY = [
    ("a  good   one", "ein guter"),
    ("same", "same"),
    ("", "leer"),
    ("one two three four five six seven eight nine ten", "eins"),
    ("a good one", "ein guter"),
    ("привет", "hallo"),
    ("fine\u0007", "gut"),
]


def cleaned(folder: Path, overrides: tuple[str, ...] = (), **said: object) -> tuple[list[str], list[tuple[str, ...]]]:
    chosen = cleaning_of(overrides)
    given = chosen.given((source_file(folder, list(DIRTY)),))
    lines = clean(given, str(folder / "out.tsv"), Wanted(), cleaning=chosen.cleaning, **said)  # type: ignore[arg-type]
    return lines, read(str(folder / "out.tsv"))


def test_what_is_dropped_is_written_with_its_reason(tmp_path: Path) -> None:
    lines, left = cleaned(tmp_path, dropped=str(tmp_path / "dropped.jsonl"), scripts=ScriptFilter(source="latin"))
    assert left == [("a good one", "ein guter"), ("fine", "gut")]
    dropped = [json.loads(line) for line in (tmp_path / "dropped.jsonl").read_text().splitlines()]
    assert [(each["line"], each["reason"]) for each in dropped] == [
        (2, "target same as source"),
        (3, "empty source"),
        (4, "lengths too different"),
        (5, "duplicate"),
        (6, "source not in latin script"),
    ]
    assert dropped[0]["file"] == str(tmp_path / "in.jsonl")
    assert dropped[3]["source"] == "a good one"
    assert lines[0] == "7 rows read"
    assert "1 row dropped: duplicate" in lines
    assert "1 row changed: spaces collapsed" in lines
    assert lines[-2:] == [f"{tmp_path}/out.tsv: 2 rows written", f"{tmp_path}/dropped.jsonl: 5 rows written"]


def test_every_target_is_looked_at(tmp_path: Path) -> None:
    """Of three parallel files the third too: whatever is written is clean, and what was read is written somewhere."""
    columns = (
        ["ja", "nein danke", "ein Haus", "eins zwei"],
        ["yes", "no thanks", "a house", "one two"],
        ["oui", "", "ein Haus", "x " * 60],
    )
    for name, texts in zip(("de", "en", "fr"), columns, strict=True):
        (tmp_path / f"a.{name}").write_text("".join(f"{text}\n" for text in texts))
    given, out = (",".join(f"{tmp_path}/{stem}.{name}" for name in ("de", "en", "fr")) for stem in ("a", "b"))
    clean(reading_of(()).given((given,)), out, Wanted(), dropped=str(tmp_path / "dropped.jsonl"))
    assert read(out) == [("ja", "yes", "oui")]
    dropped = [json.loads(line) for line in (tmp_path / "dropped.jsonl").read_text().splitlines()]
    reasons = [(each["line"], each["reason"]) for each in dropped]
    assert reasons == [(2, "empty target"), (3, "target same as source"), (4, "lengths too different")]


def test_any_setting_of_cleaning_may_be_another(tmp_path: Path) -> None:
    _, left = cleaned(tmp_path, ("data.cleaning.max_ratio=0", 'data.cleaning.identical="keep"'))
    assert ("same", "same") in left
    assert len(left) == 5
    with pytest.raises(RecipeError, match=r"`data.cleaning.max_rati` is not a setting of the cleaning. Did you mean"):
        cleaning_of(("data.cleaning.max_rati=3",))
    with pytest.raises(RecipeError, match=r"`data.cleaning` is not a setting"):
        reading_of(("data.cleaning.max_ratio=3",))
    with pytest.raises(RecipeError, match=r'must be one of latin, .* but is "latn". Did you mean "latin"'):
        ScriptFilter(source="latn")


def test_a_table_of_what_was_dropped(tmp_path: Path) -> None:
    cleaned(tmp_path, dropped=str(tmp_path / "dropped.csv"))
    assert (tmp_path / "dropped.csv").read_text().splitlines()[:2] == [
        "source,target,reason,file,line",
        f"same,same,target same as source,{tmp_path}/in.jsonl,2",
    ]
    with pytest.raises(DataError, match="must not be both what is kept and what is dropped"):
        cleaned(tmp_path, dropped=str(tmp_path / "out.tsv"))


def test_how_the_command_line_says_it() -> None:
    assert wanted_of("en,de", "document,id") == Wanted(languages=("en", "de"), extras=("document", "id"))
    assert wanted_of(None, "") == Wanted()
    with pytest.raises(RecipeError, match="`--languages` must be two with a comma between them"):
        wanted_of("en", "")
