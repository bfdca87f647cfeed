"""What all commands share: help, version, and how they fail."""

import gc
import os
import subprocess
import sys
from pathlib import Path

import pytest
from cyclopts import App

import seqloom
from seqloom.cli import main as cli
from seqloom.cli.options import importing
from seqloom.core.errors import RecipeError

SEQLOOM = Path(sys.executable).with_name("seqloom")


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([SEQLOOM, *arguments], capture_output=True, text=True)


def test_version() -> None:
    done = run("--version")
    assert (done.returncode, done.stdout, done.stderr) == (0, f"{seqloom.__version__}\n", "")


@pytest.mark.parametrize("arguments", [[], ["--help"], ["-h"]])
def test_help_lists_every_command(arguments: list[str]) -> None:
    done = run(*arguments)
    assert done.returncode == 0
    assert "check" in done.stdout


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["chekc", "a.toml"], 'Unknown command "chekc". Did you mean "check"?'),
        (["--quiet"], 'Unknown command "--quiet".'),
        (["check"], "RECIPE requires an argument."),
        (["check", "a.toml", "--sett", "a=1"], "Unknown option: --sett. Did you mean --set?"),
        (["check", "a.toml", "--set"], "--set requires an argument."),
        (["check", "a.toml", "b.toml"], "Unused Tokens: ['b.toml']."),
    ],
)
def test_a_mistake_on_the_command_line_is_one_line(arguments: list[str], words: str) -> None:
    done = run(*arguments)
    assert done.returncode == 2
    assert done.stdout == ""
    assert words in done.stderr
    assert done.stderr.endswith(" See `seqloom --help`.\n")
    assert done.stderr.count("\n") == 1


def failing(monkeypatch: pytest.MonkeyPatch, error: BaseException) -> None:
    """Put a command that raises `error` in place of all others."""
    app = App(result_action="return_value", print_error=False, exit_on_error=False, suppress_keyboard_interrupt=False)

    @app.command
    def fail() -> None:
        raise error

    monkeypatch.setattr(cli, "app", app)


def test_errors_of_ours_are_printed_line_by_line(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    failing(monkeypatch, RecipeError("`a` is wrong.", "`b` is wrong."))
    assert cli.main(["fail"]) == 2
    assert capsys.readouterr() == ("", "`a` is wrong.\n`b` is wrong.\n")


def test_other_errors_keep_their_traceback(monkeypatch: pytest.MonkeyPatch) -> None:
    failing(monkeypatch, ZeroDivisionError("a fault of ours"))
    with pytest.raises(ZeroDivisionError, match="a fault of ours"):
        cli.main(["fail"])


def test_an_interrupt_is_quiet(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    failing(monkeypatch, KeyboardInterrupt())
    assert cli.main(["fail"]) == 130
    assert capsys.readouterr() == ("", "")


@pytest.mark.parametrize("text", ["'short'", "'long' * 100_000"])
def test_a_closed_pipe_is_quiet(text: str) -> None:
    """As `seqloom … | head -1` closes it: the short text meets that only when stdout is flushed."""
    code = f"""
import sys
from seqloom.cli import main as cli
from seqloom.cli.options import importing
@cli.app.command
def speak() -> None:
    print({text})
sys.exit(cli.main(["speak"]))
"""
    reader, writer = os.pipe()
    os.close(reader)
    done = subprocess.run([sys.executable, "-c", code], stdout=writer, stderr=subprocess.PIPE, text=True)
    os.close(writer)
    assert (done.returncode, done.stderr) == (141, "")


def test_help_into_a_closed_pipe_is_quiet() -> None:
    reader, writer = os.pipe()
    os.close(reader)
    done = subprocess.run([SEQLOOM, "--help"], stdout=writer, stderr=subprocess.PIPE, text=True)
    os.close(writer)
    assert done.stderr == ""


def test_garbage_is_collected_again_when_an_import_fails() -> None:
    def failing() -> None:
        with importing():
            assert not gc.isenabled()
            raise ImportError

    frozen = gc.get_freeze_count()
    try:
        with pytest.raises(ImportError):
            failing()
        assert gc.isenabled()
        assert gc.get_freeze_count() > frozen
    finally:
        gc.unfreeze()
