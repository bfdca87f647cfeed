"""What is written as ONNX says what the model says; what cannot be written is refused in one line.

The engine's tests say what a search may do with it.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
import torch
from torch import Tensor

from seqloom.core.errors import MissingExtraError, RecipeError
from seqloom.core.specials import Specials
from seqloom.engines.onnx import OnnxStepper
from seqloom.engines.onnx_layout import Layout
from seqloom.export.onnx import try_graphs, write_onnx
from seqloom.export.probe import Probe
from seqloom.export.states import fills, flatten, rebuild
from seqloom.models.decoders import ConvDecoderSettings, RecurrentDecoderSettings
from seqloom.models.encoder_decoder import EncoderDecoder, ModelSettings
from seqloom.models.encoders import ConvEncoderSettings
from seqloom.models.heads import VectorHeadSettings
from seqloom.models.stepper import ModelStepper
from seqloom.models.text_source import TextSourceSettings
from seqloom.nn.embedding import EmbeddingSettings
from seqloom.nn.state import BeamRows
from seqloom.nn.vectors import VectorEmbeddingSettings
from seqloom.testing.combinations import Combination, combinations

VOCABULARY = Specials(size=20)
CONV = ModelSettings(
    source=TextSourceSettings(width=8),
    encoder=ConvEncoderSettings(width=8, layers=1),
    target=EmbeddingSettings(width=8),
    decoder=ConvDecoderSettings(width=8, layers=1),
)


def small(settings: ModelSettings = CONV) -> EncoderDecoder:
    torch.manual_seed(2)
    return settings.build(source=VOCABULARY, target=VOCABULARY)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("model") / "onnx"
    model = small()
    weights = {name: weight.clone() for name, weight in model.state_dict().items()}
    write_onnx(model.train(), made)
    assert model.training, "an export changed the model"
    assert all(torch.equal(weight, weights[name]) for name, weight in model.state_dict().items())
    assert all(parameter.requires_grad for parameter in model.parameters())
    return made


def test_a_folder_has_two_graphs_and_their_layout(folder: Path) -> None:
    assert sorted(path.name for path in folder.iterdir()) == ["encoder.onnx", "onnx.json", "step.onnx"]
    layout = Layout.read(folder)
    assert [given.name for given in layout.given] == ["text/values", "text/mask"]
    assert {each.name: each.axes for each in layout.state} == {
        "decoder_windows_0_NWD": ("N", 2, 8),
        "decoder_position_N": ("N",),
        "decoder_keys_BSD": ("B", "S", 8),
        "decoder_values_BSD": ("B", "S", 8),
        "decoder_mask_BS": ("B", "S"),
    }
    assert {each.name for each in layout.state if each.moves} == {"decoder_windows_0_NWD", "decoder_position_N"}
    assert (layout.longest, layout.given[0].longest, layout.columns, layout.own) == (1024, 1024, 20, False)


def test_graphs_do_not_tell_where_they_were_made(folder: Path) -> None:
    for path in folder.glob("*.onnx"):
        data = path.read_bytes()
        assert str(Path(__file__).parents[2]).encode() not in data
        assert b".py" not in data


@pytest.mark.slow
def test_the_same_model_gives_the_same_bytes(folder: Path, tmp_path: Path) -> None:
    write_onnx(small(), tmp_path)
    for path in folder.iterdir():
        assert (tmp_path / path.name).read_bytes() == path.read_bytes(), path.name


def test_real_valued_answers_are_refused(tmp_path: Path) -> None:
    settings = ModelSettings(
        target=VectorEmbeddingSettings(),
        decoder=RecurrentDecoderSettings(width=8),
        head=VectorHeadSettings(),
    )
    model = settings.build(source=VOCABULARY, target=replace(VOCABULARY, channels=2))
    with pytest.raises(RecipeError, match=r'`model\.target\.kind` must be "tokens"'):
        write_onnx(model, tmp_path)
    assert not list(tmp_path.iterdir())


def test_a_missing_library_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "onnxscript", None)
    with pytest.raises(MissingExtraError, match=r"seqloom\[onnx\]"):
        write_onnx(small(), tmp_path)


def test_graphs_that_say_something_else_than_the_model_are_refused(folder: Path) -> None:
    """Wherever the tracing went wrong, a trial with other sizes shows it."""
    other = small().eval()
    with torch.no_grad():
        other.get_parameter("head.bias").add_(torch.arange(20))
    with pytest.raises(RecipeError, match="a probability differs by"):
        try_graphs(other, folder, Probe(sources=2, beams=2, positions=3, units=2))


# ---- a state as tensors ----------------------------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class Inner(BeamRows):
    fills = {"index_BU": -1}  # noqa: RUF012

    index_BU: Tensor
    keys_NTE: tuple[Tensor, ...]


@dataclass(frozen=True, kw_only=True)
class Outer(BeamRows):
    inner: Inner
    length: int
    last_N: Tensor | None
    shows: str


def test_a_state_is_its_tensors_and_back() -> None:
    inner = Inner(beams=2, index_BU=torch.zeros(1, 3), keys_NTE=(torch.zeros(2, 1, 4), torch.ones(2, 1, 4)))
    state = Outer(beams=2, inner=inner, length=1, last_N=None, shows="one")
    tensors = flatten(state)
    assert [*tensors] == ["inner_index_BU", "inner_keys_0_NTE", "inner_keys_1_NTE"]
    assert fills(state) == {"inner_index_BU": -1, "inner_keys_0_NTE": 0, "inner_keys_1_NTE": 0}
    other = {name: tensor + 1 for name, tensor in tensors.items()}
    rebuilt = rebuild(state, other, beams=5, length=9)
    assert (rebuilt.beams, rebuilt.inner.beams, rebuilt.length, rebuilt.shows) == (5, 5, 9, "one")
    assert flatten(rebuilt) == other


# ---- every kind ------------------------------------------------------------------------------------------------------


def every() -> list[Combination]:
    return [each for each in combinations(strength=1) if each.settings.target.kind == "tokens"]


@pytest.mark.slow
@pytest.mark.parametrize("combination", every(), ids=str)
def test_every_kind_can_be_written(combination: Combination, tmp_path: Path) -> None:
    """An export is tried before it is written, with rows of several lengths, reordered from step to step."""
    torch.manual_seed(1)
    write_onnx(combination.build(Specials(size=8)), tmp_path)
    assert len([*tmp_path.iterdir()]) == 3


@pytest.mark.slow
def test_matrices_can_be_rounded_to_eight_bits(tmp_path: Path) -> None:
    """One that is tied to the embedding among them."""
    settings = replace(CONV, target=EmbeddingSettings(width=64), tie="output")
    model = small(replace(settings, decoder=ConvDecoderSettings(width=64, layers=1))).eval()
    write_onnx(model, tmp_path / "whole")
    write_onnx(model, tmp_path / "rounded", quantize="int8")
    sizes = [(tmp_path / name / "step.onnx").stat().st_size for name in ("whole", "rounded")]
    assert sizes[1] < sizes[0] / 2
    source = Probe(sources=2, beams=2, positions=4, units=2).source(model)
    said = []
    for stepper in (ModelStepper(model), OnnxStepper(tmp_path / "rounded")):
        with torch.inference_mode():
            said.append(stepper.step(torch.full([4], 5), stepper.start(source, beams=2)).logp_NV.exp())
    assert 0 < (said[0] - said[1]).abs().max() < 0.1


def test_a_probe_has_what_the_network_asks_for() -> None:
    source = Probe(sources=3, beams=2, positions=5, units=2).source(small())
    assert [*source.parts] == ["text"]
    assert source.parts["text"].values.shape == (3, 5)
    assert ModelStepper(small()).start(source, beams=2) is not None
