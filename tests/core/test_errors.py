"""The error tree."""

import pickle

import pytest

from seqloom.core import errors
from seqloom.core.errors import (
    DataError,
    DecodingError,
    MissingExtraError,
    ModelFolderError,
    RecipeError,
    SeqloomError,
    TrainingError,
)


def test_recipe_error_is_a_line_for_each_mistake() -> None:
    error = RecipeError("`a` is wrong.", "`b` is wrong.")
    assert error.mistakes == ("`a` is wrong.", "`b` is wrong.")
    assert str(error) == "`a` is wrong.\n`b` is wrong."
    assert isinstance(error, ValueError)


def test_missing_extra_says_what_to_install() -> None:
    expected = "`MarianMT` needs the extra `huggingface`. Do `pip install 'seqloom[huggingface]'`."
    assert str(MissingExtraError("MarianMT", extra="huggingface")) == expected


@pytest.mark.parametrize(
    "cls", [RecipeError, DataError, ModelFolderError, DecodingError, TrainingError, MissingExtraError]
)
def test_every_error_is_ours_and_drawn(cls: type[SeqloomError]) -> None:
    assert issubclass(cls, SeqloomError)
    assert f"── {cls.__name__} " in (errors.__doc__ or "")


@pytest.mark.parametrize(
    "error", [RecipeError("a", "b"), DataError("train.tsv:3: …"), MissingExtraError("plots", extra="plot")]
)
def test_errors_cross_processes(error: SeqloomError) -> None:
    copy = pickle.loads(pickle.dumps(error))
    assert type(copy) is type(error)
    assert str(copy) == str(error)
    assert vars(copy) == vars(error)
