"""What is wrong with a whole file is said at once, in one line."""

from __future__ import annotations

import io
import os
import pickle
import zipfile
from pathlib import Path

import pytest

from seqloom.core.errors import DataError
from seqloom.data.readers import read_rows
from seqloom.data.rows import Row


def refused(path: Path | str, *, sources_only: bool = False) -> str:
    with pytest.raises(DataError) as error:
        read_rows(str(path), sources_only=sources_only)
    assert "\n" not in str(error.value)
    return str(error.value)


def test_missing(tmp_path: Path) -> None:
    (tmp_path / "train.tsv").write_text("a\tb\n")
    assert refused(tmp_path / "trian.tsv") == (
        f"{tmp_path}/trian.tsv: there is no such file. Did you mean `{tmp_path}/train.tsv`?"
    )
    assert refused(tmp_path / "x" / "a.tsv").endswith(f"there is no such file. Nor is there a folder `{tmp_path}/x`.")
    assert refused(f"{tmp_path}/train.tsv,{tmp_path}/zzz").startswith(f"{tmp_path}/zzz: there is no such file.")


def test_a_sentence_is_no_file() -> None:
    assert "there is no such file" in refused("How is this translated, please? " * 20)


def test_a_folder(tmp_path: Path) -> None:
    assert refused(tmp_path) == f"{tmp_path} must be a file, but is a folder. Name a file in it."
    (tmp_path / "a.tsv").touch()
    assert refused(tmp_path).endswith(f"Name a file in it, such as `{tmp_path}/a.tsv`.")


@pytest.mark.parametrize("name", ["a.tsv", "a.csv", "a.jsonl"])
@pytest.mark.parametrize("sources_only", [True, False])
def test_empty(tmp_path: Path, name: str, sources_only: bool) -> None:
    (tmp_path / name).touch()
    assert refused(tmp_path / name, sources_only=sources_only) == f"{tmp_path}/{name} is empty."
    with pytest.raises(DataError, match="standard input is empty"):
        read_rows("-", stdin=io.BytesIO())


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may read everything")
def test_no_permission(tmp_path: Path) -> None:
    (tmp_path / "a.tsv").write_text("a\tb\n")
    (tmp_path / "a.tsv").chmod(0)
    assert "you have no permission to read it" in refused(tmp_path / "a.tsv")


def test_binary(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "a.xlsx", "w") as archive:
        archive.writestr("sheet", "a\tb")
    assert "must be text, but is a zip archive or a spreadsheet" in refused(tmp_path / "a.xlsx")
    (tmp_path / "a.tsv").write_bytes(b"\x1f\x8b\x08abc")
    assert refused(tmp_path / "a.tsv").endswith(
        "must be text, but is a gzip archive. Unpack it, or end its name in `.gz`."
    )
    (tmp_path / "a.txt").write_text("PAR1\tis a gene\n")
    assert next(read_rows(f"{tmp_path}/a.txt")) == Row(
        source="PAR1", targets=("is a gene",), file=f"{tmp_path}/a.txt", line=1
    )
    (tmp_path / "a.bin").write_bytes(pickle.dumps([1.5, {"a": 2}] * 50))
    assert refused(tmp_path / "a.bin").endswith("must be text, but is binary: it holds NUL bytes.")


def test_old_line_ends(tmp_path: Path) -> None:
    (tmp_path / "a.tsv").write_bytes(b"a\tb\rc\td\re\tf\r")
    assert "its lines end in CR alone" in refused(tmp_path / "a.tsv")


def test_an_array_is_no_json_lines(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text('[\n {"source": "a", "target": "b"}\n]\n')
    assert refused(tmp_path / "a.json").endswith("must have a JSON object a line, but has one over several lines.")
    (tmp_path / "a.json").write_text('[{"source": "a", "target": "b"}]')
    assert "but begins an array" in refused(tmp_path / "a.json")
    (tmp_path / "a.json").write_text('[{"source": "a", "target": "b"},\n{"source": "c", "target": "d"}]')
    assert "but begins an array" in refused(tmp_path / "a.json")


@pytest.mark.parametrize("name", ["a.csv", "a.tsv"])
def test_objects_are_no_table(tmp_path: Path, name: str) -> None:
    """Their commas part columns as well as any."""
    (tmp_path / name).write_text('{"source": "a", "target": "b"}\n' * 3)
    assert refused(tmp_path / name).endswith("columns, but has JSON objects. End its name in `.jsonl`.")
    (tmp_path / name).write_text('{"a}\tb\n'.replace("\t", "," if name == "a.csv" else "\t"))
    assert [row.source for row in read_rows(str(tmp_path / name)) if isinstance(row, Row)] == ['{"a}']
