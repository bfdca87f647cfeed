"""Every format gives back what was written in it."""

from __future__ import annotations

import bz2
import csv
import gzip
import io
import json
import lzma
import os
import subprocess
import sys
from collections.abc import Callable
from itertools import islice
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st

from seqloom.core.errors import DataError
from seqloom.data.columns import FIRST_TWO
from seqloom.data.readers import Columns, read_rows
from seqloom.data.rows import BadLine, Row

DATA = Path(os.environ.get("SEQLOOM_DATA", Path(__file__).parents[3] / "shared" / "data"))
PAIRS = [("Guten Tag", "good day"), ("你好\u2028世界", "hello\x0bworld"), ("", "x"), ("a\rb", "c\x1cd\x85")]

TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0\t\n\r\ufeff"), max_size=12)


def pairs_of(file: Path | str, *, encoding: str = "utf-8", columns: Columns = FIRST_TWO) -> list[tuple[str, ...]]:
    found = list(read_rows(str(file), encoding=encoding, columns=columns))
    assert all(isinstance(row, Row) for row in found), found
    return [(row.source, *row.targets) for row in found if isinstance(row, Row)]


def written(folder: Path, name: str, text: str, *, encoding: str = "utf-8") -> Path:
    path = folder / name
    path.write_bytes(text.encode(encoding))
    return path


def tsv(pairs: list[tuple[str, str]], end: str = "\n") -> str:
    return "".join(f"{source}\t{target}{end}" for source, target in pairs)


@pytest.mark.parametrize("end", ["\n", "\r\n"])
@pytest.mark.parametrize("last", [True, False])
@pytest.mark.parametrize("mark", ["", "\ufeff"])
def test_only_newlines_end_a_line(tmp_path: Path, end: str, last: bool, mark: str) -> None:
    text = mark + tsv(PAIRS, end)
    found = list(read_rows(str(written(tmp_path, "a.tsv", text if last else text.removesuffix(end)))))
    rows = [row for row in found if isinstance(row, Row)]
    assert [(row.source, *row.targets) for row in rows] == PAIRS
    assert [row.line for row in rows] == [1, 2, 3, 4]
    assert {row.file for row in rows} == {str(tmp_path / "a.tsv")}


@pytest.mark.parametrize("name", ["a.tsv", "a.trn", "a", "A.TSV"])
def test_a_tab_makes_a_table_whatever_the_name(tmp_path: Path, name: str) -> None:
    assert pairs_of(written(tmp_path, name, tsv(PAIRS))) == PAIRS


@given(pairs=st.lists(st.tuples(TEXT, TEXT), min_size=1, max_size=8))
def test_tsv_reads_back(pairs: list[tuple[str, str]]) -> None:
    with TemporaryDirectory() as folder:
        # A first line of names, so that no data can be taken for it.
        path = written(Path(folder), "a.tsv", tsv([("source", "target"), *pairs]))
        assert pairs_of(path) == pairs


@given(pairs=st.lists(st.tuples(TEXT, TEXT), min_size=1, max_size=8), newline=st.sampled_from(["", "\n", '"', ","]))
def test_csv_reads_back(pairs: list[tuple[str, str]], newline: str) -> None:
    pairs = [(f"{source}{newline}{source}", target) for source, target in pairs]
    with TemporaryDirectory() as folder:
        path = Path(folder) / "a.csv"
        with path.open("w", encoding="utf-8", newline="") as opened:
            csv.writer(opened).writerows([("source", "target"), *pairs])
        assert pairs_of(path) == pairs


@given(pairs=st.lists(st.tuples(TEXT, st.lists(TEXT, min_size=1, max_size=3)), min_size=1, max_size=8), ascii_=...)
def test_jsonl_reads_back(pairs: list[tuple[str, list[str]]], ascii_: bool) -> None:
    lines = [json.dumps({"source": a, "target": b if len(b) > 1 else b[0]}, ensure_ascii=ascii_) for a, b in pairs]
    with TemporaryDirectory() as folder:
        path = written(Path(folder), "a.jsonl", "\n".join(lines))
        assert pairs_of(path) == [(a, *b) for a, b in pairs]


