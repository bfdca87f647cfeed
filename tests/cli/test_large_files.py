"""A file that takes long is answered to its end, however often the command is killed: as if it never had been."""

from __future__ import annotations

import random
import re
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from seqloom.cli.main import main

from .small import WORDS

KEPT = Path(__file__).parent.parent / "kept" / "format-1"
LINES = 1500
WAYS = {
    "text": ["--beam", "1"],
    "nbest": ["--nbest", "2", "--min-confidence", "0.9"],
    "json": ["--json"],
    "sample": ["--sample", "--temperature", "2", "--seed", "5"],
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Sources of which some are empty and some are the same, so that an answer alone does not tell its place."""
    folder = tmp_path_factory.mktemp("large")
    dice = random.Random(4)
    lines = [" ".join(dice.choices(list(WORDS), k=dice.randint(0, 4))) for _ in range(LINES)]
    (folder / "asked.txt").write_text("\n".join(lines), encoding="utf-8")
    return folder


def run(*arguments: object, status: int = 0) -> None:
    assert main(["predict", str(KEPT), *map(str, arguments)]) == status


KILLED = """
import os, signal, sys
from pathlib import Path
from seqloom.cli.main import main
from seqloom.workflow import resuming

save, part = resuming.Draft.save, Path(sys.argv[-1] + ".part")

def save_and_die(draft):
    save(draft)
    if part.exists() and part.stat().st_size >= 1000:
        os.kill(os.getpid(), signal.SIGKILL)

resuming.Draft.save = save_and_die
resuming._EVERY = 0.0
main(sys.argv[1:])
"""


def kill(out: Path, *arguments: object) -> None:
    """Kill -9 as soon as there are some answers: by its own hand, so that it is never through before."""
    command = [sys.executable, "-c", KILLED, "predict", str(KEPT), *map(str, arguments), "-o", str(out)]
    going = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=False)
    assert going.stdout == b""
    assert going.returncode == -signal.SIGKILL
    assert not out.exists()


FIGURE = re.compile(r"-?\d+(?:\.\d+)?(?:e-?\d+)?")


def same(found: Path, expected: Path) -> bool:
    """But for figures, which depend in their seventh digit on what was computed beside them."""
    one, other = (path.read_text(encoding="utf-8") for path in (found, expected))
    figures = [np.array(FIGURE.findall(text), dtype=float) for text in (one, other)]
    return FIGURE.sub("#", one) == FIGURE.sub("#", other) and np.allclose(*figures, rtol=0, atol=1e-3)


@pytest.mark.parametrize("way", WAYS)
def test_killed_at_any_moment_it_ends_with_the_same_lines(
    way: str, folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    asked, whole, out = folder / "asked.txt", tmp_path / "whole", tmp_path / "out"
    run(asked, *WAYS[way], "-o", whole)
    told = capsys.readouterr().err
    kill(out, asked, *WAYS[way])
    there = (tmp_path / "out.part").read_bytes()
    lines = there.count(b"\n")
    assert 0 < lines < whole.read_bytes().count(b"\n")
    (tmp_path / "out.part").write_bytes(there + b"1\t-0.5")  # as torn as a line can be
    run(asked, *WAYS[way], "-o", out)
    stdout, stderr = capsys.readouterr()
    assert stdout == ""
    first, *rest = stderr.splitlines()
    assert first.startswith(f"{out}: goes on at source ")
    if way != "nbest":
        assert first.endswith(f"source {lines + 1:,}, for {lines:,} are answered.")
    assert rest == told.splitlines()
    assert out.read_bytes() == whole.read_bytes() if way in ("text", "sample") else same(out, whole)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["out", "whole"]


def test_what_is_asked_anew_is_refused_or_restarted(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    asked, out = tmp_path / "asked.txt", tmp_path / "out"
    asked.write_bytes(b"red cat\nblue sea\ncaf\xe9\n")
    run(asked, "--beam", 1, "-o", out, status=2)
    capsys.readouterr()
    (tmp_path / "other.txt").write_text("red\nblue", encoding="utf-8")
    for arguments, told in (
        ([asked, "--beam", 2], "`answers.beam` was 1, but it is 2"),
        ([asked, "--beam", 1, "--json"], "`json` was false, but it is true"),
        ([asked, "--beam", 1, "--sample"], "`answers.search.kind`"),
        ([tmp_path / "other.txt", "--beam", 1], "other sources"),
    ):
        run(*arguments, "-o", out, status=2)
        stdout, stderr = capsys.readouterr()
        assert stdout == ""
        assert told in stderr
        assert len(stderr.splitlines()) == 1
        assert "--restart" in stderr
    run(tmp_path / "other.txt", "-o", out, "--restart")
    assert capsys.readouterr().err == ""
    assert out.read_bytes().count(b"\n") == 2
    run(tmp_path / "other.txt", "-o", out)  # what is complete is written over
    assert sorted(path.name for path in tmp_path.iterdir()) == ["asked.txt", "other.txt", "out"]


def test_a_line_is_mended_and_the_same_command_goes_on(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    asked, out = tmp_path / "asked.txt", tmp_path / "out"
    lines = [b"red cat"] * 30
    asked.write_bytes(b"\n".join([*lines[:20], b"caf\xe9", *lines[20:]]))
    run(asked, "-o", out, "--beam", 1, status=2)
    assert "asked.txt:21:" in capsys.readouterr().err
    asked.write_bytes(b"\n".join([*lines[:20], b"red tea", *lines[20:]]))
    run(asked, "-o", out, "--beam", 1)
    assert f"{out}: goes on at source 21," in capsys.readouterr().err
    assert out.read_text(encoding="utf-8").splitlines() == ["rouge chat"] * 20 + ["rouge thé"] + ["rouge chat"] * 10


def test_a_pipe_begins_anew(tmp_path: Path) -> None:
    out = tmp_path / "out"
    (tmp_path / "out.part").write_text("half an ans")
    command = [sys.executable, "-m", "seqloom", "predict", str(KEPT), "-o", str(out)]
    done = subprocess.run(command, input="red cat\n\nblue sea\n", capture_output=True, text=True)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert out.read_text() == "rouge chat\n\nbleu mer\n"
    assert [path.name for path in tmp_path.iterdir()] == ["out"]
