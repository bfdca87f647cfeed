"""The engine over two graphs says what the model says, whatever a search does to its state."""

from __future__ import annotations

import json
import random
import shutil
from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from pathlib import Path

import pytest
import torch
from torch import Tensor
from torch.testing import assert_close

from seqloom.core.errors import DataError, DecodingError, ModelFolderError
from seqloom.core.specials import Specials
from seqloom.decoding.collate import collate
from seqloom.decoding.constraints.basic import ForcedPrefix
from seqloom.decoding.constraints.no_repeat import NoRepeat
from seqloom.decoding.request import Answer, Event, ExactSearch, Finished, Pair, Piece, Request, Sampling, Source
from seqloom.decoding.search import Search, answer
from seqloom.decoding.stepper import Step, Stepper
from seqloom.engines.onnx import OnnxStepper
from seqloom.export.onnx import write_onnx
from seqloom.models.decoders import RecurrentDecoderSettings, TransformerDecoderSettings
from seqloom.models.encoder_decoder import EncoderDecoder, ModelSettings
from seqloom.models.encoders import RecurrentEncoderSettings, TransformerEncoderSettings
from seqloom.models.heads import CopyHeadSettings
from seqloom.models.stepper import ModelStepper
from seqloom.models.text_source import TextSourceSettings
from seqloom.nn.embedding import EmbeddingSettings
from seqloom.nn.positions import LearnedPositionsSettings

VOCABULARY = Specials(size=20)
LONGEST = 12

MODELS = {
    "copying": ModelSettings(
        source=TextSourceSettings(width=8),
        encoder=RecurrentEncoderSettings(cell="lstm", width=8),
        target=EmbeddingSettings(width=8),
        decoder=RecurrentDecoderSettings(cell="lstm", width=8, coverage=True),
        head=CopyHeadSettings(),
    ),
    "growing": ModelSettings(
        source=TextSourceSettings(width=8),
        encoder=TransformerEncoderSettings(
            layers=1, width=8, heads=2, feed_forward=8, positions=LearnedPositionsSettings(longest=LONGEST)
        ),
        target=EmbeddingSettings(width=8),
        decoder=TransformerDecoderSettings(layers=1, width=8, heads=2, feed_forward=8),
    ),
}


@dataclass(frozen=True)
class Exported:
    model: EncoderDecoder
    folder: Path

    @property
    def steppers(self) -> tuple[Stepper, Stepper]:
        return ModelStepper(self.model), OnnxStepper(self.folder, threads=1)


