"""The kernels' own search against the search of the house."""

from __future__ import annotations

import os
import random
from dataclasses import replace
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
import torch

from seqloom.core import settings
from seqloom.core.specials import Specials
from seqloom.decoding.constraints.basic import ForcedPrefix
from seqloom.decoding.request import (
    Answer,
    Engine,
    Failed,
    Finished,
    LengthPenalty,
    Request,
    Sampling,
    Source,
    answer,
)
from seqloom.decoding.search import Search
from seqloom.engines.native.compiled import kernels
from seqloom.engines.native.search import NativeSearch
from seqloom.engines.native.stepper import NativeStepper, knows_shorts
from seqloom.models.encoder_decoder import EncoderDecoder, ModelSettings
from seqloom.models.stepper import ModelStepper

pytestmark = pytest.mark.skipif(kernels() is None, reason="there is no C compiler")

WORDS = Specials(size=53, pad=0, unk=1, bos=2, eos=3)
MANY = Specials(size=1200, pad=0, unk=1, bos=2, eos=3)

ENCODERS: dict[str, dict[str, Any]] = {
    "plain": {},
    "post-norm": {"encoder": {"order": "post"}},
    "RMS": {"encoder": {"norm": "rms"}},
    "GELU": {"encoder": {"activation": "gelu"}},
    "SwiGLU": {"encoder": {"activation": "swiglu"}},
    "shared heads": {"encoder": {"kv_heads": 2}},
    "learned positions": {"encoder": {"positions": {"kind": "learned", "longest": 40}}},
    "another width": {"encoder": {"width": 18, "heads": 3, "feed_forward": 29}},
    "a window, by torch": {"encoder": {"window": 2}},
    "rotary, by torch": {"encoder": {"positions": {"kind": "rotary"}}},
    "SSRU": {"decoder": {"self_attention": {"kind": "ssru"}}},
    "many words": {"words": MANY},
    "GRU": {"whole_decoder": {"kind": "recurrent", "width": 20}},
    "LSTM": {
        "whole_decoder": {
            "kind": "recurrent",
            "cell": "lstm",
            "layers": 2,
            "width": 20,
            "input_feeding": True,
            "attention": {"kind": "general"},
        }
    },
    "a fixed vector": {
        "whole_decoder": {"kind": "recurrent", "cell": "tanh", "attention": {"kind": "none", "context": "every"}}
    },
    "convolution": {"whole_decoder": {"kind": "conv", "layers": 2, "width": 20}},
}


def network(**changes: Any) -> EncoderDecoder:
    """A small one whose weights are large enough for its answers to differ."""
    small = {"kind": "transformer", "width": 24, "heads": 4, "layers": 2, "feed_forward": 40}
    data: dict[str, Any] = {
        "source": {"kind": "text", "width": 24},
        "encoder": {**small, **changes.get("encoder", {})},
        "target": {"kind": "tokens", "width": 24},
        "decoder": changes.get("whole_decoder", {**small, **changes.get("decoder", {})}),
    }
    words = changes.get("words", WORDS)
    torch.manual_seed(3)
    made = settings.parse(ModelSettings, data).build(source=words, target=words)
    with torch.no_grad():
        for each in made.parameters():
            each.mul_(1.3)
            each.add_(0.1 * torch.randn_like(each))
    return made.eval()


def requests(count: int, *, beams: int, **more: Any) -> list[Request]:
    dice = random.Random(5)
    more = {"length_penalty": LengthPenalty(kind="average"), **more}
    return [
        Request(
            id=number,
            source=Source(parts={"text": dice.choices(range(4, 53), k=dice.choice([1, 3, 8, 12, 30]))}),
            beams=beams,
            max_length=12 + number % 5,
            **more,
        )
        for number in range(count)
    ]


