"""Text in every encoding, and files that are not in the one they are said to be in."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seqloom.core.errors import DataError, RecipeError
from seqloom.data.encodings import encoding_of, guess_encoding
from seqloom.data.readers import read_rows
from seqloom.data.rows import BadLine, Row

SIMPLIFIED = [
    ("你好，世界！", "Hello, world!"),
    ("他昨天没有来学校。", "He was not at school."),
    ("谢谢你。", "Thanks."),
]
TRADITIONAL = [
    ("他昨天沒有來學校。", "He was not at school."),
    ("謝謝你們的幫助！", "Thanks."),
    ("請問車站在哪裡？", "x"),
]


def write(folder: Path, pairs: list[tuple[str, str]], encoding: str) -> Path:
    path = folder / "a.tsv"
    path.write_bytes("".join(f"{source}\t{target}\n" for source, target in pairs).encode(encoding))
    return path


def read(path: Path, encoding: str) -> list[tuple[str, ...]]:
    return [(row.source, *row.targets) for row in read_rows(str(path), encoding=encoding) if isinstance(row, Row)]


@pytest.mark.parametrize(
    ("encoding", "said"),
    [
        ("gb18030", "gb18030"),
        ("gbk", "gb18030"),
        ("gb2312", "gbk"),
        ("utf-16", "utf-16"),
        ("utf-16-le", "utf-16"),
        ("utf-16-be", "utf-16"),
        ("utf-16-be", "utf-16-be"),
        ("utf-8", "utf-8"),
        ("utf-8-sig", "utf-8"),
        ("big5", "Big5"),
    ],
)
def test_chinese(tmp_path: Path, encoding: str, said: str) -> None:
    pairs = TRADITIONAL if encoding == "big5" else SIMPLIFIED
    assert read(write(tmp_path, pairs, encoding), said) == pairs


@pytest.mark.parametrize("encoding", ["utf-8", "gb18030", "utf-16", "utf-16-be"])
@given(
    texts=st.lists(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0\t\n\r\ufeff")), max_size=5)
)
def test_any_text_reads_back(encoding: str, texts: list[str]) -> None:
    # Names first, that no text be taken for them; and so much ASCII that no byte order or other encoding is likelier.
    pairs = [
        ("source", "target"),
        ("some words that say what this is", "more of them"),
        *((each, each) for each in texts),
    ]
    with TemporaryDirectory() as folder:
        assert read(write(Path(folder), pairs, encoding), encoding.removesuffix("-be")) == pairs[1:]


def test_big5_has_the_characters_of_its_extensions(tmp_path: Path) -> None:
    pairs = [("恒生銀行在這裏", "€"), ("嘅", "喺")]
    path = tmp_path / "a.tsv"
    path.write_bytes("恒生銀行在這裏\t€\n".encode("cp950") + "嘅\t喺\n".encode("big5hkscs"))
    assert read(path, "big5") == pairs


@pytest.mark.parametrize("newline_bytes", ["\u0a0d", "ਊ", "\u0d0a"])
def test_the_bytes_of_a_wide_newline_within_characters(tmp_path: Path, newline_bytes: str) -> None:
    pairs = [(f"x{newline_bytes}\u0a00Ā\u0a00", newline_bytes), ("a", "b")]
    for encoding in ("utf-16-le", "utf-16-be"):
        assert read(write(tmp_path, pairs, encoding), encoding) == pairs


def test_blocks_do_not_cut_characters(tmp_path: Path) -> None:
    for encoding in ("utf-8", "gb18030", "utf-16"):
        pairs = [("好" * (n % 97) + "😀", "x" * (n % 31)) for n in range(6000)]
        assert read(write(tmp_path, pairs, encoding), encoding) == pairs


@pytest.mark.parametrize(
    ("pairs", "actual", "said", "line"),
    [
        (
            SIMPLIFIED,
            "gb18030",
            "utf-8",
            ":1: not valid utf-8 (byte 0xC4 at column 1); the file looks like gb18030: set",
        ),
        (TRADITIONAL, "big5", "utf-8", ":1: not valid utf-8 (byte 0xA5 at column 1); the file looks like big5: set"),
        (SIMPLIFIED, "utf-16", "utf-8", " must be utf-8, but is utf-16: set"),
        (SIMPLIFIED, "utf-16-be", "gb18030", " must be gb18030, but is utf-16: set"),
        (SIMPLIFIED, "utf-8", "gb18030", " must be gb18030, but is utf-8: set"),
        (SIMPLIFIED, "utf-8-sig", "big5", " must be big5, but is utf-8: set"),
        (SIMPLIFIED, "utf-8", "utf-16", " must be utf-16, but is utf-8: set"),
        (SIMPLIFIED, "utf-16-be", "utf-8", " must be utf-8, but is utf-16: set"),
    ],
)
def test_a_file_in_another_encoding(
    tmp_path: Path, pairs: list[tuple[str, str]], actual: str, said: str, line: str
) -> None:
    path = write(tmp_path, pairs, actual)
    with pytest.raises(DataError) as error:
        list(read_rows(str(path), encoding=said))
    right = "utf-16" if actual.startswith("utf-16") else actual.removesuffix("-sig")
    assert str(error.value) == f'{path}{line} `data.encoding = "{right}"`.'


def test_another_encoding_that_shows_late(tmp_path: Path) -> None:
    path = write(tmp_path, [("plain words", "and more")] * 30_000 + SIMPLIFIED, "gb18030")
    with pytest.raises(DataError, match=r":30001: not valid utf-8 .* the file looks like gb18030"):
        list(read_rows(str(path)))


def test_utf_8_that_shows_late_in_what_is_said_to_be_gb18030(tmp_path: Path) -> None:
    path = write(tmp_path, [("plain words", "and more")] * 30_000 + SIMPLIFIED * 9, "utf-8")
    with pytest.raises(DataError, match=r'not valid gb18030 .* looks like utf-8: set `data.encoding = "utf-8"`'):
        list(read_rows(str(path), encoding="gb18030"))


def test_an_encoding_of_the_west(tmp_path: Path) -> None:
    path = write(tmp_path, [("Männer", "men"), ("schön", "fine"), ("für", "for")], "cp1252")
    with pytest.raises(DataError, match=r'looks like cp1252: set `data.encoding = "cp1252"`\.$'):
        list(read_rows(str(path)))


def test_one_damaged_line_is_that_line_alone(tmp_path: Path) -> None:
    path = tmp_path / "a.tsv"
    lines = ["你好\thello", "世界\tworld", "半", "朋友\tfriend"]
    data = [line.encode() for line in lines]
    path.write_bytes(b"\n".join([*data[:2], data[2][:2] + b"\thalf\r", data[3], b"a\0b\tc\r", "末\tend\r".encode()]))
    rows = list(read_rows(str(path)))
    assert [type(row) for row in rows] == [Row, Row, BadLine, Row, BadLine, Row]
    bad = [row for row in rows if isinstance(row, BadLine)]
    assert (bad[0].line, bad[0].text) == (3, "\\xe5\\x8d\thalf")
    assert bad[0].what == "not valid utf-8 (byte 0xE5 at column 1)"
    assert (bad[1].line, bad[1].what) == (5, "a NUL byte stands in the line")
    assert rows[-1] == Row(source="末", targets=("end",), file=str(path), line=6)


def test_one_line_of_another_encoding_is_told_too(tmp_path: Path) -> None:
    path = tmp_path / "a.tsv"
    path.write_bytes(b"hello\tworld\n" + "你好，我的朋友\thello\n".encode("gb18030"))
    [_, bad] = read_rows(str(path))
    assert isinstance(bad, BadLine)
    assert bad.what.endswith('the file looks like gb18030: set `data.encoding = "gb18030"`')


def test_half_a_character_of_utf_16(tmp_path: Path) -> None:
    path = tmp_path / "a.tsv"
    data = (
        "source\ttarget\na\tb\n".encode("utf-16-le") + b"\x00\xd8c\x00\n\x00" + "d\te\nf\tg".encode("utf-16-le") + b"x"
    )
    path.write_bytes(data)
    found = list(read_rows(str(path), encoding="utf-16"))
    assert [(type(row), row.line) for row in found] == [(Row, 2), (BadLine, 3), (Row, 4), (BadLine, 5)]


@pytest.mark.parametrize("name", ["utf8", "UTF-8", "GB2312", "cp936", "latin-1", "shift_jis", "euc-kr"])
def test_names_that_python_knows(name: str) -> None:
    encoding_of(name)


@pytest.mark.parametrize(
    ("name", "end"),
    [
        ("uft-8", ' Did you mean "utf-8"?'),
        ("utf-7", ""),
        ("hz", ""),
        ("iso2022_jp", ""),
        ("rot13", ""),
        ("hex", ""),
        ("", ""),
    ],
)
def test_names_that_cannot_be(name: str, end: str) -> None:
    with pytest.raises(RecipeError, match="`encoding` must be utf-8, gb18030, big5, utf-16 or another") as error:
        encoding_of(name)
    if end:
        assert str(error.value).endswith(end)


@pytest.mark.parametrize(
    ("encoding", "text"),
    [
        ("gb18030", "请问最近的地铁站在哪里？"),
        ("big5", "請問最近的車站在哪裡？"),
        ("cp932", "これは日本語のテキストです。"),
        ("euc_jp", "これは日本語のテキストです。"),
        ("cp949", "안녕하세요, 이것은 한국어 문장입니다."),
        ("cp1251", "Это предложение на русском языке."),
        ("koi8-r", "Это предложение на русском языке."),
        ("cp1252", "Wir gehen über die Brücke. C'était très bien."),
    ],
)
def test_guesses(encoding: str, text: str) -> None:
    assert guess_encoding([text.encode(encoding)]) == encoding


def test_no_guess_at_what_is_none() -> None:
    assert guess_encoding(["我们在学校".encode()[:-1], "朋友们好".encode()[:-2]]) is None
    assert guess_encoding([bytes(range(128, 256))]) is None
