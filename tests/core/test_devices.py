"""Picking a device, with and without a GPU."""

import pytest
import torch

from seqloom.core.devices import pick_device
from seqloom.core.errors import RecipeError


def test_the_processor_is_always_there() -> None:
    assert pick_device("cpu") == torch.device("cpu")


def test_auto_takes_what_is_there() -> None:
    assert pick_device("auto").type == ("cuda" if torch.cuda.is_available() else "cpu")


@pytest.mark.skipif(torch.cuda.is_available(), reason="this machine has a GPU")
def test_an_absent_gpu_is_one_line() -> None:
    with pytest.raises(RecipeError) as caught:
        pick_device("cuda")
    assert str(caught.value) == '`device` must be "cpu" or "auto" here, but is "cuda": torch finds no GPU.'


@pytest.mark.skipif(not torch.cuda.is_available(), reason="this machine has no GPU")
def test_a_gpu_that_is_there_is_picked() -> None:
    assert pick_device("cuda").type == "cuda"
