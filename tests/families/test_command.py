"""`seqloom families`, as a person uses it; what is behind it is tested beside this."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from seqloom.cli.main import main
from seqloom.export.bench.turn import take

from .small import TINY, write


def test_models_table_page_and_figures(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("seqloom.export.bench.comparison.in_its_own_process", lambda work: take)
    monkeypatch.setattr("seqloom.export.bench.comparison._ALONE", 2)
    out = tmp_path / "out"
    command = ["families", write(tmp_path / "train.tsv", "train", 120), "--valid", write(tmp_path / "v", "valid", 12)]
    command += ["--test", write(tmp_path / "test.tsv", "test", 60), "-o", str(out), "--rounds", "1", "--only"]
    settings = [word for each in TINY for word in ("--set", each)]
    assert main([*command, "gru", "rnn", *settings]) == 0
    said, heard = capsys.readouterr()
    lines = said.splitlines()
    assert lines[0].startswith("4 steps each on 120 pairs, ")
    assert lines[0].endswith(f"60 sentences of {tmp_path / 'test.tsv'}")
    assert [line.split(" +")[0] for line in lines[3:5]] == ["RNN", "GRU"]
    assert any(line.startswith("BLEU by source tokens") for line in lines)
    assert "What does attention buy?" in lines
    assert "1 of 2: RNN + fixed vector (rnn)" in heard
    assert (out / "families.html").read_text(encoding="utf-8").startswith("<!DOCTYPE html>")
    data = json.loads((out / "families.json").read_text(encoding="utf-8"))
    assert [each["family"] for each in data["families"]] == ["rnn", "gru"]
    assert sum(each["sentences"] for each in data["bins"]) == 60
    for each in data["families"]:
        assert len(each["by_length"]) == len(data["bins"])
        assert each["sentences_per_second"]["median"] > 0
        assert each["memory_megabytes"] > 10
        assert each["training"]["target_tokens"] > 0

    page = tmp_path / "page.html"
    assert main([*command, "gru", *settings, "--html", str(page), "--json"]) == 0
    said, heard = capsys.readouterr()
    assert [each["family"] for each in json.loads(said)["families"]] == ["gru"]
    assert "to train" not in heard, "nothing is trained twice"
    assert "GRU + additive attention" in page.read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        ([], "there is nothing to learn from. Name files of pairs"),
        (["pairs.tsv", "--only", "grru"], 'Did you mean "gru"?'),
        (["pairs.tsv", "--budget", "soon"], "`--budget` must be a time such as 20m"),
        (["pairs.tsv", "--rounds", "0"], "`--rounds` must be at least 1, but is 0."),
        (["pairs.tsv", "--html", "nowhere/page.html"], "there is no folder nowhere"),
        (["pairs.tsv"], "pairs.tsv"),
    ],
)
def test_mistakes_are_one_line(
    arguments: list[str],
    line: str,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["families", *arguments]) == 2
    said = capsys.readouterr().err
    assert line in said
    assert said.count("\n") == 1
    assert not list(tmp_path.glob("runs/families/*/manifest.json"))
