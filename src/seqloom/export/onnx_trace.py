"""From modules to graphs, by torch's own exporter, and from graphs to files."""

from __future__ import annotations

import logging
import warnings
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from seqloom.core.errors import RecipeError
from seqloom.core.files import whole_file
from seqloom.engines.onnx_layout import NEW, Axis, Carried, Given, first_part
from seqloom.export.onnx_forms import TRANSLATIONS
from seqloom.export.onnx_graphs import EncoderGraph, Look, StepGraph, given_of, type_of
from seqloom.export.probe import Probe
from seqloom.export.states import flatten
from seqloom.models.stepper import ModelStepper
from seqloom.nn.memory import SourceBatch

__all__ = ["encoder_graph", "quantize_file", "step_graph", "write_graph"]


def step_graph(stepper: ModelStepper, seen: Look, probe: Probe) -> tuple[Any, tuple[Carried, ...]]:
    """The graph of a step, and the state with what can be written in place."""
    module = StepGraph(stepper, seen.like, seen)
    tensors = flatten(seen.like)
    dims: dict[str, Any] = {}

    def sizes(axes: Sequence[Axis]) -> list[Any]:
        whole = ["B", "K", *axes[1:]] if axes[0] == "N" else axes
        return [
            torch.export.Dim.STATIC if isinstance(axis, int) else dims.setdefault(axis, torch.export.Dim(axis))
            for axis in whole
        ]

    before = [
        tensors[each.name].unflatten(0, (-1, probe.beams)) if each.axes[0] == "N" else tensors[each.name]
        for each in module.read
    ]
    graph, _ = _traced(
        module,
        (torch.full([probe.sources, probe.beams], stepper.vocabulary.bos), tuple(before)),
        (sizes("BK"), tuple(sizes(each.axes) for each in module.read)),
        inputs=["tokens", *(each.name for each in module.read)],
        outputs=["logp", *(["attention"] if seen.attention else []), *(f"{NEW}{name}" for name in module.moving)],
    )
    read = _without_unread(graph)
    state = [replace(each, read=each.name in read, in_place=_in_place(graph, each)) for each in seen.state]
    return graph, tuple(each for each in state if each.read or each.name == seen.mask)


def encoder_graph(
    stepper: ModelStepper, state: Sequence[Carried], source: SourceBatch
) -> tuple[Any, tuple[Given, ...]]:
    """The graph of the encoder, which makes such a state, and those of its inputs that it reads."""
    given = given_of(source)
    names = [each.name for each in state if each.grows is None]
    module = EncoderGraph(stepper, [*given], names)
    sizes = {name: [torch.export.Dim.AUTO] * min(tensor.dim(), 2) for name, tensor in given.items()}
    sizes = {name: [*each, *[torch.export.Dim.STATIC] * (given[name].dim() - 2)] for name, each in sizes.items()}
    graph, longest = _traced(module, (tuple(given.values()),), (tuple(sizes.values()),), inputs=[*given], outputs=names)
    read = _without_unread(graph)
    wholes = dict.fromkeys(_whole(name) for name in given if name.endswith("/values"))
    letters = {name: f"S{number or ''}" for number, name in enumerate(wholes)}
    letters |= {"copy": letters[first_part(letters)], "units": "U"}
    return graph, tuple(
        Given(
            name=name,
            type=type_of(tensor),
            axes=("B", letters[_whole(name)], *tensor.shape[2:]),
            longest=longest.get(name),
        )
        for name, tensor in given.items()
        if name in read
    )


def _whole(name: str) -> str:
    """The part in whose positions an input lies: a factor in those of its text."""
    return name.rpartition("/")[0].partition(".")[0] or name


def write_graph(graph: Any, path: Path) -> None:
    """Without notes on where in the program a node came from, and on sizes, which any reader finds for itself."""
    import onnx_ir

    for node in graph.all_nodes():
        node.metadata_props.clear()
        node.doc_string = None
        for value in node.outputs:
            value.metadata_props.clear()
            if not value.is_graph_output():
                value.shape = value.type = None
    model = onnx_ir.Model(graph, ir_version=10, producer_name="seqloom")
    with whole_file(path) as opened:
        opened.write(onnx_ir.serde.serialize_model(model).SerializeToString(deterministic=True))


