"""Series to normalised frames and back, and a folder that keeps what was learnt."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from seqloom.core.errors import DataError, ModelFolderError, RecipeError
from seqloom.data.tokenizers import load_tokenizer
from seqloom.data.tokenizers.vectors import VectorSettings, VectorTokenizer


def fitted(*series: object, normalise: bool = True) -> VectorTokenizer:
    settings = VectorSettings(normalise="channels" if normalise else "none")
    return settings.fit([json.dumps(np.asarray(each).tolist()) for each in series])


def test_each_channel_has_mean_nothing_and_variance_one() -> None:
    dice = np.random.default_rng(1)
    series = [dice.normal([100, -3], [5, 0.01], size=(length, 2)) for length in (3, 40, 1, 7)]
    made = fitted(*series)
    frames = np.concatenate([made.encode(json.dumps(each.tolist())) for each in series])
    assert frames.dtype == np.float32
    np.testing.assert_allclose(frames.mean(0), 0, atol=1e-5)
    np.testing.assert_allclose(frames.var(0), 1, atol=1e-4)
    assert made.specials.channels == 2


def test_what_is_encoded_is_decoded() -> None:
    made = fitted([1.0, 2.0, 4.0], [-3.0])
    assert json.loads(made.decode(made.encode("[1.5, 2.25]"))) == pytest.approx([1.5, 2.25], abs=1e-5)
    assert made.pieces("[1.5, 2.25]") == ["[1.5]", "[2.25]"]
    assert made.join(["[1.5]", "[2.25]"]) == "[1.5, 2.25]"
    assert [json.loads(each)[0] for each in made.show(made.encode("[1.5, 2.25]"))] == pytest.approx([1.5, 2.25])
    assert made.encode("").shape == (0, 1)


def test_a_channel_that_never_moves_is_left_at_nothing() -> None:
    made = fitted([[5.0, 1.0], [5.0, 2.0]])
    assert made.encode("[[5, 1], [6, 2]]").tolist() == [[0, -1], [1, 1]]


def test_numbers_may_be_left_as_they_are() -> None:
    assert fitted([3.0, 9.0], normalise=False).encode("[3, 4]").tolist() == [[3], [4]]


def test_a_folder_keeps_it(tmp_path: Path) -> None:
    made = fitted([1.0, 2.0, 4.0])
    made.save(tmp_path / "kept")
    again = load_tokenizer(tmp_path / "kept")
    assert isinstance(again, VectorTokenizer)
    assert again.settings == made.settings
    assert (again.encode("[1, 7]") == made.encode("[1, 7]")).all()
    (tmp_path / "kept" / "channels.json").write_text("{}")
    with pytest.raises(ModelFolderError):
        load_tokenizer(tmp_path / "kept")


def test_what_does_not_fit_is_one_line() -> None:
    made = fitted([1.0, 2.0])
    with pytest.raises(DataError, match="must have 1 numbers, as those of the training data have, but has 2"):
        made.encode("[[1, 2]]")
    with pytest.raises(DataError, match=r"some have 1 and some 2.*`data.joint = false`"):
        fitted([1.0], [[1.0, 2.0]])
    with pytest.raises(DataError, match="there must be series"):
        VectorSettings().fit([])
    with pytest.raises(RecipeError, match="special_tokens must be empty"):
        VectorSettings().fit(["[1]"], special_tokens=["<a>"])
