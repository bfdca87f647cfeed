"""Lines of answers are told apart again wherever a file of them was cut."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from seqloom.core.errors import RecipeError
from seqloom.tasks import Task
from seqloom.tasks.tagging import TaggingSettings
from seqloom.workflow.written import Form, Whole, form_of

from .answered import answers

FORMS = [Form(), Form(least=0.5), Form(as_json=True, least=0.5), Form(nbest=3), Form(nbest=3, least=0.5)]


@pytest.mark.parametrize("form", FORMS, ids=str)
def test_what_is_whole_is_found_wherever_a_file_is_cut(form: Form) -> None:
    """One of n best that has fewer lines may yet miss some, so that it counts when the next one has begun."""
    given = answers(7)
    ends = [0]
    written = b""
    for number, answer in enumerate(given, start=1):
        written += "".join(f"{line}\n" for line in form.lines(number, answer)).encode()
        ends.append(len(written))
    several = form.nbest > 1
    full = [True] + [not several or len(answer.alternatives) == 2 for answer in given]
    for cut in range(len(written) + 1):
        found = form.whole(written[:cut].splitlines(keepends=True), most=100)
        certain = [
            number for number, end in enumerate(ends) if end <= cut and (full[number] or b"\n" in written[end:cut])
        ]
        assert found.answered == max(certain)
        assert found.end == ends[found.answered]
        assert found.unsure == sum(form.doubts(answer) for answer in given[: found.answered])


@pytest.mark.parametrize("form", FORMS, ids=str)
def test_no_more_than_are_asked_for(form: Form) -> None:
    lines = [
        f"{line}\n".encode() for number, answer in enumerate(answers(7), start=1) for line in form.lines(number, answer)
    ]
    assert [form.whole(lines, most=most).answered for most in range(6)] == [*range(6)]


def test_lines_of_something_else_are_no_answers() -> None:
    assert Form(nbest=2).whole([b"a\tb\n", b"2\t0.1\tb\n"], most=9) == Whole()


def test_an_answer_is_one_line_whatever_it_says() -> None:
    for text in ("a\nb", "a\r\n", "\n\n", "a\u2028b\n", "a\x0bb"):
        [answer] = answers(1, text=text)
        [line] = Form().lines(1, answer)
        assert "\n" not in line


def test_blocks_are_told_apart_wherever_a_file_is_cut() -> None:
    form = Form(as_block=True)
    given = [replace(answer, block="a\tO\nb\tO" if answer.error is None else "") for answer in answers(5)]
    written, ends = b"", [0]
    for number, answer in enumerate(given, start=1):
        written += "".join(f"{line}\n" for line in form.lines(number, answer)).encode()
        ends.append(len(written))
    assert written.startswith(b"a\tO\nb\tO\n\na\tO")
    for cut in range(len(written) + 1):
        found = form.whole(written[:cut].splitlines(keepends=True), most=4)
        certain = max(number for number, end in enumerate(ends[:5]) if end <= cut)
        assert (found.answered, found.end) == (certain, ends[certain])


def test_a_task_knows_the_files_that_have_blocks() -> None:
    tagging = TaggingSettings().build({})

    def chosen(out: str | None, task: Task = tagging, *, nbest: int = 1, as_json: bool = False) -> bool:
        path = None if out is None else Path(out)
        return form_of(path, task, nbest=nbest, least=None, as_json=as_json).as_block

    assert chosen("a.conll")
    assert not any([chosen("a.txt"), chosen(None), chosen("a.conll", as_json=True), chosen("a.conll", Task())])
    with pytest.raises(RecipeError, match=r"`--nbest` must be left out for a\.conll"):
        chosen("a.conll", nbest=2)
