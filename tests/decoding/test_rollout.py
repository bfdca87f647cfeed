"""The rollout: each frame is read to make the next, rows come and go, and what it cannot do it says."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

from seqloom.core.errors import DataError, DecodingError
from seqloom.core.specials import Specials
from seqloom.decoding.request import Failed, Finished, Pair, Paths, Request, Sampling, Source, answer
from seqloom.decoding.rollout import FrameStep, Rollout
from seqloom.nn.memory import SourceBatch
from seqloom.nn.state import BeamRows, Rows
from seqloom.nn.vectors import FrameDensity


@dataclass(frozen=True, kw_only=True)
class CountingState(Rows):
    """How far each row is to count."""

    last_B: Tensor
    first_B: Tensor
    steps_B: Tensor


class Counting:
    """Counts from a source's first number to its last one; a first number below 0 cannot be read."""

    vocabulary = Specials(size=4, channels=1)
    joins = True
    longest: int | None = None

    def __init__(self) -> None:
        self.started: list[int] = []

    def start(self, source: SourceBatch, *, beams: int) -> CountingState:
        values = source.parts["vectors"].values[..., 0]
        if (values[:, 0] < 0).any():
            raise DataError("below 0")
        self.started.append(len(values))
        return CountingState(first_B=values[:, 0], last_B=values[:, 1], steps_B=torch.zeros(len(values)))

    def step(self, frame_NC: Tensor, state: Any) -> FrameStep:
        begins_B = frame_NC[:, -1] > 0
        assert torch.equal(begins_B, state.steps_B == 0), "the edge is at the beginning and nowhere else"
        mean_B = torch.where(begins_B, state.first_B, frame_NC[:, 0] + 1)
        odds_B = torch.where(frame_NC[:, 0] >= state.last_B, 2.0, -2.0)
        density = FrameDensity(mean_PC=mean_B[:, None], scale_PC=torch.ones(len(mean_B), 1), odds_P=odds_B)
        return FrameStep(density=density, state=replace(state, steps_B=state.steps_B + 1))


def request(number: int, first: float, last: float, **other: Any) -> Request:
    return Request(id=number, source=Source(parts={"vectors": np.array([[first], [last]], np.float32)}), **other)


def frames(*numbers: float) -> tuple[tuple[float, ...], ...]:
    return tuple((number,) for number in numbers)


def test_each_frame_is_read_to_make_the_next_until_the_end_is_likelier() -> None:
    found = answer(Rollout(Counting()), [request(0, 1, 3), request(1, 5, 5.5), request(2, 2, 6)])
    assert [each.frames for each in found] == [frames(1, 2, 3), frames(5, 6), frames(2, 3, 4, 5, 6)]
    logp = lambda odds: float(torch.nn.functional.logsigmoid(torch.tensor(odds)))  # noqa: E731
    density = -math.log(2 * math.pi) / 2
    assert found[0].token_logps == pytest.approx([logp(2.0) + density] * 3 + [logp(2.0)])
    assert found[0].logp == pytest.approx(sum(found[0].token_logps))


def test_an_answer_is_as_long_as_it_may_and_must_be() -> None:
    asked = [
        request(0, 1, 9, max_length=3),
        request(1, 1, 2, min_length=4),
        request(2, 1, 2, min_length=6, max_length=6),
    ]
    found = answer(Rollout(Counting()), asked)
    assert [len(each.frames) for each in found] == [3, 4, 6]
    assert found[2].frames == frames(1, 2, 3, 4, 5, 6)


@pytest.mark.parametrize("joins", [True, False])
def test_rows_come_and_go(joins: bool) -> None:
    """With two places for five requests, each answer is what it is alone."""
    stepper = Counting()
    stepper.joins = joins
    engine = Rollout(stepper, max_rows=2)
    asked = [request(number, number, number + 5 - number) for number in range(5)]
    assert [each.frames for each in answer(engine, asked)] == [
        frames(*range(number, 6)) if number < 5 else () for number in range(5)
    ]
    assert stepper.started == ([2, 1, 1, 1] if joins else [2, 2, 1])


def test_a_source_that_cannot_be_read_fails_alone() -> None:
    engine = Rollout(Counting())
    engine.admit([request(0, 1, 2), request(1, -1, 2), request(2, 3, 4)])
    events = [event for _ in range(4) for event in engine.step()]
    assert [(event.id, str(event.error)) for event in events if isinstance(event, Failed)] == [(1, "below 0")]
    assert {event.id: event.answer.frames for event in events if isinstance(event, Finished)} == {
        0: frames(1, 2),
        2: frames(3, 4),
    }


