from __future__ import annotations

import gettext
import struct
from pathlib import Path

import pytest

from seqloom.core.errors import DataError
from seqloom.data.columns import Columns
from seqloom.data.ledger import Ledger
from seqloom.data.readers import read_rows
from seqloom.data.rows import BadLine, Row

HEADER = 'msgid ""\nmsgstr ""\n"Content-Type: text/plain; charset={}\\n"\n\n'
PO = """#: a.c:1 b.c:2
#. A hint
msgctxt "menu"
msgid "Open"
msgstr "Öffnen"

#, fuzzy, c-format
#| msgid "Cloze"
msgid "Close"
msgstr "Zu"
msgid "one file"
msgid_plural "%d files"
msgstr[0] "eine Datei"
msgstr[1] ""
"%d \\"Dateien\\"\\t\\\\"
"\\n"

msgid "untranslated"
msgstr ""

#~ msgid "old"
#~ msgstr "alt"
"""


def read(path: Path, *, sources_only: bool = False, columns: Columns = Columns()) -> list[Row | BadLine]:  # noqa: B008
    return list(read_rows(str(path), sources_only=sources_only, columns=columns))


def write(path: Path, text: str, encoding: str = "utf-8") -> Path:
    path.write_bytes((HEADER.format(encoding) + text).encode(encoding))
    return path


@pytest.mark.parametrize("encoding", ["utf-8", "iso-8859-1", "cp1252"])
@pytest.mark.parametrize("ends", ["\n", "\r\n"])
def test_entries_plurals_and_what_is_left_out(tmp_path: Path, encoding: str, ends: str) -> None:
    path = write(tmp_path / "a.po", PO.replace("\n", ends), encoding)
    ledger = Ledger()
    found = list(ledger.rows(read(path)))
    assert [(row.source, row.targets[0]) for row in found] == [
        ("Open", "Öffnen"),
        ("one file", "eine Datei"),
        ("%d files", '%d "Dateien"\t\\\n'),
        ("untranslated", ""),
    ]
    assert found[0].extras == {"context": "menu", "comment": "A hint", "reference": "a.c:1 b.c:2"}
    assert found[2].extras == {"singular": "one file", "plural": "%d files", "form": "1"}
    assert [row.line for row in found] == [8, 15, 15, 22]
    assert ledger.counts == {"left out: marked as fuzzy": 1, "left out: obsolete": 1}
    assert ledger.bad == 0


def test_a_question_may_be_fuzzy(tmp_path: Path) -> None:
    found = read(write(tmp_path / "a.po", PO), sources_only=True)
    assert [row.source for row in found if isinstance(row, Row)][:2] == ["Open", "Close"]


def test_a_language_without_a_plural(tmp_path: Path) -> None:
    [row] = read(write(tmp_path / "a.po", 'msgid "one"\nmsgid_plural "%d"\nmsgstr[0] "%d个"\n'))
    assert isinstance(row, Row)
    assert (row.source, row.targets) == ("%d", ("%d个",))


def test_other_parts_of_an_entry(tmp_path: Path) -> None:
    path = write(tmp_path / "a.po", PO)
    first = read(path, columns=Columns(source=("source", "context")))[0]
    assert isinstance(first, Row)
    assert first.source == "Open\tmenu"
    with pytest.raises(DataError, match=r"it has no `contxt`; there are `source`.* Did you mean `context`\?"):
        read(path, columns=Columns(source=("contxt",)))


