"""The kernels against the modules that they stand in for."""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import Any

import pytest
import torch

from seqloom.core import settings
from seqloom.core.specials import Specials
from seqloom.decoding.collate import collate
from seqloom.decoding.constraints.basic import ForcedPrefix
from seqloom.decoding.request import DiverseBeam, LengthPenalty, Request, Sampling, Source, answer
from seqloom.decoding.search import Search
from seqloom.engines.native.compiled import OFF, kernels
from seqloom.engines.native.stepper import NativeStepper, takes
from seqloom.models.encoder_decoder import EncoderDecoder, ModelSettings
from seqloom.models.stepper import ModelStepper

pytestmark = pytest.mark.skipif(kernels() is None, reason="there is no C compiler")

WORDS = Specials(size=53, pad=0, unk=1, bos=2, eos=3)

VARIANTS: dict[str, dict[str, Any]] = {
    "plain": {},
    "post-norm": {"decoder": {"order": "post"}},
    "RMS": {"decoder": {"norm": "rms"}},
    "RMS after": {"decoder": {"norm": "rms", "order": "post"}},
    "GELU": {"decoder": {"activation": "gelu"}},
    "SwiGLU": {"decoder": {"activation": "swiglu"}},
    "shared heads": {"decoder": {"kv_heads": 1}},
    "SSRU": {"decoder": {"self_attention": {"kind": "ssru"}}},
    "learned positions": {"decoder": {"positions": {"kind": "learned", "longest": 40}}},
    "no positions": {"decoder": {"positions": {"kind": "none"}}},
    "odd widths": {"decoder": {"width": 18, "heads": 3, "feed_forward": 29}},
    "wide embedding": {"target": {"width": 44}, "tie": "output"},
    "unscaled": {"target": {"scale": False}, "head": {"bias": False}},
    "recurrent encoder": {"encoder": {"kind": "recurrent", "width": 10}},
}


def recurrent(looks: str = "additive", /, **changes: Any) -> dict[str, Any]:
    """A decoder of odd widths, after an encoder of other ones."""
    kind = {"kind": looks, **changes.pop("attention", {})}
    decoder = {"kind": "recurrent", "cell": "gru", "width": 18, "attention": kind, **changes}
    return {"encoder": {"kind": "recurrent", "width": 10}, "target": {"width": 14}, "decoder": decoder}


VARIANTS |= {
    "GRU": recurrent(),
    "LSTM": recurrent(cell="lstm"),
    "tanh": recurrent(cell="tanh"),
    "linear": recurrent(cell="linear"),
    "Bahdanau": recurrent(attend="before"),
    "Luong": recurrent("general", cell="lstm", input_feeding=True),
    "deep": recurrent(cell="lstm", layers=3, residual=True, attend="before", input_feeding=True),
    "deep and plain": recurrent(layers=2, cell="tanh", input_feeding=True),
    "normed GRU": recurrent(norm=True, layers=2),
    "normed LSTM": recurrent(norm=True, cell="lstm", attend="before"),
    "normed tanh": recurrent(norm=True, cell="tanh", input_feeding=True),
    "dot": recurrent("dot"),
    "dot without a bridge": recurrent("dot", width=10),
    "concat": recurrent("concat", attention={"width": 13}),
    "heads": recurrent("multihead", attention={"heads": 3}, attend="before", input_feeding=True),
    "heads after": recurrent("multihead", attention={"heads": 2}, cell="lstm"),
    "local-p": recurrent("local", attention={"window": 2}),
    "local-m": recurrent("local", attention={"window": 3, "predict": False}, attend="before"),
    "nothing but the first state": recurrent("none", cell="lstm", layers=2),
    "one vector at every step": recurrent("none", attention={"context": "every"}, initial="zero"),
    "a learnt first state": recurrent(initial="learnt"),
    "a Transformer before it": recurrent() | {"encoder": {"kind": "transformer", "width": 24, "heads": 4}},
    "a bridge behind it": recurrent() | {"tie": "output"},
}


def conv(**changes: Any) -> dict[str, Any]:
    """Its weights stay small: each layer multiplies what is wrong in the last digit."""
    decoder = {"kind": "conv", "layers": 2, "width": 18, **changes}
    encoder = {"kind": "conv", "width": 10, "layers": 1}
    return {"encoder": encoder, "target": {"width": 14}, "decoder": decoder, "gain": 0.7}


VARIANTS |= {
    "convolutions": conv(),
    "a wide kernel": conv(kernel=5, width=16, layers=3),
    "an even kernel": conv(kernel=2),
    "a kernel of one": conv(kernel=1),
    "sinusoids": conv(positions={"kind": "sinusoidal"}),
    "convolutions without positions": conv(positions={"kind": "none"}),
    "few positions": conv(positions={"kind": "learned", "longest": 40}),
    "convolutions after a GRU": conv() | {"encoder": {"kind": "recurrent", "width": 14}},
    "convolutions tied": conv() | {"tie": "output"},
}