def test_what_is_cancelled_is_never_answered() -> None:
    engine = Rollout(Counting(), max_rows=2)
    engine.admit([request(0, 1, 9), request(1, 1, 3), request(2, 1, 3)])
    engine.step()
    engine.cancel([0, 2])
    found = [event.id for _ in range(9) for event in engine.step()]
    assert found == [1]


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({"nbest": 2, "beams": 2}, "`nbest` must be left out"),
        ({"search": Sampling(seed=1)}, "`search` must be left out"),
        ({"stream": True}, "`stream` must be left out"),
        ({"attention": True}, "`attention` must be left out"),
        ({"max_length": 0}, "`max_length` must be at least 1, but is 0"),
        ({"min_length": 5, "max_length": 4}, "`min_length` must be at most 4"),
    ],
)
def test_what_it_cannot_do_is_one_line_and_the_others_go_on(asked: dict[str, Any], said: str) -> None:
    engine = Rollout(Counting())
    engine.admit([request(0, 1, 2, **asked), request(1, 1, 2)])
    events = [event for _ in range(3) for event in engine.step()]
    [failed] = [event for event in events if isinstance(event, Failed)]
    assert said in str(failed.error)
    assert [event.id for event in events if isinstance(event, Finished)] == [1]


def test_an_id_is_used_once_at_a_time() -> None:
    engine = Rollout(Counting())
    engine.admit([request(0, 1, 2)])
    assert "must be new" in str(engine.refuses(request(0, 1, 2)))


def test_a_given_target_is_scored_by_its_density() -> None:
    stepper = Counting()
    pair = Pair(source=request(0, 1, 2).source, target=np.array([[1.5], [2.0]], np.float32))
    [scored] = Rollout(stepper).score([pair])
    logsigmoid = torch.nn.functional.logsigmoid
    goes, density = float(logsigmoid(torch.tensor(2.0))), -math.log(2 * math.pi) / 2
    # Half a number beside the mean; from 1.5 it is on to 2.5, of which 2 is half a number short again.
    assert scored.token_logps == pytest.approx([goes + density - 0.125, goes + density - 0.125, goes])
    stepper.longest = 2
    with pytest.raises(DecodingError, match="at most 1 frames, but one has 2"):
        Rollout(stepper).score([pair])


# ---- paths -----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class WalkingState(BeamRows):
    """How far each path is to go."""

    last_N: Tensor
    first_N: Tensor


class Walking(Counting):
    """Counts with steps of chance: a random walk, whose spread is known at every step."""

    def start(self, source: SourceBatch, *, beams: int) -> Any:
        values_N = source.parts["vectors"].values[..., 0].repeat_interleave(beams, 0)
        return WalkingState(beams=beams, first_N=values_N[:, 0], last_N=values_N[:, 1])

    def step(self, frame_NC: Tensor, state: Any) -> FrameStep:
        mean_N = torch.where(frame_NC[:, -1] > 0, state.first_N, frame_NC[:, 0] + 1)
        odds_N = torch.where(frame_NC[:, 0] >= state.last_N, 2.0, -20.0)
        spread_NC = torch.full((len(mean_N), 1), 0.5)
        density = FrameDensity(mean_PC=mean_N[:, None], scale_PC=spread_NC, odds_P=odds_N)
        return FrameStep(density=density, state=state)


def test_quantiles_are_those_of_a_random_walk() -> None:
    asked = request(0, 1, 100, min_length=9, max_length=9, search=Paths(paths=4000, quantiles=(0.1, 0.9)))
    [found] = answer(Rollout(Walking()), [asked])
    assert len(found.frames) == 9
    for step, ((middle,), (low,), (high,)) in enumerate(
        zip(found.frames, found.quantiles[0.1], found.quantiles[0.9], strict=True), start=1
    ):
        spread = 0.5 * math.sqrt(step)
        assert middle == pytest.approx(step, abs=0.1 * spread)
        assert high == pytest.approx(step + 1.2816 * spread, abs=0.1 * spread)
        assert low == pytest.approx(step - 1.2816 * spread, abs=0.1 * spread)


def test_paths_are_the_same_alone_and_in_company_and_others_with_another_seed() -> None:
    paths = Paths(paths=20)
    asked = [request(number, 1, last, max_length=8, search=paths) for number, last in enumerate((3, 9, 5))]
    together = answer(Rollout(Walking(), max_rows=2), [*asked, request(3, 1, 4, max_length=8)])
    assert len(together[3].frames) == 4, "one without paths waits for its turn"
    assert together[3].quantiles == {}
    for one, other in zip(asked, together[:3], strict=True):
        [alone] = answer(Rollout(Walking()), [one])
        assert alone.quantiles == other.quantiles
        assert alone.logp == pytest.approx(other.logp)
    [again] = answer(Rollout(Walking()), [replace(asked[0], search=replace(paths, seed=2))])
    assert again.frames != together[0].frames


def test_an_answer_is_as_long_as_half_of_its_paths() -> None:
    """The end is likely from 3 on, and each path gets there when it does."""
    [found] = answer(Rollout(Walking()), [request(0, 1, 3, max_length=12, search=Paths(paths=200))])
    assert 3 <= len(found.frames) <= 5
    assert all(math.isfinite(number) for frame in found.frames for number in frame)
