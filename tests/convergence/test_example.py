"""What a newcomer runs first."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

EXAMPLE = Path(__file__).parents[2] / "examples/copy_task.py"


@pytest.mark.slow
@pytest.mark.parametrize("family", ["transformer", "recurrent", "conv"])
def test_the_example_learns_and_shows_it(family: str) -> None:
    done = subprocess.run(
        [sys.executable, str(EXAMPLE), "--family", family], capture_output=True, text=True, encoding="utf-8"
    )
    assert done.returncode == 0, done.stderr
    found = re.search(r"([\d.]+)% of 500 unseen sequences are right", done.stdout)
    assert found is not None
    assert float(found[1]) >= 97
    assert done.stdout.count("✓") >= 4
    assert re.search("[▒▓█]", done.stdout), "the attention picture"