@given(rows=st.lists(st.tuples(TEXT, TEXT, TEXT), min_size=1, max_size=8))
def test_parallel_files_read_back_and_further_ones_are_references(rows: list[tuple[str, str, str]]) -> None:
    with TemporaryDirectory() as folder:
        names = [str(Path(folder) / name) for name in ("a.de", "a.en", "a.en2")]
        for name, texts in zip(names, zip(*rows, strict=True), strict=True):
            Path(name).write_text("".join(f"{text}\n" for text in texts), encoding="utf-8", newline="")
        assert pairs_of(",".join(names)) == rows


def test_a_name_with_a_comma_is_one_file(tmp_path: Path) -> None:
    assert pairs_of(written(tmp_path, "a,b.tsv", tsv(PAIRS))) == PAIRS


def test_a_csv_record_has_the_line_where_it_begins(tmp_path: Path) -> None:
    path = written(tmp_path, "a.csv", 'source,target\n"two\nlines",x\nb,y\n')
    assert [row.line for row in read_rows(str(path))] == [2, 4]


def pack_gz(data: bytes) -> bytes:
    half = len(data) // 2
    return gzip.compress(data[:half]) + gzip.compress(data[half:])


def pack_zst(data: bytes) -> bytes:
    half = len(data) // 2
    return zstandard.compress(data[:half]) + zstandard.ZstdCompressor(write_checksum=True).compress(data[half:])


def pack_xz(data: bytes) -> bytes:
    half = len(data) // 2
    return lzma.compress(data[:half]) + lzma.compress(data[half:])


def pack_bz2(data: bytes) -> bytes:
    half = len(data) // 2
    return bz2.compress(data[:half]) + bz2.compress(data[half:])


PACKED = [(".gz", pack_gz), (".xz", pack_xz), (".bz2", pack_bz2), (".zst", pack_zst)]


@pytest.mark.parametrize(("suffix", "pack"), PACKED)
def test_archives_of_several_parts_are_read_whole(tmp_path: Path, suffix: str, pack: Callable[[bytes], bytes]) -> None:
    path = tmp_path / f"a.csv{suffix}"
    path.write_bytes(pack("".join(f"{n},{n * n}\n" for n in range(20_000)).encode()))
    assert pairs_of(path) == [(str(n), str(n * n)) for n in range(20_000)]


