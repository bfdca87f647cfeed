"""Labels as they are read, learnt, said and scored; and from files to answers."""

from __future__ import annotations

import contextlib
import io
import json
import os
from dataclasses import dataclass
from pathlib import Path

import pytest

from seqloom.cli.main import main
from seqloom.core.errors import DataError
from seqloom.data.rows import BadLine, Row
from seqloom.tasks import Answered, Task
from seqloom.tasks.classification import ClassificationSettings
from seqloom.tasks.naive_bayes import NaiveBayes
from seqloom.workflow.recipe import load_recipe
from seqloom.workflow.rows import rows_of

PAIRS = [("good film", "pos"), ("a good one", "pos"), ("good", "pos"), ("bad film", "neg"), ("so bad", "neg")]


def rows(*pairs: tuple[str, str]) -> list[Row]:
    return [
        Row(source=source, targets=(target,), file="f.tsv", line=line) for line, (source, target) in enumerate(pairs, 1)
    ]


def built(settings: ClassificationSettings, *pairs: tuple[str, str]) -> Task:
    known = settings.learn(rows(*pairs))
    return settings.build(json.loads(json.dumps(known)))


TOPICS = ClassificationSettings(several=True, separator=",")
SEVERAL = [("a", "world news, sport"), ("b", "sport,world news,sport"), ("c", "art")]


# ---- labels ----------------------------------------------------------------------------------------------------------


def test_several_labels_are_learnt_in_one_order() -> None:
    [first], [second] = ([*TOPICS.pairs(row)] for row in rows(*SEVERAL[:2]))
    assert first.targets == second.targets == ("sport,world news",)
    task = built(TOPICS, *SEVERAL)
    assert task.read(first).targets == ("sport world␣news",), "a label is one word of what the model says"
    shown = task.show(first, "sport world␣news")
    assert (shown.text, shown.fields) == ("sport,world news", {"chosen": ["sport", "world news"]})


def test_several_labels_between_spaces() -> None:
    settings = ClassificationSettings(several=True)
    [row] = settings.pairs(Row(source="x", targets=("b  a b",)))
    assert row.targets == ("a b",)


def test_one_label_may_have_spaces() -> None:
    settings = ClassificationSettings()
    task = built(settings, ("x", "very good"), ("y", "bad"))
    [row] = settings.pairs(Row(source="x", targets=("very  good ",)))
    assert task.read(row).targets == ("very␣good",)
    assert task.show(row, "very␣good").text == "very good"


def test_an_unknown_label_is_named() -> None:
    task = built(ClassificationSettings(), *PAIRS)
    assert task.refuses(rows(("x", "pos"))[0]) is None
    assert task.refuses(rows(("x", "poss"))[0]) == (
        'the label must be one of "neg", "pos", but is "poss" (perhaps "pos" is meant)'
    )
    assert "of 20 that are known" in str(
        built(ClassificationSettings(), *((str(n), f"l{n}") for n in range(20))).refuses(rows(("x", "?"))[0])
    )


def test_labels_that_the_recipe_names_hold_for_training_pairs() -> None:
    settings = ClassificationSettings(labels=("pos", "neg"))
    [fine] = settings.pairs(rows(("x", "pos"))[0])
    assert isinstance(fine, Row)
    [bad] = settings.pairs(rows(("x", "neutral"))[0])
    assert isinstance(bad, BadLine)
    assert str(bad) == 'f.tsv:1: the label must be one of "neg", "pos", but is "neutral"'


def test_columns_that_were_confused_are_seen() -> None:
    with pytest.raises(DataError, match=r"at most 1,000 labels, but have more, such as .* `data.target_columns`"):
        ClassificationSettings().learn(rows(*(("pos", f"text {number}") for number in range(1001))))
    with pytest.raises(DataError, match='at least two labels, but have "pos" alone'):
        ClassificationSettings().learn(rows(("x", "pos"), ("y", "pos")))


# ---- probabilities ---------------------------------------------------------------------------------------------------


