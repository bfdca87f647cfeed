"""What the README says of recipes and files. Its commands and its Python are run with the guide's, by test_guide.py."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

FOLDER = Path(__file__).parent.parent
README = (FOLDER / "README.md").read_text(encoding="utf-8")


def blocks(language: str) -> list[str]:
    fenced = re.findall(r"^```(\w*)\n(.*?)^```$", README, flags=re.MULTILINE | re.DOTALL)
    return [block for name, block in fenced if name == language]


def test_its_recipe_and_commands() -> None:
    [recipe] = blocks("toml")
    assert recipe == (FOLDER / "examples" / "gru.toml").read_text(encoding="utf-8")
    said = []
    [session] = [block for block in blocks("") if block.startswith("$ seqloom")]
    for line in session.splitlines():
        if not line.startswith("$ "):
            assert line in said[-1].stderr
            continue
        arguments = line.partition("#")[0].split()[2:]
        command = [sys.executable, "-m", "seqloom", *arguments]
        said.append(subprocess.run(command, cwd=FOLDER, capture_output=True, text=True, check=False))
    assert [done.returncode for done in said] == [0, 0, 2]
    assert "GatedConvolution" in said[1].stdout


def test_its_files_exist() -> None:
    named = re.findall(
        r"\]\(([\w./]+)\)|`((?:examples|bench|docs)/[\w./]+)`|python ((?:bench|docs/guide)/\w+\.py)", README
    )
    for name in filter(None, (name for names in named for name in names)):
        assert (FOLDER / name).exists(), f"README.md names {name}"
