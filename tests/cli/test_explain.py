"""`seqloom explain`, as it is typed."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
import torch

from seqloom import Seq2Seq
from seqloom.cli.main import main

PAIRS = [("我看猫", "I see cat"), ("你看海", "you see sea"), ("猫看你", "cat see you"), ("海看我", "sea see me")] * 12


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    torch.set_num_threads(1)
    folder = tmp_path_factory.mktemp("explained")
    made = Seq2Seq("gru", "gru", width=16, tokenizer="character", device="cpu").compile(rate=0.02, warmup=2)
    made.fit(*map(list, zip(*PAIRS, strict=True)), epochs=4, verbose=False).save(folder / "model")
    (folder / "pairs.tsv").write_text("".join(f"{source}\t{target}\n" for source, target in PAIRS), encoding="utf-8")
    return folder / "model"


def test_all_of_it_in_a_terminal(model: Path, capsys: pytest.CaptureFixture[str]) -> None:
    pairs = model.with_name("pairs.tsv")
    assert main(["explain", str(model), "我看海", "--instead", "cat", "--pairs", str(pairs)]) == 0
    printed = capsys.readouterr().out
    assert printed.startswith("source  我看海\ntarget  ")
    for begin in ("what mattered for all of it", "at ", "searched with 5 hypotheses", "greedy search", "distance"):
        assert re.search(f"^{begin}", printed, flags=re.MULTILINE), begin


def test_only_what_is_asked_for(model: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["explain", str(model), "我看海", "--what", "search", "alternatives", "--position", "0", "--json"]) == 0
    data = json.loads(capsys.readouterr().out)
    assert {"search", "alternatives", "position"} <= data.keys()
    assert not {"attention", "attribution", "contrast", "neighbours"} & data.keys()
    assert data["position"] == 0


@pytest.mark.parametrize("name", ["out.html", "out.svg", "out.json"])
def test_files(model: Path, name: str, tmp_path: Path) -> None:
    assert main(["explain", str(model), "我看海", "-o", str(tmp_path / name)]) == 0
    written = (tmp_path / name).read_text(encoding="utf-8")
    assert "我" in written
    assert written.startswith({"html": "<!DOCTYPE html>", "svg": "<?xml", "json": "{"}[name.partition(".")[2]])


def test_what_was_learnt_on_a_page(model: Path, tmp_path: Path) -> None:
    page = tmp_path / "learnt.html"
    assert main(["explain", str(model), "--test", str(model.with_name("pairs.tsv")), "-o", str(page)]) == 0
    html = page.read_text(encoding="utf-8")
    titles = re.findall(r"<h2[^>]*>(.*?)</h2>", html)
    assert titles[:3] == ["The tokens as it knows them", "How widely its heads look", "Scores"]
    assert {"The worst", "A sample", "Where it looked"} <= {*titles}
    assert html.count('class="dot c1"') >= 8, "four characters read, and the letters said"
    assert ">海</text>" in html
    assert "http" not in html


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        ([], "name a text to explain, or `--test` with a file of pairs"),
        (["我", "--test", "x.tsv"], "name a text to explain, or `--test`"),
        (["我", "-o", "x.pdf"], "`--out` must end in .html, .svg, .png or .json, but is x.pdf."),
        (["--test", "x.tsv"], "`--test` needs a page to be on"),
        (["--test", "x.tsv", "-o", "x.svg"], "`--out` must end in .html"),
        (["我", "--position", "99"], "`position` must be from 0 to"),
        (["我", "--what", "meaning"], "`what` must be one of"),
    ],
)
def test_what_is_refused(
    model: Path, arguments: list[str], line: str, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    assert main(["explain", str(model), *arguments]) == 2
    [said] = capsys.readouterr().err.strip().splitlines()
    assert line in said
