"""What was left of a file of answers, at any instant, is gone on with: no line lost, none there twice."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from seqloom.core.errors import DataError, SeqloomError
from seqloom.data.rows import Row
from seqloom.workflow import resuming
from seqloom.workflow.resuming import drafted
from seqloom.workflow.written import Form, Tally

from .answered import answers

NUMBER = 12
TERMS = {"model": "m", "answers.beam": 2}
FORMS = [Form(), Form(least=0.5), Form(as_json=True), Form(nbest=3, least=0.5)]


class Killed(BaseException):
    """As suddenly as a test can."""


def rows(number: int = NUMBER, *, say: str = "{}") -> Iterator[Row]:
    return (Row(source=say.format(place), extras={"pos": "D"}) for place in range(number))


def ask(out: Path, form: Form, *, stop: int = NUMBER, terms: dict | None = TERMS, restart: bool = False) -> Tally:
    """Answer what is not answered yet, up to a place; what is told of all."""
    with drafted(out, terms, form, restart=restart) as draft:
        for row, answer in zip(draft.rest(rows), answers(NUMBER)[draft.before :], strict=True):
            assert row.source == answer.source
            if draft.tally.answered == stop:
                draft.save()
                draft.busy = True  # whatever would be done on the way out
                raise Killed
            draft.put(answer)
        return draft.tally


def left(out: Path) -> list[str]:
    return sorted(path.name for path in out.parent.iterdir() if path.name.startswith(out.name))


@pytest.mark.parametrize("form", FORMS, ids=str)
def test_wherever_it_was_cut_it_ends_as_if_it_had_not_been(
    form: Form, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first answer is saved by itself and all others in one go, of which a kill may leave any part."""
    whole, out = tmp_path / "whole", tmp_path / "out"
    told = ask(whole, form)
    assert told.failed == 3
    monkeypatch.setattr(resuming, "_EVERY", 1e9)
    monkeypatch.setattr(resuming.os, "fsync", lambda _: None)
    with pytest.raises(Killed):
        ask(out, form, stop=NUMBER - 2)
    part, note = out.with_name("out.part"), out.with_name("out.part.json")
    kept = part.read_bytes(), note.read_bytes()
    for cut in [*range(0, len(kept[0]), 7), len(kept[0])]:
        part.write_bytes(kept[0][:cut])
        note.write_bytes(kept[1])
        assert ask(out, form) == told
        assert out.read_bytes() == whole.read_bytes()
        assert left(out) == ["out"]


def test_what_is_saved_is_not_answered_again(tmp_path: Path) -> None:
    out = tmp_path / "out"
    with pytest.raises(Killed):
        ask(out, Form(), stop=5)
    with (tmp_path / "out.part").open("ab") as part:
        part.write(b"half a li")
    with drafted(out, TERMS, Form()) as draft:
        assert draft.before == draft.saved == 5
        assert [row.source for row in draft.rest(rows)] == [str(place) for place in range(5, NUMBER)]
    assert out.read_bytes().count(b"\n") == 5


def test_an_error_on_the_way_saves_what_is_answered(tmp_path: Path) -> None:
    def broken() -> Iterator[Row]:
        yield from rows(3)
        raise DataError("asked.txt:4: is no text.")

    def go_on(out: Path) -> None:
        with drafted(out, TERMS, Form()) as draft:
            for _, answer in zip(draft.rest(broken), answers(9), strict=False):
                draft.put(answer)

    out = tmp_path / "out"
    with pytest.raises(DataError, match="4"):
        go_on(out)
    assert left(out) == ["out.part", "out.part.json"]
    ask(out, Form())  # the line is mended
    assert out.read_bytes().count(b"\n") == NUMBER


def test_what_answered_nothing_leaves_nothing(tmp_path: Path) -> None:
    with pytest.raises(DataError), drafted(tmp_path / "out", TERMS, Form()):
        raise DataError("asked.txt is empty.")
    assert left(tmp_path / "out") == []


