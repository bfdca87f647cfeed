"""`seqloom check`: the resolved recipe and the model, or all mistakes, one a line."""

import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from seqloom.cli.main import main

RECIPE = '[model.encoder]\nkind = "transformer"\nwidth = 64\nlayers = 2\n'
OWN = """
from dataclasses import dataclass
from seqloom.models.encoders import TransformerEncoderSettings

@dataclass(frozen=True, kw_only=True)
class Mine(TransformerEncoderSettings):
    '''The borrowed encoder.'''
"""


@pytest.fixture
def recipe(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A recipe in the folder where one works."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", [*sys.path])
    path = Path("recipe.toml")
    path.write_text(RECIPE)
    return path


def printed(capsys: pytest.CaptureFixture[str], *arguments: str) -> str:
    assert main(["check", *arguments]) == 0
    stdout, stderr = capsys.readouterr()
    assert stderr == ""
    return stdout


def refused(capsys: pytest.CaptureFixture[str], *arguments: str) -> list[str]:
    assert main(["check", *arguments]) == 2
    stdout, stderr = capsys.readouterr()
    assert stdout == ""
    return stderr.splitlines()


def resolved(stdout: str) -> str:
    """The recipe, which a summary follows: as many lines as are TOML."""
    lines = stdout.splitlines(keepends=True)
    for end in range(len(lines), 0, -1):
        try:
            tomllib.loads("".join(lines[:end]))
        except tomllib.TOMLDecodeError:
            continue
        return "".join(lines[:end])
    raise AssertionError(f"no recipe in {stdout}")


def test_the_resolved_recipe_is_printed_and_is_one_itself(recipe: Path, capsys: pytest.CaptureFixture[str]) -> None:
    stdout = printed(capsys, "recipe.toml", "--set", "model.encoder.layers=3", "--set", "model.encoder.norm=rms")
    text = resolved(stdout)
    encoder = tomllib.loads(text)["model"]["encoder"]
    assert (encoder["kind"], encoder["width"], encoder["layers"], encoder["norm"]) == ("transformer", 64, 3, "rms")
    assert "parameters" in stdout.removeprefix(text)
    recipe.write_text(text)
    assert printed(capsys, "recipe.toml") == stdout


def test_every_mistake_is_a_line(recipe: Path, capsys: pytest.CaptureFixture[str]) -> None:
    recipe.write_text(f'{RECIPE}widht = 3\ndropout = "high"\n[modle]\n')
    first, *others = refused(capsys, "recipe.toml", "--set", "model.encoder.layers=six")
    assert first.startswith("recipe.toml: `modle` is not a setting of ")
    assert first.endswith(" Did you mean `model`?")
    assert others == [
        "recipe.toml: `model.encoder.widht` is not a setting of the Transformer encoder. Did you mean `width`?",
        'recipe.toml: `model.encoder.layers` must be a whole number, but is "six".',
        'recipe.toml: `model.encoder.dropout` must be a number, but is "high".',
    ]


def test_widths_that_do_not_divide(recipe: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert refused(capsys, "recipe.toml", "--set", "model.encoder.heads=5") == [
        "recipe.toml: `model.encoder`: heads must divide width, but 5 does not divide 64."
    ]


def test_an_unknown_kind(recipe: Path, capsys: pytest.CaptureFixture[str]) -> None:
    [line] = refused(capsys, "recipe.toml", "--set", "model.encoder.kind=tranformer")
    assert line.startswith("recipe.toml: `model.encoder.kind` must be one of ")
    assert line.endswith(', but is "tranformer". Did you mean "transformer"?')


def test_a_malformed_override(recipe: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert refused(capsys, "recipe.toml", "--set", "layers") == ["`--set layers` must be `key=value`."]


def test_a_recipe_that_is_not_toml(recipe: Path, capsys: pytest.CaptureFixture[str]) -> None:
    recipe.write_text("[model\n")
    [line] = refused(capsys, "recipe.toml")
    assert line.startswith("recipe.toml: is not TOML: ")
    assert "at line 1" in line


def test_a_recipe_that_is_not_there(tmp_path: Path) -> None:
    command = [Path(sys.executable).with_name("seqloom"), "check", "absent.toml"]
    done = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path)
    assert (done.returncode, done.stdout, done.stderr) == (2, "", "absent.toml: there is no such file.\n")


def test_an_own_part_is_found_where_one_works(recipe: Path, capsys: pytest.CaptureFixture[str]) -> None:
    Path("own_encoders.py").write_text(OWN)
    own = ("--set", "model.encoder.kind=own_encoders:Mine")
    assert 'kind = "own_encoders:Mine"' in printed(capsys, "recipe.toml", *own)
    assert refused(capsys, "recipe.toml", *own, "--set", "model.encoder.widht=1") == [
        "recipe.toml: `model.encoder.widht` is not a setting of the borrowed encoder. Did you mean `width`?"
    ]
    del sys.modules["own_encoders"]


def test_a_missing_extra_is_one_line(recipe: Path, capsys: pytest.CaptureFixture[str]) -> None:
    Path("pretrained_part.py").write_text(
        "from dataclasses import dataclass\n"
        "from seqloom import MissingExtraError\n"
        "@dataclass(frozen=True, kw_only=True)\n"
        "class Settings:\n"
        "    def build(self, *, memory):\n"
        "        raise MissingExtraError('pretrained_part:Settings', extra='huggingface')\n"
    )
    recipe.write_text('[model.encoder]\nkind = "pretrained_part:Settings"\n')
    assert refused(capsys, "recipe.toml") == [
        "`pretrained_part:Settings` needs the extra `huggingface`. Do `pip install 'seqloom[huggingface]'`."
    ]
