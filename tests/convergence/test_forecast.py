"""A forecast is ahead of the simplest ones, and its band is as wide as what comes is uncertain."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from seqloom.cli.main import main

pytestmark = pytest.mark.slow

SCRIPT = Path(__file__).parents[2] / "docs" / "guide" / "series.py"


def test_a_forecast_knows_the_season_and_how_sure_it_is(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    subprocess.run([sys.executable, SCRIPT], check=True)
    assert main(["data", "series", "sales.csv", "--out", "sales", "--every", "4"]) == 0
    settings = [
        "training.threads=1", "data.batches.tokens=4096", "training.epochs=8", "training.warmup=20",
        "training.rate=0.005",
    ]  # fmt: skip
    told = [each for setting in settings for each in ("--set", setting)]
    files = [f"--{name}=sales/{name}.jsonl" for name in ("train", "valid")]
    assert main(["train", "forecast", *files, "--out", "run", *told]) == 0
    capsys.readouterr()
    assert main(["evaluate", "run", "sales/test.jsonl", "--json"]) == 0
    report = json.loads(capsys.readouterr().out)
    found, beside = report["scores"], report["baselines"]
    for simple in beside.values():
        assert found["mase"]["value"] < 0.9 * simple["mase"]["value"]
        assert found["pinball"]["value"] < 0.7 * simple["pinball"]["value"]
    assert 70 < found["coverage_of_80_%"]["value"] < 90
