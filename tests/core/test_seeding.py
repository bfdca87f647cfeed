"""One seed for all generators, and resuming in the middle of their streams."""

import pickle
import random

import numpy as np
import torch

from seqloom.core.seeding import random_states, restore_random_states, seed_everything


def draw() -> tuple[float, float, float]:
    return random.random(), float(np.random.random()), float(torch.rand(()))


def test_the_same_seed_gives_the_same_numbers_and_another_gives_others() -> None:
    seed_everything(7)
    first = [draw() for _ in range(3)]
    seed_everything(7)
    assert [draw() for _ in range(3)] == first
    seed_everything(8)
    assert not {number for row in first for number in row} & set(draw())


def test_restored_states_continue_the_stream() -> None:
    seed_everything(7)
    draw()
    np.random.standard_normal()  # numpy keeps the second half of a pair of normal numbers aside
    states = pickle.loads(pickle.dumps(random_states()))
    expected = [draw(), np.random.standard_normal()]
    draw()
    restore_random_states(states)
    assert [draw(), np.random.standard_normal()] == expected
