"""Pairs whose answer is known."""

import subprocess
import sys
from itertools import islice

import pytest

from seqloom.core.errors import RecipeError
from seqloom.data.synthetic import Share, SyntheticSettings, TaskName, right_answer, share_of
from seqloom.decoding.request import Pair

SHARES: tuple[Share, ...] = ("training", "validation", "test")


def drawn(settings: SyntheticSettings, share: Share, number: int = 500) -> list[Pair]:
    return list(islice(settings.pairs(share), number))


def sources(pairs: list[Pair]) -> list[tuple[int, ...]]:
    return [tuple(pair.source.parts["text"]) for pair in pairs]


@pytest.mark.parametrize(("task", "answer"), [("copy", (7, 4, 9)), ("reverse", (9, 4, 7)), ("sort", (4, 7, 9))])
def test_right_answers(task: TaskName, answer: tuple[int, ...]) -> None:
    assert right_answer(task, (7, 4, 9)) == answer
    assert all(
        pair.target == right_answer(task, tuple(pair.source.parts["text"]))
        for pair in drawn(SyntheticSettings(task=task), "training")
    )


def test_every_sequence_is_of_one_share_whatever_the_seed() -> None:
    for seed in (1, 2):
        settings = SyntheticSettings(symbols=4, shortest=2, longest=6, seed=seed)  # few sequences, each drawn often
        found = {share: set(sources(drawn(settings, share))) for share in SHARES}
        assert all(share_of(each) == share for share in SHARES for each in found[share])
        assert all(found.values())


def test_a_tenth_is_held_out_for_each_test() -> None:
    everything = [(a, b, c, d) for a in range(10) for b in range(10) for c in range(10) for d in range(10)]
    held_out = [sum(share_of(each) == share for each in everything) for share in ("validation", "test")]
    assert all(900 < number < 1100 for number in held_out)


def test_needs_no_torch() -> None:
    code = "import sys, seqloom.data.synthetic; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code]).returncode == 0


def test_same_settings_make_the_same_pairs() -> None:
    assert drawn(SyntheticSettings(), "test") == drawn(SyntheticSettings(), "test")
    assert drawn(SyntheticSettings(), "test") != drawn(SyntheticSettings(seed=2), "test")


def test_lengths_and_symbols_are_those_asked_for() -> None:
    settings = SyntheticSettings(symbols=5, shortest=4, longest=7)
    found = sources(drawn(settings, "training"))
    assert {len(each) for each in found} == {4, 5, 6, 7}
    assert {symbol for each in found for symbol in each} == set(range(4, settings.vocabulary.size))
    assert settings.vocabulary.size == 9


@pytest.mark.parametrize(
    ("settings", "line"),
    [
        ({"shortest": 5, "longest": 4}, "longest must be at least shortest (5), but is 4."),
        (
            {"symbols": 2, "longest": 5},
            "symbols must make at least 1000 different sequences, but 2 of them in sequences of 5 make 32. "
            "Raise symbols or longest.",
        ),
    ],
)
def test_settings_that_cannot_be(settings: dict[str, int], line: str) -> None:
    with pytest.raises(RecipeError) as error:
        SyntheticSettings(**settings)  # type: ignore[arg-type]
    assert str(error.value) == line