def test_the_probabilities_are_one_together() -> None:
    task = built(ClassificationSettings(), *PAIRS, ("x", "none"))
    found = task.weigh(Row(source="x"), [("pos", 0.7), ("neg", 0.4), ("none", 0.1)])["labels"]
    assert found == pytest.approx({"pos": 0.7, "neg": 0.24, "none": 0.06})
    assert task.weigh(Row(source=""), [("", 1.0)]) == {"labels": {}}


def test_a_label_is_as_probable_as_the_sets_that_have_it() -> None:
    task = built(TOPICS, *SEVERAL)
    answers = [("sport", 0.5), ("sport,world news", 0.3), ("art", 0.1)]
    assert task.weigh(Row(source="x"), answers)["labels"] == pytest.approx(
        {"sport": 0.875, "world news": 0.375, "art": 0.125}
    )


# ---- scores ----------------------------------------------------------------------------------------------------------


def test_sets_are_scored_label_by_label() -> None:
    task = built(TOPICS, *SEVERAL)
    answered = [
        Answered(row=row, texts=(text,))
        for row, text in zip(rows(*SEVERAL), ("sport", "sport,world news", "sport"), strict=True)
    ]
    micro, macro = task.scores(answered, samples=0)
    assert (micro.name, macro.name) == ("micro F1", "macro F1")
    assert micro.value == pytest.approx(100 * 2 * 3 / (4 + 5))
    assert macro.value == pytest.approx(100 * (0 + 2 * 2 / (3 + 2) + 2 / 3) / 3)


def test_the_rarest_label_is_looked_for() -> None:
    task = built(ClassificationSettings(), *PAIRS)
    asked = [Answered(row=row, texts=("pos",)) for row in rows(*PAIRS)]
    [recall] = task.scores(asked, samples=0)
    assert (recall.name, recall.value) == ("recall of neg", 0.0)
    assert task.scores(asked[:2], samples=0) == [], "where nobody wants it there is nothing to find"


# ---- baselines -------------------------------------------------------------------------------------------------------


def test_the_baselines_know_the_training_pairs() -> None:
    said = built(ClassificationSettings(), *PAIRS).baselines
    ask = Row(source="BAD bad film")
    assert said["the commonest label"](ask) == ["pos"]
    assert said["naive Bayes"](ask) == ["neg"]


def test_naive_bayes_is_what_the_formula_says() -> None:
    """P(neg | bad) ∝ 2/5 · (2 + 1) / (4 + 6), with six words; P(pos | bad) ∝ 3/5 · 1 / (6 + 6). A word counts once."""
    simple = NaiveBayes.learn(PAIRS)
    assert {*simple.words} == {"good", "film", "a", "one", "bad", "so"}
    assert simple("bad") == "neg"
    assert simple("") == simple("unseen") == "pos", "the commonest"
    chinese = NaiveBayes.learn([("不好吃", "neg"), ("好吃", "pos"), ("很好吃", "pos")])
    assert "不好" in chinese.words
    assert chinese("不好") == "neg"


# ---- from files to answers -------------------------------------------------------------------------------------------

SMALL = """
task.kind = "classification"
[data]
joint = false
tokenizer = { kind = "word", split = "space" }
target_tokenizer = { kind = "word", split = "space" }
on_long = "truncate"
[model]
tie = "none"
source.width = 16
target.width = 8
encoder = { kind = "recurrent", width = 16 }
decoder = { kind = "pooled", width = 16, pool = "max" }
[training]
steps = 60
warmup = 5
rate = 0.02
threads = 1
[evaluation]
metrics = ["accuracy"]
"""


@dataclass(frozen=True)
class Done:
    returncode: int
    stdout: str
    stderr: str


