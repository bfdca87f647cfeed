"""What a person is told while a file is answered: how far it is and how long it will take; never where answers go."""

from __future__ import annotations

import gzip
import io
import sys
import threading
from pathlib import Path

import pytest
from rich.console import Console

from seqloom.workflow import watching
from seqloom.workflow.watching import Lines, watch


def console(*, terminal: bool) -> Console:
    return Console(file=io.StringIO(), force_terminal=terminal, width=100, soft_wrap=True, highlight=False)


def told(console: Console) -> str:
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


def test_lines_tell_how_far_it_is_and_what_is_left(monkeypatch: pytest.MonkeyPatch) -> None:
    now = [0.0]
    monkeypatch.setattr(watching.time, "monotonic", lambda: now[0])
    screen = console(terminal=False)
    with watch(total=10_000, before=1000, into_file=True, console=screen) as watched:
        for second in range(1, 91):
            now[0] = float(second)
            watched.at(1000 + 100 * second)
    lines = told(screen).splitlines()
    assert lines[0] == "2,000/10,000 answered  100/s  left 1 min 20 s"
    assert len(lines) == 10
    assert lines[-1] == "9,000 sources answered in 1 min 30 s (100/s)"


def test_what_is_soon_done_is_told_nothing_of() -> None:
    screen = console(terminal=False)
    with watch(total=None, into_file=True, console=screen) as watched:
        watched.at(5)
    assert told(screen) == ""


def test_a_pipe_is_left_alone(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watching, "_EVERY", 0.0)
    screen = console(terminal=False)
    with watch(total=10, into_file=False, console=screen) as watched:
        watched.at(5)
    assert told(screen) == capsys.readouterr().out == ""


def test_a_terminal_has_a_bar_and_answers_go_past_it(capsys: pytest.CaptureFixture[str]) -> None:
    screen = console(terminal=True)
    with watch(total=10, before=4, into_file=False, console=screen) as watched:
        sys.stdout.write("an answer\n")
        watched.at(7)
    assert "7/10 answered" in told(screen)
    assert capsys.readouterr().out == "an answer\n"


@pytest.mark.parametrize(
    ("name", "data", "number"),
    [("a.txt", b"a\nb\n", 2), ("a.txt", b"a\n\nb", 3), ("a.txt.gz", gzip.compress(b"a\n" * 70_000), 70_000)],
)
def test_lines_are_counted_beside(name: str, data: bytes, number: int, tmp_path: Path) -> None:
    (tmp_path / name).write_bytes(data)
    before = set(threading.enumerate())
    lines = Lines(str(tmp_path / name))
    for thread in set(threading.enumerate()) - before:
        thread.join()
    assert lines.found == number