def alike(found: Answer, expected: Answer) -> None:
    for one, other in zip([found, *found.alternatives], [expected, *expected.alternatives], strict=True):
        assert one.tokens == other.tokens
        assert one.score == pytest.approx(other.score, abs=1e-4)
        assert one.logp == pytest.approx(other.logp, abs=3e-4)
        assert one.token_logps == pytest.approx(other.token_logps, abs=1e-4)


@pytest.mark.parametrize("beams", [1, 4])
@pytest.mark.parametrize("variant", ENCODERS)
def test_the_answers_are_the_models_own(variant: str, beams: int) -> None:
    """With sources that come and go: few at a time fit."""
    made = network(**ENCODERS[variant])
    every = requests(24, beams=beams)
    expected = answer(Search(ModelStepper(made), max_rows=24 * beams), every)
    found = answer(NativeSearch(NativeStepper(made), max_rows=7 * beams), every)
    for one, other in zip(found, expected, strict=True):
        alike(one, other)


@pytest.mark.parametrize(
    "asked",
    [
        {"nbest": 4},
        {"min_length": 9},
        {"min_length": 9, "nbest": 3},
        {"length_penalty": LengthPenalty(kind="none"), "nbest": 2},
        {"length_penalty": LengthPenalty(kind="wu", alpha=0.7), "nbest": 2},
        {"length_penalty": LengthPenalty(kind="average", alpha=-0.5)},
        {"length_penalty": LengthPenalty(kind="average", alpha=2.0), "nbest": 4},
    ],
    ids=str,
)
def test_lengths_and_the_n_best_are_obeyed(asked: dict[str, Any]) -> None:
    made = network()
    every = requests(20, beams=4, **asked)
    expected = answer(Search(ModelStepper(made), max_rows=80), every)
    for one, other in zip(answer(NativeSearch(NativeStepper(made), max_rows=20), every), expected, strict=True):
        alike(one, other)


def test_narrow_and_wide_requests_come_in_any_order() -> None:
    made = network()
    every = [replace(each, beams=[1, 5, 2, 3][each.id % 4]) for each in requests(24, beams=1)]  # type: ignore[operator]
    expected = answer(Search(ModelStepper(made), max_rows=200), every)
    for one, other in zip(answer(NativeSearch(NativeStepper(made), max_rows=9), every), expected, strict=True):
        alike(one, other)


def test_every_source_keeps_to_its_list() -> None:
    made = network()

    def listed(ids: Any) -> list[int]:
        return [*range(5 + ids[0] % 3, 53, 3), 4 + len(ids)]

    every = requests(20, beams=3, nbest=2)
    expected = answer(Search(ModelStepper(made, shortlist=listed), max_rows=60), every)
    found = answer(NativeSearch(NativeStepper(made, shortlist=listed), max_rows=15), every)
    for one, other in zip(found, expected, strict=True):
        alike(one, other)


@pytest.mark.skipif(not knows_shorts(), reason="this processor has no products in 16 bits")
@pytest.mark.parametrize("variant", ["plain", "many words", "SSRU", "LSTM", "convolution"])
def test_in_sixteen_bits_little_changes(variant: str) -> None:
    made = network(**ENCODERS[variant])
    with torch.no_grad():  # as sure of itself as a model that has learnt something
        made.head.weight.mul_(0.3)  # type: ignore[union-attr, operator]
    every = requests(40, beams=1)
    exact = answer(NativeSearch(NativeStepper(made)), every)
    rounded = answer(NativeSearch(NativeStepper(made, rounded=True)), every)
    assert [each.logp for each in rounded] != [each.logp for each in exact]
    same = [(one, other) for one, other in zip(rounded, exact, strict=True) if one.tokens == other.tokens]
    assert len(same) >= 36
    for one, other in same:
        assert one.token_logps == pytest.approx(other.token_logps, abs=0.02)


