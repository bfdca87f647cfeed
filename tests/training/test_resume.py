"""Kill -9 at any instant costs time alone: the weights are those of the run that was left alone, bit for bit."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
@pytest.mark.parametrize("family", ["small", pytest.param("recurrent", marks=pytest.mark.slow)])
def test_a_run_that_was_killed_comes_to_the_same_weights(family: str) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "tests.training.killed", family], capture_output=True, text=True, cwd=ROOT
    )
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert told["kills"] >= 3
    assert told["cut"] == told["whole"], "weights, validations and the log"
    assert [step for step, _ in told["cut"]["steps"]] == list(range(1, 23))
    assert told["whole"]["rate"] < 1, "the plateau was reached"