def network(**changes: Any) -> EncoderDecoder:
    """A small one whose weights are large enough for its answers to differ."""
    small = {"width": 24, "heads": 4, "layers": 2, "feed_forward": 40}
    data: dict[str, Any] = {
        "source": {"kind": "text", "width": 24},
        "encoder": {"kind": "transformer", **small},
        "target": {"kind": "tokens", "width": 24},
        "decoder": changes.get("decoder", {}),
        "head": {"kind": "generator", **changes.get("head", {})},
        "tie": changes.get("tie", "none"),
    }
    if "kind" not in data["decoder"]:
        data["decoder"] = {"kind": "transformer", **small, **data["decoder"]}
    data["encoder"] = changes.get("encoder", data["encoder"])
    data["target"] |= changes.get("target", {})
    torch.manual_seed(3)
    made = settings.parse(ModelSettings, data).build(source=WORDS, target=WORDS)
    with torch.no_grad():
        for each in made.parameters():
            each.mul_(changes.get("gain", 1.3))
            each.add_(0.1 * changes.get("gain", 1.0) * torch.randn_like(each))
    return made.eval()


def sources(count: int, *, seed: int = 5) -> list[Source]:
    dice = random.Random(seed)
    return [Source(parts={"text": dice.choices(range(4, 53), k=dice.randint(1, 12))}) for _ in range(count)]


def requests(count: int, *, beams: int, **more: Any) -> list[Request]:
    penalty = LengthPenalty(kind="average")
    return [
        Request(id=number, source=source, beams=beams, length_penalty=penalty, max_length=12 + number % 5, **more)
        for number, source in enumerate(sources(count))
    ]


@pytest.mark.parametrize("beams", [1, 3])
@pytest.mark.parametrize("variant", VARIANTS)
@torch.inference_mode()
def test_every_step_is_the_models_own(variant: str, beams: int) -> None:
    made = network(**VARIANTS[variant])
    assert takes(made)
    plain, native = ModelStepper(made), NativeStepper(made)
    source = collate(sources(7))
    num_rows = 7 * beams
    state, brief, whole = (each.start(source, beams=beams) for each in (plain, native, native))
    dice = torch.Generator().manual_seed(1)
    tokens_N = torch.full([num_rows], WORDS.bos)
    for _ in range(30):
        expected = plain.step(tokens_N, state)
        best = native.best(tokens_N, brief, count=4, alive_N=torch.ones(num_rows, dtype=torch.bool))
        step = native.step(tokens_N, whole)
        torch.testing.assert_close(step.logp_NV, expected.logp_NV, rtol=1e-4, atol=1e-4)
        torch.testing.assert_close(best.end_N, expected.logp_NV[:, WORDS.eos], rtol=1e-4, atol=1e-4)
        logp_NV = expected.logp_NV.index_fill(1, torch.tensor([WORDS.pad, WORDS.bos]), -torch.inf)
        torch.testing.assert_close(best.logp_NC, logp_NV.topk(4).values, rtol=1e-4, atol=1e-4)
        torch.testing.assert_close(best.logp_NC, logp_NV.gather(1, best.token_NC), rtol=1e-4, atol=1e-4)
        parents_N = torch.arange(num_rows) // beams * beams + torch.randint(beams, [num_rows], generator=dice)
        tokens_N = torch.randint(WORDS.size + 3, [num_rows], generator=dice)  # those of a copying model are unknown
        state, brief, whole = (each.state.reorder(parents_N) for each in (expected, best, step))


@pytest.mark.parametrize("asked", [{}, {"min_length": 9}, {"nbest": 3}], ids=str)
@pytest.mark.parametrize("beams", [1, 3, 5])
@pytest.mark.parametrize("variant", ["plain", "SSRU", "learned positions", "Bahdanau", "Luong", "convolutions"])
def test_a_search_gives_the_same_answers(variant: str, beams: int, asked: dict[str, int]) -> None:
    """With sources that come and go: few at a time fit."""
    made = network(**VARIANTS[variant])
    asked = {name: min(value, beams) if name == "nbest" else value for name, value in asked.items()}
    every = requests(24, beams=beams, **asked)
    expected = answer(Search(ModelStepper(made), max_rows=7 * beams), every)
    found = answer(Search(NativeStepper(made), max_rows=7 * beams), every)
    for one, other in zip(found, expected, strict=True):
        assert [one.tokens, *(each.tokens for each in one.alternatives)] == [
            other.tokens,
            *(each.tokens for each in other.alternatives),
        ]
        assert one.score == pytest.approx(other.score, abs=1e-4)
        assert one.token_logps == pytest.approx(other.token_logps, abs=1e-4)


@pytest.mark.parametrize("variant", ["plain", "Bahdanau", "Luong", "convolutions"])
def test_threads_change_nothing(variant: str) -> None:
    made = network(**VARIANTS[variant])
    before = torch.get_num_threads()
    found = []
    try:
        for threads in (1, 2, 3):
            torch.set_num_threads(threads)
            found.append(answer(Search(NativeStepper(made), max_rows=600), requests(100, beams=4)))
    finally:
        torch.set_num_threads(before)
    for others in found[1:]:
        assert [each.tokens for each in others] == [each.tokens for each in found[0]]
        assert [each.score for each in others] == pytest.approx([each.score for each in found[0]], abs=1e-4)