def test_an_answer_may_be_empty() -> None:
    made = network()
    every = [replace(each, max_length=0) for each in requests(3, beams=2)]
    expected = answer(Search(ModelStepper(made)), every)
    for one, other in zip(answer(NativeSearch(NativeStepper(made)), every), expected, strict=True):
        alike(one, other)
        assert one.tokens == ()


def test_who_is_cancelled_is_not_heard_of_again() -> None:
    engine: Engine = NativeSearch(NativeStepper(network()), max_rows=12)
    every = requests(12, beams=3, min_length=10)
    engine.admit(every)
    heard = {event.id for event in engine.step()}
    gone = [1, 2, 9, 10]
    engine.cancel(gone)
    while len(heard | set(gone)) < 12:
        news = {event.id for event in engine.step()}
        assert not news & set(gone)
        heard |= news
    assert engine.step() == []
    engine.admit([every[1]])  # its name is free again
    while not any(isinstance(event, Finished) and event.id == 1 for event in engine.step()):
        pass


def test_a_source_that_cannot_be_read_fails_alone() -> None:
    made = network(**ENCODERS["learned positions"])
    every = requests(9, beams=2)
    every[4] = replace(every[4], source=Source(parts={"text": [5] * 41}))
    engine = NativeSearch(NativeStepper(made))
    engine.admit(every)
    events = {}
    while len(events) < 9:
        events |= {event.id: event for event in engine.step()}
    assert [id for id, event in events.items() if isinstance(event, Failed)] == [4]
    assert "at most 40 positions" in str(events[4].error)  # type: ignore[union-attr]


def test_a_model_that_says_no_number_is_told_of() -> None:
    for changes in ({}, ENCODERS["many words"]):
        made = network(**changes)
        with torch.no_grad():
            made.head.weight[5:9] = torch.nan  # type: ignore[union-attr, operator, index]
        with pytest.raises(Exception, match="token 0 is NaN\\. Look for NaN in its weights"):
            answer(NativeSearch(NativeStepper(made)), requests(3, beams=2))


@pytest.mark.parametrize(
    ("asked", "what"),
    [
        ({"constraints": (ForcedPrefix((30,)),)}, "constraints"),
        ({"attention": True}, "attention"),
        ({"coverage_penalty": 0.1}, "attention"),
        ({"stream": True}, "streaming"),
        ({"search": Sampling()}, "another way to search"),
    ],
    ids=["constraints", "attention", "coverage", "streaming", "sampling"],
)
def test_what_it_knows_nothing_of_is_refused(asked: dict[str, Any], what: str) -> None:
    [request] = requests(1, beams=2, **asked)
    line = NativeSearch(NativeStepper(network())).refuses(request)
    assert line is not None
    assert what in line


def test_weights_that_change_are_read_anew() -> None:
    made = network()
    engine = NativeSearch(NativeStepper(made))
    every = requests(4, beams=2)
    before = answer(engine, every)
    with torch.no_grad():
        made.encoder.layers[0].feed_forward.inner.weight.mul_(-1.0)  # type: ignore[union-attr, operator, index]
    after = answer(engine, every)
    assert after != before
    for one, other in zip(after, answer(Search(ModelStepper(made)), every), strict=True):
        alike(one, other)


def resident() -> int:
    """Bytes of this process in memory."""
    return int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1]) * os.sysconf("SC_PAGE_SIZE")


@pytest.mark.skipif(not Path("/proc/self/statm").is_file(), reason="memory is told by Linux")
def test_a_thread_that_ends_leaves_nothing_behind() -> None:
    """A long file is answered by one crew of threads after the other."""
    stepper = NativeStepper(network(**ENCODERS["many words"], encoder={"feed_forward": 400}))
    every = requests(1, beams=1)

    def crew(threads: int) -> None:
        for _ in range(threads):
            thread = Thread(target=lambda: answer(NativeSearch(stepper, max_rows=4), every))
            thread.start()
            thread.join()

    crew(20)
    before = resident()
    crew(200)
    assert resident() - before < 8 * 2**20