@pytest.mark.parametrize(
    ("text", "what"),
    [
        (
            'garbage\n\nmsgid "z"\nmsgstr "y"\n',
            "5: expected a keyword such as msgid and a text in double quotes, found neither",
        ),
        ('msgid "x"\n\nmsgid "z"\nmsgstr "y"\n', "5: a second `msgid` in one entry"),
        ('msgstr "x"\n\nmsgid "z"\nmsgstr "y"\n', "5: an entry without msgid"),
        ('msgid "z"\nmsgstr "y"\n\nmsgid "x"\n', "8: an entry without msgstr"),
        ('msgid "z"\nmsgstr "y"\n\nmsgid "x\nmsgstr "w"\n', "8: expected a keyword"),
    ],
)
def test_a_damaged_entry_is_that_entry_alone(tmp_path: Path, text: str, what: str) -> None:
    path = write(tmp_path / "a.po", text)
    bad = [row for row in read(path) if isinstance(row, BadLine)]
    assert str(bad[0]).startswith(f"{path}:{what}")
    good = [row for row in read(path) if isinstance(row, Row)]
    assert [(row.source, row.targets) for row in good][-1:] == ([("z", ("y",))] if "second" not in what else [])


def test_bytes_that_are_no_text(tmp_path: Path) -> None:
    path = tmp_path / "a.po"
    path.write_bytes(HEADER.format("UTF-8").encode() + b'msgid "a"\nmsgstr "\xff"\n\nmsgid "b"\nmsgstr "c"\n')
    bad, good = read(path)
    assert isinstance(bad, BadLine)
    assert "not valid utf-8 (byte 0xFF at column 9)" in bad.what
    assert isinstance(good, Row)
    assert good.source == "b"


def test_a_header_that_nobody_understands(tmp_path: Path) -> None:
    path = tmp_path / "a.po"
    path.write_text(HEADER.format("klingon-1"))
    with pytest.raises(DataError, match="its header has charset=klingon-1, which nobody knows"):
        read(path)
    path.write_text(HEADER.format("CHARSET") + 'msgid "a"\nmsgstr "b"\n')  # a template as it was made
    assert len(read(path)) == 1
    path.write_bytes(b"\xde\x12\x04\x95\0\0\0\0")
    with pytest.raises(DataError, match="must be a PO file, as its name says, but is binary"):
        read(path)


# ---- MO --------------------------------------------------------------------------------------------------------------


def compiled(entries: dict[str, str], order: str = "<") -> bytes:
    names = sorted(entries)
    start = 28 + 16 * len(names)
    tables: list[tuple[int, int]] = []
    body = b""
    for text in (*names, *(entries[name] for name in names)):
        raw = text.encode()
        tables.append((len(raw), start + len(body)))
        body += raw + b"\0"
    numbers = [number for pair in tables for number in pair]
    head = struct.pack(f"{order}7I", 0x950412DE, 0, len(names), 28, 28 + 8 * len(names), 0, 0)
    return head + struct.pack(f"{order}{len(numbers)}I", *numbers) + body


ENTRIES = {
    "": "Content-Type: text/plain; charset=UTF-8\n",
    "menu\4Open": "Öffnen",
    "one file\0%d files": "eine Datei\0%d Dateien",
}


@pytest.mark.parametrize("order", ["<", ">"])
def test_compiled_catalogues(tmp_path: Path, order: str) -> None:
    path = tmp_path / "a.mo"
    path.write_bytes(compiled(ENTRIES, order))
    with path.open("rb") as opened:
        assert gettext.GNUTranslations(opened).pgettext("menu", "Open") == "Öffnen"
    found = [row for row in read(path) if isinstance(row, Row)]
    assert [(row.source, row.targets) for row in found] == [
        ("Open", ("Öffnen",)),
        ("one file", ("eine Datei",)),
        ("%d files", ("%d Dateien",)),
    ]
    assert found[0].extras == {"context": "menu"}


@pytest.mark.parametrize("cut", [30, 60, 100])
def test_a_catalogue_without_its_end(tmp_path: Path, cut: int) -> None:
    path = tmp_path / "a.mo"
    path.write_bytes(compiled(ENTRIES)[:cut])
    with pytest.raises(DataError, match="its end is missing"):
        read(path)
    path.write_bytes(b"hello")
    with pytest.raises(DataError, match="must be an MO file, as its name says, but is none"):
        read(path)
