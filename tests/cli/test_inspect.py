import json
from pathlib import Path

import pytest

from seqloom.cli.main import main
from seqloom.data import phrasebook


@pytest.fixture
def pairs(tmp_path: Path) -> Path:
    file = tmp_path / "pairs.jsonl"
    rows = [{"de": "x", "en": source, "fr": target} for source, target in phrasebook.pairs("train")[:300]]
    file.write_text("\n".join(json.dumps(row) for row in rows), encoding="utf-8")
    return file


COLUMNS = ["--set", 'data.source_columns=["en"]', "--set", 'data.target_columns=["fr"]']


def test_json_is_nothing_but_json(pairs: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    page = tmp_path / "page.html"
    assert main(["data", "inspect", str(pairs), "--json", "--html", str(page), *COLUMNS]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["pairs"] == 300
    assert 'source_columns = ["en"]' in found["recipe"]
    assert page.read_text("utf-8").startswith("<!DOCTYPE html>")


def test_nothing_is_written_over_what_was_read(pairs: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = pairs.read_bytes()
    for option, ending in (("--html", ".html"), ("--recipe", ".toml")):
        assert main(["data", "inspect", str(pairs), *COLUMNS, option, str(pairs)]) == 2
        assert capsys.readouterr().err == f"`{option}` must end in {ending}, but is {pairs}.\n"
        assert main(["data", "inspect", str(pairs), *COLUMNS, option, f"{pairs.parent}/no/page{ending}"]) == 2
        assert "there is no folder" in capsys.readouterr().err
    assert pairs.read_bytes() == before


def test_what_it_cannot_look_at_is_one_line(pairs: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for arguments in ([], ["nowhere.tsv"], [str(pairs), "--set", "training.steps=3"]):
        assert main(["data", "inspect", *arguments]) == 2
        said = capsys.readouterr()
        assert said.err.count("\n") == 1
        assert said.out == ""
