"""Two sources and one answer, from a table with three columns to a score, through the command line."""

from __future__ import annotations

import json
import random
from pathlib import Path

import pytest

from seqloom.cli.main import main
from seqloom.workflow.loading import load

RECIPE = """
[data]
joint = false
tokenizer = { kind = "word", split = "space" }
batches.tokens = 512

[data.sources.draft]
tokenizer = { kind = "word", split = "space" }

[model]
encoder.kind = "none"
target.width = 32

[model.source]
kind = "several"
width = 48
parts.text = { source.width = 32, encoder = { kind = "recurrent", cell = "gru", width = 48, layers = 1 } }
parts.draft = { source.width = 32, encoder = { kind = "recurrent", cell = "gru", width = 48, layers = 1 } }

[model.decoder]
kind = "recurrent"
cell = "gru"
width = 64
layers = 1

[training]
steps = 250
rate = 5e-3
warmup = 20
validate_every = 250
threads = 1

[evaluation]
metrics = ["exact_match"]
pairs = 40

[answers]
beam = 2
"""


def write_table(path: Path, number: int, *, seed: int) -> str:
    """Digits, letters, and both by turns."""
    dice = random.Random(seed)
    lines = ["source\tdraft\ttarget"]
    for _ in range(number):
        digits, letters = zip(
            *((str(dice.randint(0, 4)), dice.choice("abcde")) for _ in range(dice.randint(1, 3))), strict=True
        )
        both = [each for pair in zip(digits, letters, strict=True) for each in pair]
        lines.append("\t".join(map(" ".join, (digits, letters, both))))
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return str(path)


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("several")
    (folder / "both.toml").write_text(RECIPE, encoding="utf-8")
    train, valid = write_table(folder / "train.tsv", 1500, seed=1), write_table(folder / "valid.tsv", 40, seed=2)
    write_table(folder / "test.tsv", 60, seed=3)
    given = ["--train", train, "--valid", valid, "--out", str(folder / "run"), "--device", "cpu"]
    assert main(["train", str(folder / "both.toml"), *given]) == 0
    return folder


def test_a_table_is_learnt_answered_and_measured(run: Path, capsys: pytest.CaptureFixture[str]) -> None:
    capsys.readouterr()
    assert main(["predict", str(run / "run"), str(run / "test.tsv")]) == 0
    said = capsys.readouterr().out.splitlines()
    wanted = [line.split("\t")[2] for line in (run / "test.tsv").read_text("utf-8").splitlines()[1:]]
    right = sum(one == other for one, other in zip(said, wanted, strict=True)) / len(wanted)
    assert right > 0.9
    assert main(["evaluate", str(run / "run"), str(run / "test.tsv"), "--json", "--beam", "2"]) == 0
    report = json.loads(capsys.readouterr().out)
    assert report["scores"]["exact_match"]["value"] == pytest.approx(100 * right)


def test_a_question_without_one_of_its_sources_is_refused_alone(
    run: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    asked = tmp_path / "asked.jsonl"
    asked.write_text('{"source": "1 2"}\n{"source": "1 2", "draft": "a b"}\n', encoding="utf-8")
    capsys.readouterr()
    assert main(["predict", str(run / "run"), str(asked)]) == 2
    stdout, stderr = capsys.readouterr()
    assert stdout.splitlines() == ["", "1 a 2 b"]
    assert "source 1: the column of `draft` is missing." in stderr


def test_attention_is_shown_over_both(run: Path) -> None:
    model = load(run / "run")
    [answer] = model.predict({"source": "1 2 3", "draft": "a b c"})
    assert answer.source_tokens == ("1", "2", "3", "a", "b", "c")
    assert answer.attention is not None
    assert [len(row) for row in answer.attention] == [6] * 7
    # Where a letter is said, the letters are looked at more than the digits are.
    assert sum(answer.attention[1][3:]) > sum(answer.attention[1][:3])
    assert "parts.1" in model.summary() or "SourcePart" in model.summary()


def test_the_plan_of_a_recipe_is_shown_without_data(run: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", str(run / "both.toml")]) == 0
    assert "SourcePart" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (("parts.draft =", "parts.note ="), "must name the same, but `draft` is only in `data.sources`"),
        (('kind = "several"\nwidth = 48\n', 'kind = "text"\nwidth = 48\n'), "is not a setting"),
    ],
)
def test_names_that_do_not_meet(
    change: tuple[str, str], said: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "odd.toml").write_text(RECIPE.replace(*change), encoding="utf-8")
    assert main(["check", str(tmp_path / "odd.toml")]) == 2
    assert said in capsys.readouterr().err


def test_a_part_may_have_factors(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    changed = RECIPE.replace("[model]\n", "[data.factors.pos]\n\n[model]\n")
    (tmp_path / "factors.toml").write_text(changed, encoding="utf-8")
    assert main(["check", str(tmp_path / "factors.toml")]) == 2
    assert (
        "`pos` is only in `data.factors`. Add `[model.source.parts.text.source.factors.pos]`" in capsys.readouterr().err
    )
    changed = changed.replace(
        "parts.text = { source.width = 32,", "parts.text = { source = { width = 32, factors.pos = {} },"
    )
    (tmp_path / "factors.toml").write_text(changed, encoding="utf-8")
    assert main(["check", str(tmp_path / "factors.toml")]) == 0
    assert "factors" in capsys.readouterr().out


def test_a_source_that_nothing_reads_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "odd.toml").write_text("[data.sources.draft]\n", encoding="utf-8")
    assert main(["check", str(tmp_path / "odd.toml")]) == 2
    assert 'model.source.kind must be "several" with `data.sources`, but is "text"' in capsys.readouterr().err
