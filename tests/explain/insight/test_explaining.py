"""One answer explained: what a model that copies must show, what is refused, and what an export can still tell."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from seqloom.core.errors import DataError, DecodingError
from seqloom.decoding.constraints.lengths import SameLengthSettings
from seqloom.decoding.constraints.phrases import PhraseSettings
from seqloom.explain.explaining import PARTS, Explanation, explain
from seqloom.explain.insight.attention import entropy_of, rollout
from seqloom.explain.insight.attribution import whole
from seqloom.explain.insight.neighbours import neighbours_in
from seqloom.export.folder import export_folder
from seqloom.workflow.loading import load
from seqloom.workflow.model import Model

from .small import copying, hardly

SOURCE = "3 1 7 5"


@pytest.fixture(scope="module")
def model() -> Model:
    torch.set_num_threads(1)
    return copying()


@pytest.fixture(scope="module")
def copied(model: Model) -> Explanation:
    return explain(model, SOURCE, what=PARTS)


def test_a_copy_is_owed_to_what_was_copied(copied: Explanation) -> None:
    assert copied.target == SOURCE
    assert copied.attribution is not None
    for method in ("integrated_gradients", "erasure"):
        rows = np.array(copied.attribution.methods[method])[:-1]
        assert rows.argmax(1).tolist() == [0, 1, 2, 3], method
    assert copied.attention is not None
    assert dict(copied.attention.aligned) == {0: 0, 1: 1, 2: 2, 3: 3}


def test_what_a_method_puts_first_hurts_more_than_chance(model: Model, copied: Explanation) -> None:
    assert copied.attribution is not None
    faithful = copied.attribution.faithfulness
    assert faithful.keys() == {"gradient_x_input", "integrated_gradients", "erasure", "attention"}
    assert faithful["erasure"].top >= faithful["erasure"].random > 0
    erased = np.array(copied.attribution.methods["erasure"]).sum(0)
    assert faithful["erasure"].top == pytest.approx(erased.max(), abs=1e-4)
    again, other = (explain(model, SOURCE, what=("attribution",), seed=seed) for seed in (1, 2))
    assert again.attribution is not None
    assert other.attribution is not None
    assert again.attribution.faithfulness["erasure"] == faithful["erasure"], "the same seed draws the same tokens"
    assert other.attribution.faithfulness["erasure"].random != faithful["erasure"].random


def test_another_answer_is_told_apart_where_it_begins_to_differ(model: Model) -> None:
    explained = explain(model, SOURCE, what=(), instead="3 1 5 7")
    contrast = explained.contrast
    assert contrast is not None
    assert (contrast.position, contrast.token, contrast.other) == (2, "7", "5")
    for method in ("integrated_gradients", "erasure"):
        row = contrast.methods[method]
        assert row.index(max(row)) == 2, "7 is said because of the 7"
    mine = explain(model, SOURCE, what=("attribution",)).attribution
    theirs = explain(model, SOURCE, target="3 1 5 7", what=("attribution",)).attribution
    assert mine is not None
    assert theirs is not None
    for method, row in contrast.methods.items():
        expected = np.array(mine.methods[method][2]) - np.array(theirs.methods[method][2])
        assert row == pytest.approx(expected.tolist(), abs=1e-4)


def test_a_shorter_answer_parts_at_its_end(model: Model) -> None:
    contrast = explain(model, SOURCE, what=(), instead="3 1 7").contrast
    assert contrast is not None
    assert (contrast.position, contrast.token, contrast.other) == (3, "5", "</s>")


def test_a_given_answer_is_explained_as_it_is(model: Model) -> None:
    explained = explain(model, SOURCE, target="5 7", position=0)
    assert not explained.chosen
    assert explained.target_tokens == ("5", "7", "</s>")
    [scored] = model.score([(SOURCE, "5 7")])
    assert explained.token_logps == pytest.approx(scored.token_logps)
    assert next(each.token for each in explained.alternatives or ()) == "3"


def test_who_waits_no_longer_can_end_it(model: Model) -> None:
    def no_longer() -> None:
        raise InterruptedError

    with pytest.raises(InterruptedError):
        explain(model, SOURCE, what=("attribution",), go_on=no_longer)


def test_alternatives_go_on_under_the_same_constraints(model: Model) -> None:
    kept = Model(
        replace(model.recipe, answers=replace(model.recipe.answers, constraints=(PhraseSettings(phrases=(("8",),)),))),
        model.numbering,
        model.network,
    )
    explained = explain(kept, SOURCE, position=1)
    assert all("8" in each.continuation.split() for each in explained.alternatives or ())


def test_every_place_has_alternatives_and_no_other(model: Model, copied: Explanation) -> None:
    for place, token in enumerate(copied.target_tokens):
        likeliest, *_ = explain(model, SOURCE, what=("alternatives",), position=place).alternatives or ()
        assert (likeliest.token, likeliest.chosen, likeliest.continuation) == (token, True, SOURCE)
    for place in (-1, len(copied.target_tokens)):
        with pytest.raises(DecodingError, match=r"`position` must be from 0 to 4, which is the end, but is"):
            explain(model, SOURCE, position=place)


@pytest.mark.parametrize(
    ("source", "how", "line"),
    [
        ("", {}, r"the source must be a text, but is empty\. Give one\."),
        (" ", {}, r"the source must be a text, but is empty\."),
        (SOURCE, {"target": ""}, r"`target` must say something, but is empty\."),
        (SOURCE, {"target": "3 zebra"}, r"`target` must be made of what the model can say, but it cannot say"),
        (SOURCE, {"instead": SOURCE}, r"`instead` must be another answer, but is the one that is explained\."),
        (SOURCE, {"what": ("sense",)}, r'`what` must be one of "attention", .*, but is "sense"\.'),
        (SOURCE, {"number": 0}, r"`number` must be at least 1, but is 0\."),
    ],
)
def test_what_cannot_be_explained_is_one_line(model: Model, source: str, how: dict[str, Any], line: str) -> None:
    with pytest.raises((DataError, DecodingError), match=line) as caught:
        explain(model, source, **how)
    assert "\n" not in str(caught.value)


def test_a_target_that_is_too_long_for_the_decoder_is_one_line() -> None:
    with pytest.raises(DecodingError, match="at most 1 tokens, but has 2"):
        explain(hardly("pooled"), SOURCE, target="1 2")


def test_of_a_text_in_parts_the_first_is_explained(model: Model) -> None:
    short = Model(model.recipe, model.numbering, model.network, longest_source=3)
    explained = explain(short, SOURCE)
    assert 0 < len(explained.source_tokens) <= 3
    assert "of which the first is explained" in explained.notes[0]


def test_the_nearest_pairs_are_those_alike(model: Model, tmp_path: Path) -> None:
    file = tmp_path / "train.tsv"
    file.write_text("8 6\t8 6\n3 1 7 5\t3 1 7 5\n3 1 7 6\t3 1 7 6\n3 1 7 5\t3 1 7 5\n", encoding="utf-8")
    near = neighbours_in(model, file)
    first, second, third = explain(model, SOURCE, what=(), neighbours=near).neighbours or ()
    assert [first.source, second.source, third.source] == [SOURCE, "3 1 7 6", "8 6"]
    assert first.distance == pytest.approx(0.0, abs=1e-5)
    source, _ = model.numbering.source(SOURCE)
    assert near.nearest(source, number=1) == neighbours_in(model, file).nearest(source, number=1), "read back"
    assert (tmp_path / "train.tsv.states" / "vectors.npy").is_file()
    file.write_text("8 6\t8 6\n", encoding="utf-8")
    assert len(neighbours_in(model, file).nearest(source, number=5)) == 1, "another file is read anew"


def test_an_export_tells_what_it_can(model: Model, tmp_path: Path) -> None:
    model.save(tmp_path / "model")
    export_folder(tmp_path / "model", tmp_path / "onnx", to="onnx")
    found = explain(load(tmp_path / "onnx"), SOURCE, what=PARTS)
    own = explain(model, SOURCE, what=PARTS)
    assert found.missing.keys() == {"attention", "self_attention", "gradients", "search"}
    assert found.attribution is not None
    assert own.attribution is not None
    for mine, theirs in zip(own.attribution.methods["erasure"], found.attribution.methods["erasure"], strict=True):
        assert theirs == pytest.approx(mine, abs=1e-3)
    assert [each.token for each in found.alternatives or ()] == [each.token for each in own.alternatives or ()]
    with pytest.raises(DecodingError, match=r"Ask the model itself\."):
        neighbours_in(load(tmp_path / "onnx"), [("1", "1")])


def test_a_rollout_by_hand() -> None:
    """Two layers of one head: R = (A₂ + I) / 2 · (A₁ + I) / 2."""
    first, second = torch.tensor([[[1.0, 0.0], [1.0, 0.0]]]), torch.tensor([[[0.5, 0.5], [0.0, 1.0]]])
    expected = torch.tensor([[0.75, 0.25], [0.0, 1.0]]) @ torch.tensor([[1.0, 0.0], [0.5, 0.5]])
    torch.testing.assert_close(rollout([first, second]), expected)


def test_each_side_of_a_transformer_looks_at_its_own_tokens() -> None:
    model = hardly("transformer")
    explained = explain(model, SOURCE, what=("self_attention",))
    own = explained.self_attention
    assert own is not None
    assert own.encoder is not None
    assert own.decoder is not None
    said = len(explained.target_tokens)
    assert (own.encoder.rows, own.encoder.places) == (explained.source_tokens, explained.source_tokens)
    assert own.decoder.rows == explained.target_tokens
    assert own.decoder.places == ("<s>", *explained.target_tokens[:-1])
    for side, size in ((own.encoder, len(explained.source_tokens)), (own.decoder, said)):
        assert [len(layer.heads) for layer in side.layers] == [2, 2]
        for head in (head for layer in side.layers for head in layer.heads):
            weights = np.array(head)
            assert weights.shape == (size, size)
            assert weights.sum(1) == pytest.approx(np.ones(size), abs=1e-5)
    assert all(not np.triu(head, 1).any() for layer in own.decoder.layers for head in layer.heads), "nothing ahead"
    data = explained.to_data()["self_attention"]
    assert [layer["name"] for layer in data["decoder"]["layers"]] == ["decoder 1", "decoder 2"]


def test_what_has_no_attention_of_its_own_says_so(model: Model) -> None:
    explained = explain(model, SOURCE, what=("self_attention",))
    assert explained.self_attention is None
    assert "neither the encoder nor the decoder" in explained.missing["self_attention"]
    half = explain(hardly("ssru"), SOURCE, what=("self_attention",)).self_attention
    assert half is not None
    assert half.encoder is not None
    assert half.decoder is None, "an SSRU looks at nothing"
    assert half.to_data().keys() == {"encoder"}


def test_entropy_counts_places_in_bits() -> None:
    rows = torch.tensor([[1.0, 0.0, 0.0, 0.0], [0.5, 0.5, 0.0, 0.0], [0.25, 0.25, 0.25, 0.25]])
    assert entropy_of(rows).tolist() == pytest.approx([0.0, 1.0, 2.0])


def test_the_whole_is_the_sum_of_what_was_said() -> None:
    assert whole(((1.0, 2.0), (3.0, -4.0))) == (4.0, -2.0)


def test_alternatives_of_a_constrained_length_are_whole(model: Model) -> None:
    """At every place a token is asked for alone, though an answer so short would not be one."""
    same = replace(model.recipe.answers, constraints=(SameLengthSettings(),))
    kept = Model(replace(model.recipe, answers=same), model.numbering, model.network)
    for place in range(4):
        found = explain(kept, SOURCE, what=("alternatives",), position=place).alternatives or ()
        assert len(found) == 5
        assert all(len(each.continuation.split()) == 4 for each in found)
    [end] = explain(kept, SOURCE, what=("alternatives",), position=4).alternatives or ()
    assert (end.token, end.continuation) == ("</s>", SOURCE)


def test_a_given_answer_that_the_constraints_bar_has_no_alternatives(model: Model) -> None:
    same = replace(model.recipe.answers, constraints=(SameLengthSettings(),))
    kept = Model(replace(model.recipe, answers=same), model.numbering, model.network)
    explained = explain(kept, SOURCE, target="3 1 7 5 6 2", what=("alternatives", "attention"), position=6)
    assert explained.alternatives is None
    assert "alternatives" in explained.missing
    assert explained.attention is not None
