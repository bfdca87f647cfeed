"""A model as two ONNX graphs: one reads the sources, one takes a step. What searches over them is an engine."""

from __future__ import annotations

import copy
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Literal

import torch

from seqloom.core.errors import MissingExtraError, RecipeError
from seqloom.decoding.stepper import Stepper
from seqloom.engines.onnx import OnnxStepper
from seqloom.engines.onnx_layout import ENCODER, LAYOUT, STEP, Layout
from seqloom.export.onnx_forms import exportable
from seqloom.export.onnx_graphs import look
from seqloom.export.onnx_trace import encoder_graph, quantize_file, step_graph, write_graph
from seqloom.export.probe import Probe
from seqloom.models.encoder_decoder import EncoderDecoder
from seqloom.models.stepper import ModelStepper

__all__ = ["try_graphs", "write_onnx"]

_TRACED = (Probe(sources=2, beams=3, positions=5, units=4), Probe(sources=3, beams=4, positions=11, units=6))
_TRIED = (_TRACED[1], Probe(sources=1, beams=1, positions=1, units=1))
"""Sizes unlike those that are traced, the smallest among them."""
_NEAR = 1e-3


def write_onnx(network: EncoderDecoder, folder: Path, *, quantize: Literal["none", "int8"] = "none") -> None:
    """Write ``encoder.onnx``, ``step.onnx`` and ``onnx.json`` into the folder, for ``OnnxStepper``.

    Whatever a model is made of is traced, in single precision, and tried with other sizes than those it was traced
    with before anything stands in the folder. "int8" rounds the matrices after that.
    """
    _check(network)
    plain = copy.deepcopy(network).float().cpu().eval().requires_grad_(False)
    stepper = ModelStepper(exportable(plain))
    seen = look(ModelStepper(plain), *_TRACED)
    step, state = step_graph(stepper, seen, _TRACED[0])
    encoder, given = encoder_graph(stepper, state, _TRACED[0].source(plain))
    layout = Layout(
        vocabulary=stepper.vocabulary,
        longest=stepper.longest,
        order=stepper.order,
        joins=stepper.joins,
        given=given,
        state=state,
        columns=seen.columns,
        own=seen.own,
        attention=seen.attention,
        mask=seen.mask,
    )
    folder.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(dir=folder) as name:
        beside = Path(name)
        write_graph(encoder, beside / ENCODER)
        write_graph(step, beside / STEP)
        layout.write(beside)
        for probe in _TRIED:
            try_graphs(plain, beside, probe)
        if quantize == "int8":
            for file in (ENCODER, STEP):
                quantize_file(beside / file)
        for file in (ENCODER, STEP, LAYOUT):
            (beside / file).replace(folder / file)


def _check(network: EncoderDecoder) -> None:
    if network.vocabulary.channels:
        raise RecipeError(
            '`model.target.kind` must be "tokens" for an export to ONNX, but is "vectors". '
            "Answer with the model itself."
        )
    if not all(find_spec(name) for name in ("onnx", "onnxruntime", "onnxscript")):
        raise MissingExtraError("an export to ONNX", extra="onnx")


@torch.inference_mode()
def try_graphs(network: EncoderDecoder, folder: Path, probe: Probe) -> None:
    """What was traced with some sizes may be wrong for others: raise a RecipeError where it is."""
    source = probe.source(network)
    steppers: tuple[Stepper, ...] = (ModelStepper(network), OnnxStepper(folder))
    states = [each.start(source, beams=probe.beams, attention=True) for each in steppers]
    num_rows = probe.sources * probe.beams
    dice = torch.Generator().manual_seed(probe.seed)
    tokens_N = torch.full([num_rows], network.vocabulary.bos)
    parents_N = torch.arange(num_rows).view(-1, probe.beams).flip(1).flatten()
    for _ in range(min(4, network.decoder.longest or 4)):
        one, other = (each.step(tokens_N, state) for each, state in zip(steppers, states, strict=True))
        difference = (one.logp_NV.exp() - other.logp_NV.exp()).abs().max().item()
        if not difference < _NEAR:
            raise RecipeError(
                f"`model` must say as ONNX what it says itself, but a probability differs by {difference:.1g}. "
                f"Answer with the model itself."
            )
        states = [step.state.reorder(parents_N) for step in (one, other)]
        tokens_N = torch.randint(network.vocabulary.size, (num_rows,), generator=dice)