def quantize_file(path: Path) -> None:
    """Matrices in whole numbers of eight bits, each column with its own scale."""
    import onnx
    from onnxruntime.quantization import QuantType, quantize_dynamic

    model = onnx.load(path)
    del model.graph.value_info[:]  # what is known of a matrix no longer holds once it is turned
    _untie(model.graph)
    onnx.save(model, path)
    with _quietly(""):
        quantize_dynamic(path, path, weight_type=QuantType.QInt8, per_channel=True)


def _untie(graph: Any) -> None:
    """A matrix of its own for each product, which the quantizer turns round without asking who else reads it."""
    matrices = {matrix.name: matrix for matrix in graph.initializer}
    uses = Counter(name for node in graph.node for name in node.input)
    for number, node in enumerate(graph.node):
        if node.op_type == "Gemm" and uses[node.input[1]] > 1 and node.input[1] in matrices:
            own = graph.initializer.add()
            own.CopyFrom(matrices[node.input[1]])
            own.name = node.input[1] = f"{own.name}/{number}"


# ---- torch's exporter ------------------------------------------------------------------------------------------------


def _traced(
    module: nn.Module, example: tuple[Any, ...], sizes: tuple[Any, ...], *, inputs: list[str], outputs: list[str]
) -> tuple[Any, dict[str, int]]:
    """The graph, and how long axis 1 of an input may be where that is bounded."""
    try:
        with _quietly():
            program = torch.onnx.export(
                module.eval(),
                example,
                dynamo=True,
                dynamic_shapes=sizes,
                input_names=inputs,
                output_names=outputs,
                custom_translation_table=TRANSLATIONS,
                opset_version=18,
                verbose=False,
            )
    except Exception as error:
        raise RecipeError(f"`model` cannot be written as ONNX: {_first_line(error)}") from error
    assert program is not None
    return program.model.graph, _bounds(program.exported_program, inputs)


@contextmanager
def _quietly(*names: str) -> Iterator[None]:
    """The exporter warns of libraries that we do not have, and of changes to itself."""
    loggers = [logging.getLogger(name) for name in ("torch", "onnxscript", "onnx_ir", *names)]
    before = [logger.level for logger in loggers]
    for logger in loggers:
        logger.setLevel(logging.ERROR)
    try:
        with warnings.catch_warnings(), torch.enable_grad():  # where a gradient may be wanted nothing is overwritten
            warnings.simplefilter("ignore")
            yield
    finally:
        for logger, level in zip(loggers, before, strict=True):
            logger.setLevel(level)


def _first_line(error: BaseException) -> str:
    while error.__cause__ is not None:
        error = error.__cause__
    return next((line.strip() for line in str(error).splitlines() if line.strip()), type(error).__name__)


def _bounds(program: Any, inputs: Sequence[str]) -> dict[str, int]:
    """torch notes which lengths its reasoning holds for: a table of positions ends somewhere."""
    found: dict[str, int] = {}
    given = [node for node in program.graph.nodes if node.op == "placeholder"][-len(inputs) :]
    for name, node in zip(inputs, given, strict=True):
        value = node.meta["val"]
        size = value.shape[1] if isinstance(value, Tensor) and value.dim() > 1 else None
        if isinstance(size, torch.SymInt) and size.node.expr in program.range_constraints:
            upper = program.range_constraints[size.node.expr].upper
            if upper.is_Integer:
                found[name] = int(upper)
    return found


def _without_unread(graph: Any) -> set[str]:
    """The names of the inputs that anything reads; the others are taken out."""
    read = {value.name for value in graph.inputs if value.uses()}
    for value in [value for value in graph.inputs if value.name not in read]:
        graph.inputs.remove(value)
    return read


def _in_place(graph: Any, each: Carried) -> bool:
    """Whether the new tensor is the old one with something written into it, and nobody else reads the old one."""
    old = [value for value in graph.inputs if value.name == each.name]
    new = [value for value in graph.outputs if value.name == f"{NEW}{each.name}"]
    if not old or not new:
        return False
    readers = {id(node) for node, _ in old[0].uses() if node.op_type != "Shape"}
    node = new[0].producer()
    written = node is not None and node.op_type == "ScatterND" and node.inputs[0] is old[0]
    return bool(written and readers == {id(node)})
