"""A task of one's own, in a file of one's own: it is trained, answered, measured and exported like any other."""

from __future__ import annotations

import json
import random
import subprocess
import sys
from pathlib import Path

import pytest

OWN = '''
"""Words that are counted: a line "a b | b a" asks two things."""

from collections import Counter
from dataclasses import dataclass, replace

from seqloom.core.errors import DataError
from seqloom.data.rows import BadLine
from seqloom.decoding.constraints.regex import RegexSettings
from seqloom.tasks import Shown, Task, TaskBase


@dataclass(frozen=True, kw_only=True)
class SortingSettings(TaskBase):
    """The task of sorting letters."""

    kind: str = "sorting:SortingSettings"
    mark: str = "!"

    def pairs(self, row):
        if "?" in row.source:
            yield BadLine(file=row.file, line=row.line, what="a question mark sorts nowhere", text=row.source)
            return
        for source, target in zip(row.source.split(" | "), row.targets[0].split(" | "), strict=True):
            yield replace(row, source=source, targets=(target,))

    def learn(self, rows):
        return {"commonest": Counter(row.targets[0] for row in rows).most_common(1)[0][0]}

    def build(self, known):
        return Sorting(self.mark, known)


class Sorting(Task):
    nbest = 2

    def __init__(self, mark, known):
        self.mark, self.known = mark, known

    def read(self, row):
        if "z" in row.source:
            raise DataError("`z` was never trained. Leave it out.")
        return replace(row, source=f"{row.source} {self.mark}", targets=tuple(f"= {each}" for each in row.targets))

    def constraints(self, row):
        return (RegexSettings(pattern="= ([abcd] ?)+"),)

    def show(self, row, text):
        letters = text.removeprefix("= ")
        return Shown(text=letters, fields={"letters": letters.split()})

    def scores(self, answered, *, samples=1000):
        from seqloom.metrics.texts import measure

        found = [max(one.texts, key=lambda text: text in one.row.targets) for one in answered]
        [score] = measure(["exact_match"], found, [one.row.targets for one in answered], samples=samples)
        return [replace(score, name="one of two")]

    @property
    def baselines(self):
        return {"as it is": lambda row: [row.source], "the commonest": lambda row: [self.known["commonest"]]}
'''

RECIPE = """
about = "Letters, sorted."

[task]
kind = "sorting:SortingSettings"
mark = "#"

[data]
joint = false
tokenizer = { kind = "word", split = "space" }
held_out = 0.1

[model]
encoder = { kind = "recurrent", width = 32 }
decoder = { kind = "recurrent", width = 32, attention = { kind = "general" } }
source.width = 32
target.width = 32

[training]
steps = 250
warmup = 20
rate = 0.01
threads = 1

[evaluation]
metrics = ["exact_match"]
"""


def _run(folder: Path, *arguments: str, stdin: str = "") -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "seqloom", *arguments], cwd=folder, input=stdin, capture_output=True, text=True
    )


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Of a model that was trained on a task in a file beside it."""
    folder = tmp_path_factory.mktemp("own")
    (folder / "sorting.py").write_text(OWN, encoding="utf-8")
    (folder / "recipe.toml").write_text(RECIPE, encoding="utf-8")
    dice = random.Random(1)

    def lines(number: int) -> str:
        made = []
        for _ in range(number):
            two = [[dice.choice("abcd") for _ in range(3)] for _ in range(2)]
            made.append("\t".join(" | ".join(" ".join(each) for each in side) for side in (two, map(sorted, two))))
        return "\n".join(made) + "\n"

    (folder / "train.tsv").write_text(lines(200), encoding="utf-8")
    (folder / "test.tsv").write_text(lines(20), encoding="utf-8")
    done = _run(folder, "train", "recipe.toml", "--train", "train.tsv", "--out", "m")
    assert done.returncode == 0, done.stderr
    return folder


def test_it_answers_as_it_shows(folder: Path) -> None:
    done = _run(folder, "predict", "m", "--trust", "sorting", "--json", stdin="c a b\nz a b\nd c b\n")
    first, second, third = map(json.loads, done.stdout.splitlines())
    assert (first["source"], first["text"], first["letters"]) == ("c a b", "a b c", ["a", "b", "c"])
    assert second["error"] == "`z` was never trained. Leave it out."
    assert third["text"] == "b c d"


def test_it_is_measured_beside_the_simplest_answers(folder: Path) -> None:
    done = _run(folder, "evaluate", "m", "test.tsv", "--trust", "sorting", "--json")
    report = json.loads(done.stdout)
    assert report["answers"] == 40  # two a row
    scores, simple = report["scores"], report["baselines"]
    assert scores["one_of_two"]["value"] >= scores["exact_match"]["value"] > 80
    assert {*simple} == {"as it is", "the commonest"}
    assert scores["exact_match"]["value"] > 40 + simple["the commonest"]["exact_match"]["value"]
    told = _run(folder, "evaluate", "m", "test.tsv", "--trust", "sorting").stdout
    assert "beside it, as it is: exact match" in told


def test_a_row_that_it_cannot_read_is_named(folder: Path) -> None:
    (folder / "wrong.tsv").write_text("a b?\ta b\n", encoding="utf-8")
    done = _run(folder, "evaluate", "m", "wrong.tsv", "--trust", "sorting")
    assert done.returncode == 2
    assert "wrong.tsv:1: a question mark sorts nowhere" in done.stderr


def test_its_code_runs_only_where_it_is_trusted(folder: Path) -> None:
    done = _run(folder, "predict", "m", stdin="c a b\n")
    assert done.returncode == 2
    assert "--trust sorting" in done.stderr


def test_an_exported_folder_does_it_too(folder: Path) -> None:
    pytest.importorskip("onnxruntime")
    done = _run(folder, "export", "m", "--to", "onnx", "-o", "exported", "--trust", "sorting")
    assert done.returncode == 0, done.stderr
    done = _run(folder, "evaluate", "exported", "test.tsv", "--trust", "sorting", "--json")
    assert done.returncode == 0, done.stderr
    there = json.loads(done.stdout)
    assert there["baselines"].keys() == {"as it is", "the commonest"}
    assert there["scores"]["exact_match"]["value"] > 80