def run(folder: Path, *arguments: str, stdin: str = "") -> Done:
    """A command in this process, given in that folder."""
    (folder / "asked.txt").write_text(stdin, encoding="utf-8")
    out, err = (io.TextIOWrapper(io.BytesIO(), encoding="utf-8") for _ in range(2))
    with contextlib.chdir(folder), contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        status = main([*arguments, *(["asked.txt"] if stdin else [])])
    for stream in (out, err):
        stream.seek(0)
    return Done(status, out.read(), err.read())


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("labels")
    (folder / "recipe.toml").write_text(SMALL, encoding="utf-8")
    lines = [f"{word} x{number}\t{label}\n" for number in range(20) for word, label in (("good", "yes"), ("bad", "no"))]
    (folder / "train.tsv").write_text("".join(lines), encoding="utf-8")
    (folder / "valid.tsv").write_text("very good\tyes\nso bad\tno\nhm\tmaybe\n", encoding="utf-8")
    done = run(folder, "train", "recipe.toml", "--train", "train.tsv", "--valid", "valid.tsv", "--out", "x")
    assert done.returncode == 2
    assert 'valid.tsv:3: the label must be one of "no", "yes", but is "maybe"' in done.stderr
    skip = ("--set", "data.on_bad_line=skip")
    done = run(folder, "train", "recipe.toml", "--train", "train.tsv", "--valid", "valid.tsv", "--out", "m", *skip)
    assert done.returncode == 0, done.stderr
    assert "1 bad line skipped (valid.tsv:3: the label" in done.stdout + done.stderr
    return folder


def test_an_answer_tells_how_probable_each_label_is(folder: Path) -> None:
    done = run(folder, "predict", "m", "--json", stdin="so good\n")
    answer = json.loads(done.stdout)
    assert answer["text"] == "yes"
    assert [*answer["labels"]] == ["yes", "no"]
    assert sum(answer["labels"].values()) == pytest.approx(1)
    assert answer["labels"]["yes"] == answer["confidence"]
    assert "alternatives" not in answer, "nobody asked for them"
    done = run(folder, "predict", "m", "--nbest", "2", stdin="so good\n")
    assert [line.split("\t")[-1] for line in done.stdout.splitlines()] == ["yes", "no"]


def test_a_long_text_has_one_label(folder: Path) -> None:
    done = run(folder, "predict", "m", stdin="bad x1 " * 300 + "\n")
    assert done.stdout == "no\n"


def test_a_test_file_with_an_unknown_label(folder: Path) -> None:
    (folder / "test.tsv").write_text("good\tyes\nbad\tnever\nso bad\tno\n", encoding="utf-8")
    done = run(folder, "evaluate", "m", "test.tsv", "--json")
    report = json.loads(done.stdout)  # the recipe skips such lines
    assert report["answers"] == 2
    assert report["scores"]["accuracy"]["value"] == 100
    assert report["baselines"].keys() == {"the commonest label", "naive Bayes"}


def test_several_labels_need_a_decoder_that_says_several(folder: Path) -> None:
    (folder / "sets.tsv").write_text("x\ta b\ny\tb\n", encoding="utf-8")
    arguments = ("--train", "sets.tsv", "--out", "s", "--set", "task.several=true", "--set", "data.held_out=0.0")
    done = run(folder, "train", "recipe.toml", *arguments)
    assert done.returncode == 2
    assert "`model.decoder` says at most 1 token an answer, but a target has 2" in done.stderr


# ---- the data that people have ---------------------------------------------------------------------------------------

SST = Path(os.environ.get("SEQLOOM_DATA", Path(__file__).parents[3] / "shared" / "data")) / "sst"


@pytest.mark.skipif(not SST.is_dir(), reason="needs SST")
def test_the_recipe_reads_sst() -> None:
    recipe = load_recipe("classification")
    assert isinstance(recipe.task, ClassificationSettings)
    found = [row for row in rows_of(SST / "sst2.train.tsv", recipe) if isinstance(row, Row)]
    task = recipe.task.build(recipe.task.learn(found))
    tested = [row for row in rows_of(SST / "sst2.dev.tsv", recipe) if isinstance(row, Row)]
    assert (len(found), len(tested)) == (6920, 872)
    simple = task.baselines["naive Bayes"]
    right = sum(simple(row) == [row.targets[0]] for row in tested)
    assert right / len(tested) > 0.78