@pytest.fixture(scope="module", params=MODELS)
def exported(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Exported:
    torch.manual_seed(3)
    model = MODELS[request.param].build(source=VOCABULARY, target=VOCABULARY).eval()
    folder = tmp_path_factory.mktemp("onnx")
    write_onnx(model, folder)
    return Exported(model, folder)


def sources(lengths: Sequence[int], *, seed: int = 5) -> list[Source]:
    """Every third word of each is one of its own."""
    dice = random.Random(seed)
    made = []
    for length in lengths:
        text = [dice.randrange(4, VOCABULARY.size) for _ in range(length)]
        own = [VOCABULARY.size + place if place % 3 == 2 else word for place, word in enumerate(text)]
        made.append(Source(parts={"text": text}, copy=own))
    return made


def walk(stepper: Stepper, source: Sequence[Source], tokens_NT: Tensor, *, beams: int) -> Step:
    state = stepper.start(collate(source), beams=beams, attention=True)
    for token_N in tokens_NT.unbind(1):
        step = stepper.step(token_N, state)
        state = step.state
    return step


def same(one: Step, other: Step) -> None:
    assert_close(one.logp_NV, other.logp_NV, rtol=0, atol=1e-4)
    assert one.attention_NS is not None
    assert other.attention_NS is not None
    assert_close(one.attention_NS, other.attention_NS, rtol=0, atol=1e-5)


# ---- what search does to a state -------------------------------------------------------------------------------------


def test_a_state_is_reordered_parted_and_joined_like_the_models(exported: Exported) -> None:
    with torch.inference_mode():
        dice = torch.Generator().manual_seed(1)
        first, late = sources([7, 3, 5]), sources([9, 2], seed=6)
        tokens_NT = torch.randint(4, VOCABULARY.size, (9, 20), generator=dice)
        parents_N = torch.tensor([2, 0, 0, 3, 3, 4, 8, 7, 6])
        said = []
        for stepper in exported.steppers:
            steps = [walk(stepper, first, tokens_NT[:, :3], beams=3)]
            steps.append(stepper.step(tokens_NT[:, 3], steps[-1].state.reorder(parents_N)))
            kept = steps[-1].state.select(torch.tensor([2, 0]))
            other = walk(stepper, late, tokens_NT[:6, :1], beams=3).state
            state = kept.join(other)
            for number in range(4, 16):  # so long that what grows must grow more than once
                tokens_N = torch.cat([tokens_NT[:, number], tokens_NT[:3, number]])
                steps.append(stepper.step(tokens_N, state))
                state = steps[-1].state
                if number == 8:
                    state = state.select(torch.tensor([3, 2, 1]))
                    tokens_NT = tokens_NT[:6]
            said.append(steps)
            tokens_NT = torch.randint(4, VOCABULARY.size, (9, 20), generator=dice.manual_seed(1))
        for one, other in zip(*said, strict=True):
            same(one, other)


def test_beams_share_what_belongs_to_the_source(exported: Exported) -> None:
    [_, stepper] = exported.steppers

    def of_sources(beams: int) -> int:
        state = stepper.start(collate(sources([4, 6])), beams=beams)
        tensors = {field.name: getattr(state, field.name) for field in fields(state) if field.name != "beams"}
        return sum(tensor.numel() for name, tensor in tensors.items() if not name.rpartition("_")[2].startswith("N"))

    assert of_sources(1) == of_sources(4)


# ---- whole searches --------------------------------------------------------------------------------------------------


def alike(found: Sequence[Answer], wanted: Sequence[Answer]) -> None:
    for one, other in zip(found, wanted, strict=True):
        assert one.tokens == other.tokens
        assert one.score == pytest.approx(other.score, abs=1e-4)
        assert one.token_logps == pytest.approx(other.token_logps, abs=1e-4)
        assert (one.attention is None) == (other.attention is None)
        if one.attention is not None and other.attention is not None:
            assert_close(torch.tensor(one.attention), torch.tensor(other.attention), rtol=0, atol=1e-5)
        alike(one.alternatives, other.alternatives)


@pytest.mark.parametrize(
    "asked",
    [
        {},
        {"beams": 4, "nbest": 3},
        {"beams": 3, "attention": True, "coverage_penalty": 0.3},
        {"beams": 2, "constraints": (ForcedPrefix((5, 6)), NoRepeat(2))},
        {"beams": 3, "search": Sampling(seed=2)},
        {"search": ExactSearch(width=3), "max_length": 4},
    ],
    ids=["greedy", "beam", "attention", "constraints", "sampling", "exact"],
)
def test_a_search_finds_what_it_finds_over_the_model(exported: Exported, asked: dict[str, object]) -> None:
    requests = [
        replace(Request(id=number, source=source, max_length=11), **asked)  # type: ignore[arg-type]
        for number, source in enumerate(sources([6, 3, 9, 1]))
    ]
    one, other = (answer(Search(stepper, max_rows=12), requests) for stepper in exported.steppers)
    alike(one, other)


def test_a_request_that_joins_a_running_search_is_answered_as_alone(exported: Exported) -> None:
    requests = [
        Request(id=number, source=source, beams=2, max_length=10) for number, source in enumerate(sources([5, 8, 2]))
    ]
    [model, stepper] = exported.steppers
    search = Search(stepper)
    search.admit(requests[:2])
    events: list[Event] = [*search.step(), *search.step()]
    search.cancel([0])
    search.admit(requests[2:])
    while sum(not isinstance(event, Piece) for event in events) < 2:
        events += search.step()
    found = {event.id: event.answer for event in events if isinstance(event, Finished)}
    alike([found[1], found[2]], answer(Search(model), requests[1:]))


def test_given_targets_are_scored_alike(exported: Exported) -> None:
    pairs = [Pair(source=source, target=(7, 4, 9)[:number]) for number, source in enumerate(sources([5, 3, 8]))]
    one, other = (Search(stepper).score(pairs) for stepper in exported.steppers)
    assert [score.logp for score in one] == pytest.approx([score.logp for score in other], abs=1e-4)


# ---- what cannot be answered -----------------------------------------------------------------------------------------


def test_a_source_that_is_too_long_fails_alone(exported: Exported) -> None:
    if all(given.longest is None for given in OnnxStepper(exported.folder)._layout.given):
        pytest.skip("its sources may be of any length")
    short, long = sources([3, LONGEST + 1])
    with pytest.raises(DataError, match=f"at most {LONGEST} positions, but has {LONGEST + 1}"):
        OnnxStepper(exported.folder).start(collate([long]), beams=1)
    requests = [Request(id=number, source=source, max_length=4) for number, source in enumerate((short, long))]
    search = Search(OnnxStepper(exported.folder))
    search.admit(requests)
    assert [type(event).__name__ for event in search.step() if event.id == 1] == ["Failed"]


def test_a_part_that_is_missing_is_named(exported: Exported) -> None:
    with pytest.raises(DecodingError, match="`text`, but has vectors"):
        OnnxStepper(exported.folder).start(collate([Source(parts={"vectors": [[0.5]]})]), beams=1)


@pytest.mark.parametrize(
    ("file", "content", "message"),
    [
        ("onnx.json", json.dumps({"format": 2}), "`format` must be 1, but is 2"),
        ("onnx.json", json.dumps({"format": 1}), "needs `vocabulary`|vocabulary"),
        ("onnx.json", "{", "damaged"),
        ("step.onnx", "no graph", "must be an ONNX graph"),
    ],
)
def test_a_damaged_folder_is_one_line(
    exported: Exported, tmp_path: Path, file: str, content: str, message: str
) -> None:
    folder = shutil.copytree(exported.folder, tmp_path / "copy")
    (folder / file).write_text(content)
    with pytest.raises(ModelFolderError, match=message):
        OnnxStepper(folder)
