"""A run ends with a page, and an evaluation can write one."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from seqloom.cli.main import main

from .small import pairs, write_pairs, write_task


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One that has seen too little to be right."""
    folder = tmp_path_factory.mktemp("report")
    write_task(folder)
    few = write_pairs(folder / "few.tsv", pairs(300)[:250])
    valid = write_pairs(folder / "more.tsv", pairs(300)[250:])
    settings = [part for each in ("training.steps=60", "training.validate_every=30") for part in ("--set", each)]
    files = ["--train", few, "--valid", valid, "--out", folder / "run"]
    assert main([str(each) for each in ("train", folder / "small.toml", *files, *settings, "--device", "cpu")]) == 0
    return folder / "run"


@pytest.fixture
def asked(tmp_path: Path) -> Path:
    path = tmp_path / "asked.jsonl"
    rows = [
        {"source": source, "target": target, "domain": "sea" if place % 3 else "land"}
        for place, (source, target) in enumerate(pairs(60, seed=3))
    ]
    path.write_text("".join(f"{json.dumps(row, ensure_ascii=False)}\n" for row in rows), encoding="utf-8")
    return path


def titles(page: Path) -> list[str]:
    return re.findall(r"<h2[^>]*>([^<]+)</h2>", page.read_text("utf-8"))


def test_a_run_ends_with_a_page(model: Path) -> None:
    assert titles(model / "report.html") == [
        "The training",
        "Scores",
        "On validation",
        "The worst on validation",
        "The slowest on validation",
        "Data and settings",
    ]
    html = (model / "report.html").read_text("utf-8")
    assert "Validation: exact_match" in html
    assert "training.validate_every" in html
    assert "src=" not in html


def test_an_evaluation_shows_what_its_scores_hide(
    model: Path, asked: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    page = tmp_path / "page.html"
    assert main(["evaluate", str(model), str(asked), "--out", str(page), "--by", "domain"]) == 0
    assert "exact match" in capsys.readouterr().out  # the scores are told all the same
    assert titles(page) == [
        "Scores",
        "By source length",
        "By rare words",
        "By domain",
        "Kinds of mistakes",
        "The worst",
        "A sample",
        "Where it looked",
        "How far its confidences hold",
        "The slowest",
    ]
    html = page.read_text("utf-8")
    assert re.search(r">land</th><td class=\"number\">20</td>", html)
    assert html.count('class="cell"') > 20  # attention


@pytest.mark.parametrize(
    ("options", "line"),
    [
        (("--out", "page.pdf"), "`--out` must end in .html, but is page.pdf. Rename it."),
        (("--out", "none/page.html"), "none/page.html: there is no folder none. Make it, or choose another `--out`."),
        (("--by", "domain"), "`--by` needs a page to be on, but there is no `--out`. Add `--out report.html`."),
        (("--out", "page.html", "--by", "domian"), "the key `domian` is missing"),
    ],
)
def test_what_cannot_be_is_refused_in_a_line(
    model: Path,
    asked: Path,
    options: tuple[str, ...],
    line: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["evaluate", str(model), str(asked), *options]) == 2
    [told] = capsys.readouterr().err.splitlines()
    assert line in told
    assert not (tmp_path / "page.html").exists()


def test_a_page_is_of_one_file(model: Path, asked: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["evaluate", str(model), str(asked), str(asked), "--out", "page.html"]) == 2
    assert "`--out` shows the answers to one file, but there are 2." in capsys.readouterr().err