@pytest.mark.parametrize(("suffix", "pack"), PACKED)
def test_an_archive_without_its_end_is_refused(tmp_path: Path, suffix: str, pack: Callable[[bytes], bytes]) -> None:
    path = tmp_path / f"a.tsv{suffix}"
    packed = pack("".join(f"{n}\t{n * n}\n" for n in range(20_000)).encode())
    for length in (len(packed) - 3, len(packed) * 2 // 3, 12):
        path.write_bytes(packed[:length])
        with pytest.raises(DataError, match=r"its end is missing. Copy or download it again\.$"):
            list(read_rows(str(path)))


@pytest.mark.parametrize(("suffix", "kind"), [(".gz", "gzip"), (".xz", "xz"), (".bz2", "bzip2"), (".zst", "zstandard")])
def test_an_archive_by_name_alone_is_refused(tmp_path: Path, suffix: str, kind: str) -> None:
    with pytest.raises(DataError, match=f"must be a {kind} archive"):
        list(read_rows(str(written(tmp_path, f"a.tsv{suffix}", tsv(PAIRS)))))


def test_standard_input_is_a_table_of_pairs_and_plain_lines_of_sources() -> None:
    data = tsv(PAIRS).encode()
    pairs = list(read_rows("-", stdin=io.BytesIO(data)))
    assert [(row.source, *row.targets) for row in pairs if isinstance(row, Row)] == PAIRS
    assert {row.file for row in pairs} == {"standard input"}
    sources = list(read_rows("-", stdin=io.BytesIO(b"one\ttwo\n\nthree"), sources_only=True))
    texts = [(row.source, row.targets, row.line) for row in sources if isinstance(row, Row)]
    assert texts == [("one\ttwo", (), 1), ("", (), 2), ("three", (), 3)]
    assert list(read_rows("-", stdin=io.BytesIO(b""), sources_only=True)) == []


def test_a_pipe_is_answered_line_by_line() -> None:
    read, write = os.pipe()
    with os.fdopen(read, "rb") as stdin, os.fdopen(write, "wb", buffering=0) as pipe:
        pipe.write("你好\n".encode())
        rows = read_rows("-", stdin=stdin, sources_only=True)
        first = next(rows)  # would wait forever for a block to fill
        assert isinstance(first, Row)
        assert first.source == "你好"
        pipe.write(b"x\n")
        second = next(rows)
        assert isinstance(second, Row)
        assert second.source == "x"


def test_sources_alone(tmp_path: Path) -> None:
    def sources(name: str, text: str, columns: Columns = FIRST_TWO) -> list[tuple[str, ...]]:
        rows = read_rows(str(written(tmp_path, name, text)), sources_only=True, columns=columns)
        return [(row.source, *row.targets) for row in rows if isinstance(row, Row)]

    assert sources("a.txt", "one\n\ntwo\tthree\nfour\nfive") == [("one",), ("",), ("two\tthree",), ("four",), ("five",)]
    assert sources("a.tsv", "a\tb\nc\td\ne\n") == [("a", "b"), ("c", "d"), ("e",)]
    assert sources("a.trn", "a\tX\tb\n", Columns(source=(1, 2), target=(3,))) == [("a\tX", "b")]
    assert sources("a.trn", "a\tX\n", Columns(source=(1, 2), target=(3,))) == [("a\tX",)]
    assert sources("a.trn", "a\tX\tb\n", Columns(source=(1, 2))) == [("a\tX",)]
    assert sources("a.txt", "one\n", Columns(source=(2,), target=(3,))) == [("one",)]
    assert sources("a.csv", "id,q\n1,x\n", Columns(source=("q",), target=("answer",))) == [("x",)]
    assert sources("a.jsonl", '{"source": "x"}\n{"source": "y", "target": "z"}\n') == [("x",), ("y", "z")]


def test_reading_streams(tmp_path: Path) -> None:
    path = written(tmp_path, "a.tsv", tsv([("a" * 500, "b" * 500)] * 40_000))
    code = (
        "import resource, sys; from seqloom.data.readers import read_rows\n"
        "before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss\n"
        "assert sum(1 for _ in read_rows(sys.argv[1])) == 40_000\n"
        "print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)"
    )
    done = subprocess.run([sys.executable, "-c", code, str(path)], capture_output=True, text=True, check=True)
    assert int(done.stdout) < 12_000  # KiB; the file has 40,000


def test_a_line_longer_than_a_block(tmp_path: Path) -> None:
    long = "好" * 400_000
    assert pairs_of(written(tmp_path, "a.tsv", f"{long}\tx\ny\t{long}")) == [(long, "x"), ("y", long)]


def test_a_fault_of_the_whole_file_is_known_before_the_first_row(tmp_path: Path) -> None:
    with pytest.raises(DataError):
        read_rows(str(tmp_path / "nothing.tsv"))


def test_needs_no_torch_and_no_numpy() -> None:
    modules = "readers, ledger, cleaning"
    code = f"import sys; from seqloom.data import {modules}; sys.exit('torch' in sys.modules or 'ftfy' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code]).returncode == 0


@pytest.mark.skipif(not DATA.is_dir(), reason="the real data is not here")
@pytest.mark.parametrize(
    ("file", "columns", "number", "first"),
    [
        ("cmudict/dev.tsv", Columns(), 2741, ("a b e l a", "AA B EH L AH")),
        ("inflection/deu.trn", Columns(source=(1, 2), target=(3,)), 10_000, ("Aa machen\tV.PTCP;PRS", "Aa machend")),
        ("debian_summ_en/dev.jsonl", Columns(source=("document",), target=("summary",)), 964, None),
        ("movielens_small/movies.csv", Columns(source=("title",), target=("genres",)), 9125, None),
        ("tatoeba_cmn_eng/dev.en,{}/tatoeba_cmn_eng/dev.zh", Columns(), 631, ("Go away!", "走開！")),
    ],
)
def test_real_files(file: str, columns: Columns, number: int, first: tuple[str, ...] | None) -> None:
    found = pairs_of(f"{DATA}/{file.format(DATA)}", columns=columns)
    assert len(found) == number
    assert first is None or found[0] == first


def test_bad_lines_stand_between_the_rows(tmp_path: Path) -> None:
    found = list(islice(read_rows(str(written(tmp_path, "a.tsv", "a\tb\nc\nd\te\tf\ng\th\n"))), 4))
    assert [type(row) for row in found] == [Row, BadLine, BadLine, Row]
    assert [row.line for row in found] == [1, 2, 3, 4]
    assert isinstance(found[1], BadLine)
    assert found[1].what == "expected 2 tab-separated columns, found 1"
    assert found[1].text == "c"