@pytest.mark.parametrize(
    ("terms", "told"),
    [
        ({**TERMS, "answers.beam": 3}, "`answers.beam` was 2, but it is 3"),
        ({"model": "m"}, "`answers.beam` was 2, but it is not set"),
        ({**TERMS, "task": "pos"}, '`task` was not set, but it is "pos"'),
        ({**TERMS, "model": "other"}, "another model"),
        (None, "can be read only once"),
    ],
)
def test_another_question_is_refused_and_takes_nothing_away(terms: dict | None, told: str, tmp_path: Path) -> None:
    out, before = tmp_path / "out", tmp_path / "before"
    with pytest.raises(Killed):
        ask(out, Form(), stop=5)
    shutil.copytree(tmp_path, before)
    with pytest.raises(DataError) as error:
        ask(out, Form(), terms=terms)
    line = str(error.value)
    assert told in line
    assert "--restart" in line
    assert "\n" not in line
    for name in left(out):
        assert (tmp_path / name).read_bytes() == (before / name).read_bytes()
    ask(out, Form(), terms=terms, restart=True)
    assert out.read_bytes().count(b"\n") == NUMBER


@pytest.mark.parametrize("other", [lambda: rows(say="{}!"), lambda: rows(4)], ids=["others", "fewer"])
def test_other_sources_are_refused(other: object, tmp_path: Path) -> None:
    out = tmp_path / "out"
    with pytest.raises(Killed):
        ask(out, Form(), stop=5)
    told = r"other sources than the first 5 of these\..*--restart"
    with pytest.raises(DataError, match=told), drafted(out, TERMS, Form()) as draft:
        draft.rest(other)  # type: ignore[arg-type]
    assert (tmp_path / "out.part").read_bytes().count(b"\n") == 5
    assert ask(out, Form()).answered == NUMBER


def test_sources_that_are_not_answered_yet_may_change(tmp_path: Path) -> None:
    out = tmp_path / "out"
    with pytest.raises(Killed):
        ask(out, Form(), stop=5)
    with drafted(out, TERMS, Form()) as draft:
        assert len([*draft.rest(lambda: rows(40))]) == 35


def test_what_can_be_read_only_once_begins_anew(tmp_path: Path) -> None:
    out = tmp_path / "out"
    (tmp_path / "out.part").write_text("what was left\n")
    with pytest.raises(Killed):
        ask(out, Form(), terms=None, stop=5)
    assert left(out) == ["out.part"]
    with drafted(out, None, Form()) as draft:
        assert draft.before == 0
        draft.rest(rows)
        draft.put(answers(1)[0])
    assert out.read_bytes().count(b"\n") == 1


@pytest.mark.parametrize("data", ["{", "{}", '{"format": 2}', "[]"])
def test_a_note_that_says_nothing_is_refused(data: str, tmp_path: Path) -> None:
    (tmp_path / "out.part").write_text("an answer\n")
    (tmp_path / "out.part.json").write_text(data)
    with pytest.raises(DataError, match="--restart"):
        ask(tmp_path / "out", Form())
    assert ask(tmp_path / "out", Form(), restart=True).answered == NUMBER


def test_two_cannot_write_one_file(tmp_path: Path) -> None:
    code = (
        "import sys; from pathlib import Path; from seqloom.workflow.resuming import drafted\n"
        "from seqloom.workflow.written import Form\n"
        "try:\n    drafted(Path(sys.argv[1]), None, Form()).__enter__()\n"
        "except Exception as error: sys.exit(str(error))"
    )
    with drafted(tmp_path / "out", TERMS, Form()) as draft:
        next(draft.rest(rows))
        draft.put(answers(1)[0])
        second = subprocess.run([sys.executable, "-c", code, str(tmp_path / "out")], capture_output=True, text=True)
        assert "another process" in second.stderr
    assert (tmp_path / "out").read_bytes().count(b"\n") == 1


def test_a_folder_is_no_file(tmp_path: Path) -> None:
    with pytest.raises(SeqloomError, match="must be a file"), drafted(tmp_path, TERMS, Form()):
        raise AssertionError


def test_the_note_is_never_behind_the_answers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Killed between the two, the note has what the file has not; never the other way."""
    out = tmp_path / "out"
    monkeypatch.setattr(resuming, "_EVERY", 0)
    monkeypatch.setattr(resuming, "_SHARE", 0)
    synced: list[tuple[int, int]] = []
    really = resuming.os.fsync

    def watched(descriptor: int) -> None:
        part, note = tmp_path / "out.part", tmp_path / "out.part.json"
        if note.exists():
            synced.append((part.read_bytes().count(b"\n"), json.loads(note.read_bytes())["answered"]))
        really(descriptor)

    monkeypatch.setattr(resuming.os, "fsync", watched)
    ask(out, Form())
    assert len(synced) > NUMBER
    assert all(there <= noted for there, noted in synced)
