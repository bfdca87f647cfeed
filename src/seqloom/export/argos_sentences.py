"""Where sentences end, as the small network that Argos Translate asks: it would have to download one otherwise."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from seqloom.core.errors import MissingExtraError

__all__ = ["sentence_network"]

_STOPS, _FULL_STOPS, _CLOSERS = ".!?", "。！？…", "\"'”’»)]」』）】"
_SMALL = "".join(map(chr, [*range(0x61, 0x7B), *range(0xE0, 0xF7), *range(0xF8, 0x100), *range(0x430, 0x450)]))
_CAPITALS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
_LETTERS = _SMALL + _CAPITALS
_ABBREVIATIONS = ("Mr", "Mrs", "Ms", "Dr", "Prof", "St", "Jr", "Sr", "vs", "etc", "No", "Nr", "bzw", "ca", "Mme", "cf")
_BEFORE, _BEHIND = 6, 2
"""Characters that a rule may look at on either side."""
_PAD, _UNKNOWN = "<PAD>", "<UNK>"
_LABELS, _END_LABEL = 5, 2
"""What a character may be; of a sentence nothing is asked but its end."""


@dataclass(frozen=True)
class _Rule:
    """What must stand where, counted from a character, and what must not."""

    needs: Mapping[int, str]
    bars: Mapping[int, str] = field(default_factory=dict)


_ENDS = (
    *(
        # A stop only where a space follows, and no small letter says otherwise.
        _Rule({-behind: _STOPS, **{place - behind + 1: _CLOSERS for place in range(behind)}, 1: " "}, {2: _SMALL})
        for behind in range(3)
    ),
    _Rule({0: _FULL_STOPS}, {1: _FULL_STOPS + _CLOSERS}),
    _Rule({-1: _FULL_STOPS, 0: _CLOSERS}, {1: _CLOSERS}),
)
_NO_ENDS = (
    _Rule({-1: _CAPITALS, 0: "."}, {-2: _LETTERS + "."}),
    *(
        _Rule(
            {place - len(word): char for place, char in enumerate(f"{word}.")},
            {-len(word) - 1: _LETTERS},
        )
        for word in _ABBREVIATIONS
    ),
)


def sentence_network() -> bytes:
    """An ONNX model for MiniSBD: characters' numbers in, the scores of the labels out.

    Every rule is a filter over the characters around one, which is positive where the rule holds. A character is an end
    where one of the rules for it holds and none against it.
    """
    try:
        import onnx
        from onnx import TensorProto, helper, numpy_helper
    except ImportError:
        raise MissingExtraError("the export to Argos Translate", extra="argos") from None

    ids = _numbers()
    filters_RCK, bias_R = _filters(ids)
    weights_LR = np.zeros((_LABELS, len(bias_R), 1), np.float32)
    weights_LR[_END_LABEL, :, 0] = [2] * len(_ENDS) + [-100] * len(_NO_ENDS)
    bias_L = np.array([0] + [-1] * (_LABELS - 1), np.float32)
    constants = {
        "one_hot": np.eye(len(ids), dtype=np.float32),
        "filters": filters_RCK,
        "bias": bias_R,
        "labels": weights_LR,
        "label_bias": bias_L,
    }
    # A filter's result is 0.5 or less than that by whole numbers: its sign, cut at 0, is whether the rule holds.
    nodes = [
        helper.make_node("Gather", ["one_hot", "units"], ["chars_BTC"]),
        helper.make_node("Transpose", ["chars_BTC"], ["chars_BCT"], perm=[0, 2, 1]),
        helper.make_node("Conv", ["chars_BCT", "filters", "bias"], ["near_BRT"], pads=[_BEFORE, _BEHIND]),
        helper.make_node("Sign", ["near_BRT"], ["sign_BRT"]),
        helper.make_node("Relu", ["sign_BRT"], ["holds_BRT"]),
        helper.make_node("Conv", ["holds_BRT", "labels", "label_bias"], ["labels_BLT"]),
        helper.make_node("Transpose", ["labels_BLT"], ["pred"], perm=[0, 2, 1]),
    ]
    graph = helper.make_graph(
        nodes,
        "sentences",
        [
            helper.make_tensor_value_info("units", TensorProto.INT64, ["batch", "chars"]),
            helper.make_tensor_value_info("features", TensorProto.FLOAT, ["batch", "chars", "kinds"]),
        ],
        [helper.make_tensor_value_info("pred", TensorProto.FLOAT, ["batch", "chars", _LABELS])],
        [numpy_helper.from_array(array, name) for name, array in constants.items()],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8)
    vocabulary = {"lang": "", "lower": False, "_unit2id": ids, "_id2unit": list(ids)}
    helper.set_model_props(
        model,
        {
            "lang_code": "",
            "config": json.dumps({"feat_funcs": ["end_of_para"], "batch_size": 1, "max_seqlen": 1000}),
            "vocab": json.dumps(vocabulary),
        },
    )
    onnx.checker.check_model(model)
    return model.SerializeToString()


def _numbers() -> dict[str, int]:
    """Of every character that a rule looks at; all others are one."""
    chars = {
        char: None
        for rule in (*_ENDS, *_NO_ENDS)
        for found in (*rule.needs.values(), *rule.bars.values())
        for char in found
    }
    return {char: number for number, char in enumerate((_PAD, _UNKNOWN, *chars))}


def _filters(ids: Mapping[str, int]) -> tuple[np.ndarray, np.ndarray]:
    rules = (*_ENDS, *_NO_ENDS)
    filters_RCK = np.zeros((len(rules), len(ids), _BEFORE + 1 + _BEHIND), np.float32)
    bias_R = np.zeros(len(rules), np.float32)
    for number, rule in enumerate(rules):
        for weight, where in ((1, rule.needs), (-len(rule.needs), rule.bars)):
            for place, chars in where.items():
                filters_RCK[number, [ids[char] for char in chars], place + _BEFORE] = weight
        bias_R[number] = 0.5 - len(rule.needs)
    return filters_RCK, bias_R
