"""When another program says something, and what is said where there is nothing to measure."""

import re
import subprocess
import sys
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path

import pytest

SCRIPT = Path(__file__).parents[2] / "bench/first_step.py"
spec = spec_from_file_location("first_step", SCRIPT)
assert spec is not None
assert spec.loader is not None
first_step = module_from_spec(spec)
spec.loader.exec_module(first_step)


def saying(*lines: str) -> list[str]:
    return [sys.executable, "-uc", "".join(f"print({line!r});" for line in lines) + "import time; time.sleep(60)"]


def test_a_program_is_ended_when_it_has_said_what_was_waited_for() -> None:
    found = first_step.seen(saying("begin", "step 1/9"), [re.compile("begin"), re.compile("^step 1/")])
    assert 0 < found[0][0] <= found[1][0] < 30


def test_a_program_that_never_says_it_is_shown() -> None:
    with pytest.raises(SystemExit, match=r"never said 'step'(?s:.*)no such option"):
        first_step.seen([sys.executable, "-c", "print('no such option')"], [re.compile("step")])


def test_without_data_nothing_is_measured() -> None:
    done = subprocess.run([sys.executable, SCRIPT, "not.de,not.en", "not.tsv"], capture_output=True, text=True)
    assert (done.returncode, done.stdout) == (0, "skipped: not.de is not here\n")