@pytest.mark.parametrize("variant", ["plain", "Bahdanau", "Luong", "convolutions"])
def test_weights_that_change_are_read_anew(variant: str) -> None:
    made = network(**VARIANTS[variant])
    stepper = NativeStepper(made)
    every = requests(4, beams=2)
    before = answer(Search(stepper), every)
    with torch.no_grad():
        for each in made.decoder.parameters():
            each.mul_(-1.0)
    after = answer(Search(stepper), every)
    assert after != before
    assert [each.tokens for each in after] == [each.tokens for each in answer(Search(ModelStepper(made)), every)]


@pytest.mark.parametrize("beams", [1, 3])
@pytest.mark.parametrize("variant", ["Bahdanau", "deep", "normed tanh", "one vector at every step", "a wide kernel"])
def test_a_large_vocabulary_is_embedded_at_every_step(
    variant: str, beams: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("seqloom.engines.native.recurrent._LARGEST_TABLE", 0)
    monkeypatch.setattr("seqloom.engines.native.conv._LARGEST_TABLE", 0)
    test_every_step_is_the_models_own(variant, beams)


def test_a_model_that_says_no_number_is_told_of() -> None:
    made = network()
    with torch.no_grad():
        made.head.weight.fill_(torch.nan)  # type: ignore[union-attr, operator]
    with pytest.raises(Exception, match="is NaN\\. Look for NaN in its weights"):
        answer(Search(NativeStepper(made)), requests(3, beams=2))


def test_a_shortlist_leaves_out_all_other_tokens() -> None:
    made = network()
    listed = sorted({WORDS.eos, 7, 9, 20, 21, 33, 40})
    stepper = NativeStepper(made, shortlist=lambda ids: [WORDS.pad, WORDS.bos, *listed])
    every = requests(20, beams=3)
    state = stepper.start(collate([each.source for each in every]), beams=1)
    tokens_N = torch.full([20], WORDS.bos)
    best = stepper.best(tokens_N, state, count=7, alive_N=torch.ones(20, dtype=torch.bool))
    plain = ModelStepper(made)
    logp_NV = plain.step(tokens_N, plain.start(collate([each.source for each in every]), beams=1)).logp_NV
    expected_NC = logp_NV[:, listed].log_softmax(-1)
    torch.testing.assert_close(best.logp_NC, expected_NC.sort(descending=True).values, rtol=1e-4, atol=1e-4)
    assert all(set(each.tokens) <= set(listed) for each in answer(Search(stepper, max_rows=12), every))


@pytest.mark.parametrize(
    "asked",
    [{}, {"coverage_penalty": 0.2}, {"search": DiverseBeam(groups=3)}, {"search": Sampling(seed=4), "nbest": 3}],
    ids=str,
)
def test_a_shortlist_is_its_sources_own_whoever_else_is_answered(asked: dict[str, Any]) -> None:
    """By the kernels as by the modules, and however it is searched."""
    made = network()

    def shortlist(ids: Sequence[int]) -> list[int]:
        return [*range(5 + ids[0] % 3, 53, 3), 4 + len(ids)]

    every = requests(20, beams=3, **asked)
    alone = [answer(Search(ModelStepper(made, shortlist=shortlist)), [each])[0] for each in every]
    for stepper in (ModelStepper(made, shortlist=shortlist), NativeStepper(made, shortlist=shortlist)):
        found = answer(Search(stepper, max_rows=21), every)
        assert [each.tokens for each in found] == [each.tokens for each in alone]
        for one, other in zip(found, alone, strict=True):
            assert one.token_logps == pytest.approx(other.token_logps, abs=1e-4)
            assert one.score == pytest.approx(other.score, abs=1e-4)


def test_what_is_constrained_is_said_without_a_shortlist() -> None:
    made = network()
    listed = NativeStepper(made, shortlist=lambda ids: [7, 9])
    [asked] = requests(1, beams=2, constraints=(ForcedPrefix((30, 31)),))
    [found] = answer(Search(listed, whole=NativeStepper(made)), [asked])
    assert found.tokens[:2] == (30, 31)
    assert found == answer(Search(NativeStepper(made)), [asked])[0]


@pytest.mark.parametrize(
    "changes",
    [
        {"decoder": {"positions": {"kind": "rotary"}}},
        {"decoder": {"positions": {"kind": "alibi"}}},
        {"decoder": {"self_attention": {"kind": "average"}}},
        {"head": {"kind": "copy"}},
        recurrent(coverage=True),
        recurrent("location"),
    ],
    ids=str,
)
def test_what_the_kernels_do_not_know_is_left_to_the_model(changes: dict[str, Any]) -> None:
    assert not takes(network(**changes))


def test_the_variable_turns_them_off(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(OFF, "0")
    kernels.cache_clear()
    try:
        assert kernels() is None
        assert not takes(network())
    finally:
        monkeypatch.undo()
        kernels.cache_clear()
