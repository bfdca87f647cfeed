"""A Transformer written for CTranslate2 says what it said before, in every shape that CTranslate2 knows."""

import json
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from tests.export.models import SIZE, built, pairs, settings_of, write

from seqloom.core.errors import MissingExtraError, RecipeError
from seqloom.core.specials import Specials
from seqloom.decoding.request import Scored
from seqloom.decoding.search import Search
from seqloom.engines.ctranslate2 import CTranslate2Engine
from seqloom.export.ctranslate2 import distinct, why_not, write_ctranslate2
from seqloom.models.encoders import TransformerEncoderSettings
from seqloom.models.stepper import ModelStepper

pytest.importorskip("ctranslate2")


def both(**part: Any) -> dict[str, Any]:
    return {"encoder": part, "decoder": part}


def positions(kind: str, **rest: Any) -> dict[str, Any]:
    return {"positions": {"kind": kind, **rest}}


VARIANTS: dict[str, dict[str, Any]] = {
    "usual": {},
    "post-norm": both(order="post"),
    "post-norm below pre-norm": {"encoder": {"order": "post"}},
    "RMS norm": both(norm="rms"),
    "RMS post-norm": both(norm="rms", order="post"),
    "GELU": both(activation="gelu"),
    "SwiGLU": both(activation="swiglu"),
    "grouped queries": both(kv_heads=2),
    "one key head": both(kv_heads=1),
    "grouped queries in the decoder": {"decoder": {"kv_heads": 2}},
    "learned positions": both(**positions("learned", longest=45)),
    "rotary positions": both(**positions("rotary", base=500.0)),
    "relative positions": both(**positions("relative", buckets=8, distance=20)),
    "no positions": both(**positions("none")),
    "linear biases": {"decoder": positions("alibi")},
    "linear biases of three heads": {"decoder": {"width": 12, "heads": 3, **positions("alibi")}},
    "two kinds of positions": {"encoder": positions("rotary"), "decoder": positions("learned", longest=45)},
    "modern": both(activation="swiglu", norm="rms", kv_heads=2, **positions("rotary")),
    "grouped and relative": both(kv_heads=2, **positions("relative")),
    "unscaled": {"source": {"scale": False}, "target": {"scale": False}},
    "tied to the output": {"tie": "output"},
    "one matrix for all": {"tie": "all"},
    "no bias": {"head": {"bias": False}},
    "narrower embeddings": {"source": {"width": 12}, "target": {"width": 10}},
    "narrower embeddings, tied": {"source": {"width": 10}, "target": {"width": 10}, "tie": "all"},
    "widths that differ": {"encoder": {"width": 24, "heads": 3}, "decoder": {"width": 32, "heads": 2}},
}


@pytest.mark.parametrize("name", VARIANTS)
def test_log_probabilities_are_the_same(name: str, tmp_path: Path) -> None:
    settings = settings_of(**VARIANTS[name])
    assert why_not(settings) is None
    network = built(settings, target=Specials(size=SIZE if "tie" in VARIANTS[name] else SIZE - 7))
    engine = CTranslate2Engine(write(network, tmp_path, settings), workers=1)
    given = pairs(network.vocabulary.size)
    close(engine.score(given), Search(ModelStepper(network)).score(given), within=1e-5)


def close(found: list[Scored], right: list[Scored], *, within: float) -> None:
    for one, other in zip(found, right, strict=True):
        np.testing.assert_allclose(one.token_logps, other.token_logps, rtol=0, atol=within)


def test_the_epsilon_of_norms_is_the_models_own(tmp_path: Path) -> None:
    for norm in ("layer", "rms"):
        settings = settings_of(**both(norm=norm), source={"scale": False}, target={"scale": False})
        network = built(settings)
        with torch.no_grad():  # so small that the epsilon is a good part of what is divided by
            for embedding in (network.source.embedding, network.decoder.embedding):
                embedding.table.weight.mul_(1e-4)
            for part in (network.encoder, network.decoder):
                part.positions.register_buffer("frequencies", torch.zeros_like(part.positions.frequencies))
                part.positions.add = lambda x_NTD, _: x_NTD  # sinusoids would not be small
        engine = CTranslate2Engine(write(network, tmp_path / norm, settings), workers=1)
        close(engine.score(pairs()), Search(ModelStepper(network)).score(pairs()), within=1e-4)


@pytest.mark.parametrize(
    ("quantize", "within"),
    [("float32", 1e-5), ("float16", 0.01), ("bfloat16", 0.1), ("int16", 0.5), ("int8", 0.5), ("int8_float32", 0.5)],
)
def test_quantised_weights_are_near_and_the_callers_are_untouched(quantize: Any, within: float, tmp_path: Path) -> None:
    settings = settings_of()
    network = built(settings)
    before = {name: weight.clone() for name, weight in network.state_dict().items()}
    engine = CTranslate2Engine(write(network, tmp_path, settings, quantize=quantize), workers=1)
    found, right = (
        np.concatenate([each.token_logps for each in scores.score(pairs())])
        for scores in (engine, Search(ModelStepper(network)))
    )
    away = np.abs(found - right).mean()
    assert away < within
    for name, weight in network.state_dict().items():
        assert torch.equal(weight, before[name]), name


