"""What is installed is all that is needed: recipes and word lists are in the wheel, and the tests are not."""

from __future__ import annotations

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

FOLDER = Path(__file__).parent.parent


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The package as a wheel leaves it, in a folder of its own."""
    place = tmp_path_factory.mktemp("wheel")
    build = [
        sys.executable,
        "-m",
        "pip",
        "wheel",
        "-q",
        "--no-deps",
        "--no-build-isolation",
        "-w",
        str(place),
        str(FOLDER),
    ]
    done = subprocess.run(build, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    [wheel] = place.glob("*.whl")
    with zipfile.ZipFile(wheel) as opened:
        opened.extractall(place / "site")
    return place / "site"


def run(installed: Path, *arguments: str) -> str:
    """Somewhere else, with nothing of the checkout on the path."""
    environment = os.environ | {"PYTHONPATH": str(installed)}
    command = [sys.executable, *arguments]
    done = subprocess.run(command, cwd=installed, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_it_runs_from_where_it_is_installed(installed: Path) -> None:
    assert run(installed, "-c", "import seqloom; print(seqloom.__file__)").startswith(str(installed))
    shipped = {path.stem for path in (FOLDER / "src" / "seqloom" / "recipes").glob("*.toml")}
    printed = run(installed, "-m", "seqloom", "recipes")
    assert all(name in printed for name in shipped)


def test_everything_that_is_no_code_is_there(installed: Path) -> None:
    package = FOLDER / "src" / "seqloom"
    kept = {
        path.relative_to(package)
        for path in package.rglob("*")
        if path.is_file() and path.suffix in (".css", ".toml", ".txt")
    }
    assert kept
    assert all((installed / "seqloom" / path).is_file() for path in kept)
    assert (installed / "seqloom" / "py.typed").is_file()
    assert not (installed / "tests").exists()
