"""Files whose columns are languages: all of them are there, by their names."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import pytest

from seqloom.core.errors import DataError
from seqloom.data.columns import FIRST_TWO
from seqloom.data.named import is_language, read_asked, read_named, read_named_pairs
from seqloom.data.rows import BadLine, Row

TMX = """<?xml version="1.0"?><tmx version="1.4"><header srclang="en"/><body>
<tu><tuv xml:lang="en"><seg>dog</seg></tuv><tuv xml:lang="de-DE"><seg>Hund</seg></tuv>
<tuv xml:lang="fr"><seg>chien</seg></tuv></tu>
<tu><tuv xml:lang="en"><seg>cat</seg></tuv><tuv xml:lang="fr"><seg>chat</seg></tuv></tu></body></tmx>"""


def extras(file: Path | str, *names: str) -> list[dict[str, object]]:
    found = [*read_named(str(file), names)]
    assert all(isinstance(each, Row) for each in found)
    return [dict(each.extras) for each in found if isinstance(each, Row)]


def write(path: Path, text: str) -> Path:
    path.write_text(text, encoding="utf-8")
    return path


def test_parallel_files_are_called_by_their_endings(tmp_path: Path) -> None:
    files = [str(write(tmp_path / f"train.{name}", f"{name} 1\n{name} 2\n")) for name in ("de", "en")]
    packed = tmp_path / "train.fr.gz"
    packed.write_bytes(gzip.compress(b"fr 1\nfr 2\n"))
    assert extras(",".join([*files, str(packed)])) == [
        {"de": "de 1", "en": "en 1", "fr": "fr 1"},
        {"de": "de 2", "en": "en 2", "fr": "fr 2"},
    ]


def test_files_that_are_not_called_by_languages_are_named(tmp_path: Path) -> None:
    files = ",".join(str(write(tmp_path / f"{name}.txt", f"{name}\n")) for name in ("german", "english"))
    assert extras(files, "de", "en") == [{"de": "german", "en": "english"}]
    with pytest.raises(DataError, match=r"must end in their languages.*task\.languages"):
        read_named(files, ())


@pytest.mark.parametrize(("name", "separator"), [("t.tsv", "\t"), ("t.csv", ","), ("t.csv", ";")])
def test_a_table_says_its_languages_in_its_first_line(tmp_path: Path, name: str, separator: str) -> None:
    lines = [["de", "en", "pt_BR", "domain"], ["Hund", "dog", "cão", "animals"]]
    path = write(tmp_path / name, "".join(f"{separator.join(each)}\n" for each in lines))
    assert extras(path) == [{"de": "Hund", "en": "dog", "pt_BR": "cão", "domain": "animals"}]


def test_a_table_without_a_first_line_is_named(tmp_path: Path) -> None:
    path = write(tmp_path / "t.tsv", "Hund\tdog\nKatze\tcat\textra\n")
    first, second = read_named(str(path), ["de", "en"])
    assert isinstance(first, Row)
    assert first.extras == {"de": "Hund", "en": "dog"}
    assert isinstance(second, BadLine)
    assert second.what == "expected 2 columns, found 3"
    with pytest.raises(DataError, match=r"t\.tsv:1: the first line must name the languages"):
        read_named(str(path), ())


def test_objects_have_languages_beside_or_below(tmp_path: Path) -> None:
    objects = [{"de": "Hund", "en": "dog"}, {"translation": {"de": "Katze", "en": "cat"}}]
    path = write(tmp_path / "t.jsonl", "".join(f"{json.dumps(each)}\n" for each in objects))
    assert extras(path) == [{"de": "Hund", "en": "dog"}, {"de": "Katze", "en": "cat"}]
    rows = [*read_named_pairs([*objects, 7])]
    assert [dict(each.extras) for each in rows if isinstance(each, Row)] == extras(path)
    assert isinstance(rows[-1], BadLine)


def test_all_languages_of_a_translation_memory_are_there(tmp_path: Path) -> None:
    assert extras(write(tmp_path / "memory.tmx", TMX)) == [
        {"en": ("dog",), "de-de": ("Hund",), "fr": ("chien",)},
        {"en": ("cat",), "fr": ("chat",)},
    ]
    with pytest.raises(DataError, match="does not say which languages"):
        read_named(str(write(tmp_path / "a.po", 'msgid "a"\nmsgstr "b"\n')), ())


def test_questions_have_columns_where_the_first_line_says_so(tmp_path: Path) -> None:
    def asked(name: str, text: str) -> list[tuple[str, object]]:
        file = str(write(tmp_path / name, text))
        rows = read_asked(file, encoding="utf-8", columns=FIRST_TWO, sources_only=True)
        return [(each.source, each.extras.get("to")) for each in rows if isinstance(each, Row)]

    assert asked("q.tsv", "source\tto\nHund\ten\n") == [("Hund", "en")]
    assert asked("q.jsonl", '{"source": "Hund", "to": "en"}\n\n') == [("Hund", "en"), ("", None)]
    assert asked("q.txt", "source\nHund\n\n") == [("source", None), ("Hund", None), ("", None)]


def test_which_columns_are_languages() -> None:
    assert all(map(is_language, ("de", "pt-BR", "zh_Hans")))
    assert not any(map(is_language, ("id", "to", "from", "source", "url", "txt", "1")))
