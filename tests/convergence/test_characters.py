"""Words are written another way by rules, and no longer by heart: of languages side by side, each by its own.

The steps are few, a fifth of what the recipes take: what is asked is that rules are being learnt.
"""

from __future__ import annotations

import json
import random
import subprocess
import sys
from pathlib import Path

import pytest

from seqloom.cli.main import main

pytestmark = pytest.mark.slow

GUIDE = Path(__file__).parents[2] / "docs" / "guide"
QUICK = ["training.threads=1", "training.epochs=0", "evaluation.pairs=100"]


def report_of(run: str, test: str, capsys: pytest.CaptureFixture[str]) -> dict[str, dict[str, dict[str, float]]]:
    capsys.readouterr()
    assert main(["evaluate", run, test, "--json"]) == 0
    found: dict[str, dict[str, dict[str, float]]] = json.loads(capsys.readouterr().out)
    return found


def told(*settings: str) -> list[str]:
    return [each for setting in (*QUICK, *settings) for each in ("--set", setting)]


@pytest.mark.parametrize(
    ("recipe", "script", "least"), [("normalisation", "spoken", 20), ("transliteration", "names", 60)]
)
def test_what_was_never_seen_is_written_by_rules(
    recipe: str,
    script: str,
    least: float,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    subprocess.run([sys.executable, GUIDE / f"{script}.py"], check=True)
    files = ["--train", f"{script}.tsv", "--valid", f"{script}-valid.tsv"]
    steps = told("training.steps=700", "training.validate_every=350")
    assert main(["train", recipe, *files, "--out", "run", *steps]) == 0
    report = report_of("run", f"{script}-test.tsv", capsys)
    found, simple = report["scores"], report["baselines"]["as the nearest known"]
    assert found["exact_match"]["value"] > least
    assert found["exact_match"]["value"] > simple["exact_match"]["value"] + least / 2
    assert all(score["value"] > least / 3 for name, score in found.items() if name.endswith("_exact_match"))


def test_languages_side_by_side_do_not_mix(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The same words in two made languages, one of which puts the plural behind and the other before."""
    monkeypatch.chdir(tmp_path)
    dice = random.Random(1)
    words = [*dict.fromkeys("".join(dice.choices("abdeiklmnorst", k=dice.randint(3, 7))) for _ in range(1500))]
    forms = {"aa": lambda word: f"{word}en", "bb": lambda word: f"ga{word}"}
    for name, ours in (("trn", words[:1200]), ("tst", words[1200:1350])):
        for language, form in forms.items():
            lines = "".join(f"{word}\tN;PL\t{form(word)}\n" for word in ours)
            Path(f"{language}.{name}").write_text(lines, encoding="utf-8")
    quick = told("task.tag=file", "training.steps=500", "training.validate_every=500", "training.warmup=50")
    assert main(["train", "inflection", "--train", "aa.trn", "bb.trn", "--out", "run", *quick]) == 0
    for language in forms:
        report = report_of("run", f"{language}.tst", capsys)
        assert report["scores"]["exact_match"]["value"] > 80
