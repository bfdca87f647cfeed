"""What CONTRIBUTING.md shows of one's own part, done."""

from __future__ import annotations

import re
import subprocess
import sys
import textwrap
from pathlib import Path

FOLDER = Path(__file__).parent.parent


def test_its_encoder_obeys_the_laws_and_works_in_a_recipe(tmp_path: Path) -> None:
    text = (FOLDER / "CONTRIBUTING.md").read_text(encoding="utf-8")
    [example] = re.findall(r"^   ```python\n(.*?)^   ```$", text, flags=re.MULTILINE | re.DOTALL)
    (tmp_path / "mine.py").write_text(textwrap.dedent(example), encoding="utf-8")
    (tmp_path / "recipe.toml").write_text('[model.encoder]\nkind = "mine:MyEncoderSettings"\nwidth = 24\n')
    for command in (["seqloom.testing", "mine:MyEncoderSettings", "--quick"], ["seqloom", "check", "recipe.toml"]):
        done = subprocess.run([sys.executable, "-m", *command], cwd=tmp_path, capture_output=True, text=True)
        assert done.returncode == 0, done.stdout + done.stderr
    assert "MyEncoder" in done.stdout
    assert "24×256, 24" in done.stdout


def test_the_files_that_it_names_exist() -> None:
    text = (FOLDER / "CONTRIBUTING.md").read_text(encoding="utf-8")
    for name in re.findall(r"`((?:src|examples|docs|models|nn|decoding|data)/[\w./]+)`", text):
        if "mine" not in name:
            assert (FOLDER / name).exists() or (FOLDER / "src" / "seqloom" / name).exists(), name
