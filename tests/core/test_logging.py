"""The logger is silent in a library, and plain where no terminal reads it."""

import re
import subprocess
import sys

import pytest

SPEAK = "from seqloom.core.logging import logger, show_log; {}; logger.info('step %d', 3); logger.warning('[late]')"


def stderr_of(setup: str) -> str:
    return subprocess.run([sys.executable, "-c", SPEAK.format(setup)], capture_output=True, text=True).stderr


def test_a_library_says_nothing_by_itself() -> None:
    assert stderr_of("pass") == ""


@pytest.mark.parametrize("setup", ["show_log()", "show_log(); show_log()"])
def test_a_pipe_gets_plain_lines_once(setup: str) -> None:
    lines = stderr_of(setup).splitlines()
    assert [re.sub(r"^\S+ \S+ ", "", line) for line in lines] == ["INFO step 3", "WARNING [late]"]


def test_the_level_is_kept() -> None:
    assert "step 3" not in stderr_of("show_log(30)")