def test_files_are_smaller_when_tied_and_when_quantised(tmp_path: Path) -> None:
    sizes = {}
    for name, parts, quantize in (("apart", {}, None), ("tied", {"tie": "all"}, None), ("int8", {}, "int8")):
        settings = settings_of(**parts)
        folder = write(built(settings), tmp_path / name, settings, quantize=quantize, longest=16)
        sizes[name] = (folder / "model.bin").stat().st_size
    assert sizes["apart"] - sizes["tied"] > 2 * SIZE * 16 * 4 * 0.9
    assert sizes["int8"] < 0.5 * sizes["apart"]


REFUSED: dict[str, dict[str, Any]] = {
    '`model.encoder.kind` must be "transformer" for CTranslate2, but is "recurrent"': {
        "encoder": {"kind": "recurrent"}
    },
    "`model.decoder.kind`": {"decoder": {"kind": "conv"}},
    "`model.head.kind`": {"head": {"kind": "mixture"}},
    '`model.decoder.self_attention.kind` must be "attention"': {"decoder": {"self_attention": {"kind": "ssru"}}},
    "`model.encoder.window` must be left out": {"encoder": {"window": 3}},
    "`model.encoder.positions.kind`": {"encoder": positions("alibi")},
    '`model.decoder.norm` must be "layer", as `model.encoder.norm` is,': {"decoder": {"norm": "rms"}},
    "`model.source.factors`": {"source": {"factors": {"tag": {}}}},
    "`model.source.kind`": {"source": {"kind": "vectors", "width": 16}},
}


@pytest.mark.parametrize("line", REFUSED)
def test_what_cannot_be_said_exactly_is_refused(line: str, tmp_path: Path) -> None:
    settings = settings_of(**REFUSED[line])
    found = why_not(settings)
    assert found is not None
    assert found.startswith(line)
    assert found.endswith("Export to ONNX instead.")
    assert "\n" not in found
    with pytest.raises(RecipeError, match="for CTranslate2"):
        write_ctranslate2(built(settings_of()), tmp_path, settings=settings, source_tokens=[], target_tokens=[])


class Mine(TransformerEncoderSettings):
    """It might build anything."""


def test_a_part_of_the_users_own_is_refused() -> None:
    line = why_not(replace(settings_of(), encoder=Mine(width=16)))
    assert line is not None
    assert f'but is "{Mine.__module__}:Mine"' in line


def test_odd_tokens_survive(tmp_path: Path) -> None:
    odd = [
        "<pad>",
        "<bos>",
        "<eos>",
        "<unk>",
        "",
        " ",
        "\n",
        "\t",
        '"\\',
        "▁",
        "<pad>",
        "<eos>#2",
        "<eos>",
        "é",
        "￨",
        "🐈",
    ]
    odd += [f"w{number}" for number in range(SIZE - len(odd))]
    words = distinct(odd)
    assert len(set(words)) == SIZE
    assert [word for word, token in zip(words, odd, strict=True) if word != token] == ["<pad>#2", "<eos>#3"]
    settings = settings_of()
    network = built(settings)
    engine = CTranslate2Engine(write(network, tmp_path, settings, source_tokens=odd, target_tokens=odd), workers=1)
    close(engine.score(pairs()), Search(ModelStepper(network)).score(pairs()), within=1e-5)


def test_what_another_export_left_is_not_read(tmp_path: Path) -> None:
    settings = settings_of(tie="all")
    same = [f"w{number}" for number in range(SIZE)]
    write(built(settings), tmp_path, settings, source_tokens=same, target_tokens=same, shortlist={"": ["w5"]})
    write(built(settings), tmp_path, settings)
    assert json.loads((tmp_path / "target_vocabulary.json").read_text())[5] == "t5"
    assert not (tmp_path / "shared_vocabulary.json").exists()
    assert not (tmp_path / "vmap.txt").exists()


def test_a_shortlist_of_tokens_with_spaces_is_refused(tmp_path: Path) -> None:
    settings = settings_of()
    with pytest.raises(RecipeError, match="without spaces, but has 'a b'"):
        write(built(settings), tmp_path, settings, shortlist={"s5": ["a b"]})


def test_without_ctranslate2_the_extra_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = settings_of()
    monkeypatch.setitem(sys.modules, "ctranslate2", None)
    with pytest.raises(MissingExtraError, match=r"seqloom\[ctranslate2\]"):
        write(built(settings), tmp_path, settings)
    with pytest.raises(MissingExtraError, match=r"seqloom\[ctranslate2\]"):
        CTranslate2Engine(tmp_path)
