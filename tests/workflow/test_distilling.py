"""A student learns what its teacher says, in its teacher's tokens, whatever interrupts the two."""

from __future__ import annotations

import json
import random
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

import seqloom
from seqloom.core import settings
from seqloom.core.errors import DataError, ModelFolderError, RecipeError, TrainingError
from seqloom.data.rows import Row
from seqloom.metrics.sentences import sentence_scores
from seqloom.training.events import Validated
from seqloom.workflow import distilling, training
from seqloom.workflow.distilled import Choice
from seqloom.workflow.recipe import Recipe, load_recipe
from seqloom.workflow.replaying import replay
from seqloom.workflow.speaker import Speaker

WORDS = dict(zip("我你猫狗喝看茶海一", ("I", "you", "cat", "dog", "drink", "see", "tea", "sea", "one"), strict=True))
TEACHER = {
    "data.tokenizer.kind": "word",
    "data.tokenizer.size": 0,
    "data.joint": False,
    "data.cleaning.max_ratio": 0.0,
    "data.batches.tokens": 256,
    "model.tie": "output",
    "model.source.width": 24,
    "model.target.width": 24,
    "model.encoder.width": 24,
    "model.decoder.width": 24,
    "training.epochs": 0.0,
    "training.steps": 60,
    "training.warmup": 10,
    "training.rate": 0.02,
    "training.threads": 1,
    "answers.beam": 3,
}
STUDENT = {
    "data.batches.tokens": 256,
    "model.tie": "output",
    "model.encoder.layers": 1,
    "model.encoder.feed_forward": 16,
    "model.decoder.feed_forward": 16,
    **{f"model.{part}.width": 16 for part in ("source", "target", "encoder", "decoder")},
    "training.steps": 4,
    "training.warmup": 1,
    "training.threads": 1,
}


def pairs(number: int, *, seed: int = 3) -> list[tuple[str, str]]:
    """Chinese without spaces, English with."""
    draw = random.Random(seed)
    found: dict[str, str] = {}
    while len(found) < number:
        words = draw.choices(list(WORDS), k=draw.randint(2, 5))
        found["".join(words)] = " ".join(WORDS[word] for word in words)
    return list(found.items())


def write(path: Path, rows: list[tuple[str, str]]) -> Path:
    path.write_text("".join(f"{source}\t{target}\n" for source, target in rows), encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def task(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with pairs, and a teacher whose recipe names them."""
    folder = tmp_path_factory.mktemp("task")
    write(folder / "train.tsv", pairs(300))
    seqloom.train(
        "translation-rnn",
        out=folder / "teacher",
        set={**TEACHER, "data.train": [str(folder / "train.tsv")], "data.held_out": 0.1},
        device="cpu",
        verbose=False,
    )
    return folder


@pytest.fixture
def counted(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The sources that are really answered."""
    asked: list[str] = []
    whole = Speaker.answers

    def answers(self: Speaker, *given: object, **more: object) -> Iterator[object]:
        for answer in whole(self, *given, **more):  # type: ignore[arg-type]
            asked.append(answer.source)
            yield answer

    monkeypatch.setattr(Speaker, "answers", answers)
    return asked


def distilled(task: Path, out: Path, **changes: object) -> seqloom.Model:
    how = {"set": STUDENT, "device": "cpu", "verbose": False, **changes}
    return seqloom.distill(task / "teacher", "translation-small", out=out, **how)  # type: ignore[arg-type]


def taught(out: Path) -> list[dict[str, str]]:
    return [json.loads(line) for line in (out / "distilled" / "pairs.jsonl").read_text("utf-8").splitlines()]


def test_a_student_is_a_model_that_says_whose_it_is(task: Path, tmp_path: Path) -> None:
    student = distilled(task, tmp_path / "student")
    teacher = seqloom.load(task / "teacher")
    assert isinstance(teacher, seqloom.Model)
    assert student.recipe.model.decoder.self_attention.kind == "ssru"  # type: ignore[union-attr]
    for mine, theirs in ((student.numbering.sources, teacher.numbering.sources),
                         (student.numbering.targets, teacher.numbering.targets)):  # fmt: skip
        assert mine.show(range(mine.specials.size)) == theirs.show(range(theirs.specials.size))
    manifest = json.loads((tmp_path / "student" / "manifest.json").read_text())
    identity = json.loads((task / "teacher" / "manifest.json").read_text())["id"]
    assert manifest["teacher"]["id"] == identity
    assert f"A student of {task / 'teacher'} ({identity})" in (tmp_path / "student" / "card.md").read_text()
    assert seqloom.load(tmp_path / "student").predict(["我看海"])[0].error is None


def test_a_students_run_is_not_replayed_as_if_it_were_another(task: Path, tmp_path: Path) -> None:
    distilled(task, tmp_path / "student")
    with pytest.raises(ModelFolderError, match=r"it is a student.*`seqloom distill`"):
        replay(tmp_path / "student")


def test_it_learns_the_answers_and_is_chosen_on_what_its_teacher_was(task: Path, tmp_path: Path) -> None:
    distilled(task, tmp_path / "student")
    kept = [json.loads(line) for line in (task / "teacher" / "data" / "valid.jsonl").read_text("utf-8").splitlines()]
    mine = [json.loads(line) for line in (tmp_path / "student/data/valid.jsonl").read_text("utf-8").splitlines()]
    assert mine == kept
    rows = taught(tmp_path / "student")
    held_out = {source for source, *_ in kept}
    references = dict(pairs(300))
    assert [row["source"] for row in rows] == [source for source in references if source not in held_out]
    teacher = seqloom.load(task / "teacher")
    for row, answer in zip(rows, teacher.predict([row["source"] for row in rows], nbest=3), strict=True):
        texts = [each.text for each in (answer, *answer.alternatives) if each.text]
        reference = references[row["source"]]
        scores = sentence_scores("bleu", texts, [reference] * len(texts))
        assert row["target"] == texts[scores.index(max(scores))]


def test_the_nearest_is_kept_and_of_two_the_better_ranked() -> None:
    texts = [["a dog sees", "the cat sees", "the cat sees tea"], ["b", "c"], ["x"]]
    references = ["the cat sees tea", "nothing alike", "y"]
    assert Choice().of(texts, references) == ["the cat sees tea", "b", "x"]
    assert Choice(keep="best").of(texts, references) == ["a dog sees", "b", "x"]
    assert Choice(by="exact_match").of([["a", "b", "b "]], ["b"]) == ["b"]


def test_the_best_and_the_originals(task: Path, tmp_path: Path) -> None:
    distilled(task, tmp_path / "student", keep="best", originals=True)
    references = dict(pairs(300))
    rows = taught(tmp_path / "student")
    alone = [row for row in rows if row["target"] != references[row["source"]]]
    assert {row["source"] for row in rows if row["target"] == references[row["source"]]} == {r["source"] for r in rows}
    asked = [row["source"] for row in alone]
    answers = seqloom.load(task / "teacher").predict(asked)
    assert [row["target"] for row in alone] == [answer.text for answer in answers]


def test_a_kill_costs_no_answer(
    task: Path, tmp_path: Path, counted: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    whole, again = tmp_path / "whole", tmp_path / "again"
    distilled(task, whole)
    number = len(taught(whole))
    validated = len(counted) - number
    answers = Speaker.answers

    def cut_off(self: Speaker, *given: object, **more: object) -> Iterator[object]:
        for place, answer in enumerate(answers(self, *given, **more)):  # type: ignore[arg-type]
            if place == 100:
                raise KeyboardInterrupt
            yield answer

    monkeypatch.setattr(Speaker, "answers", cut_off)
    with pytest.raises(KeyboardInterrupt):
        distilled(task, again)
    monkeypatch.setattr(Speaker, "answers", answers)
    teach = distilling.write_pairs
    monkeypatch.setattr(distilling, "write_pairs", _killed)
    counted.clear()
    with pytest.raises(KeyboardInterrupt):
        distilled(task, again)
    assert len(counted) == number - 100
    monkeypatch.setattr(distilling, "write_pairs", teach)
    counted.clear()
    distilled(task, again)
    assert len(counted) == validated
    assert taught(again) == taught(whole)
    distilled(task, again)  # complete: nothing is asked of the teacher any more
    assert {row["source"] for row in taught(whole)}.isdisjoint(counted)


def _killed(*_: object, **__: object) -> str:
    raise KeyboardInterrupt


def test_a_kill_costs_no_step(task: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    steps = {"set": STUDENT | {"training.steps": 8, "training.validate_every": 4}}
    whole = distilled(task, tmp_path / "whole", **steps)
    run = training.run

    def killed(*given: object, **more: object) -> Iterator[object]:
        for event in run(*given, **more):  # type: ignore[arg-type]
            yield event
            if isinstance(event, Validated):
                raise KeyboardInterrupt

    monkeypatch.setattr(training, "run", killed)
    with pytest.raises(KeyboardInterrupt):
        distilled(task, tmp_path / "again", **steps)
    monkeypatch.setattr(training, "run", run)
    monkeypatch.setattr(distilling, "answer_into", _killed)  # there is nothing left to ask
    again = distilled(task, tmp_path / "again", **steps)
    for one, other in zip(whole.network.parameters(), again.network.parameters(), strict=True):
        assert one.equal(other)


def test_another_question_does_not_mix_with_what_is_there(task: Path, tmp_path: Path, counted: list[str]) -> None:
    distilled(task, tmp_path / "student")
    answers = list((tmp_path / "student" / "distilled").glob("answers-*"))
    shutil.rmtree(tmp_path / "student" / "data")
    (tmp_path / "student" / "manifest.json").unlink()
    shutil.rmtree(tmp_path / "student" / "checkpoints")
    distilled(task, tmp_path / "student", beam=2)
    assert len(list((tmp_path / "student" / "distilled").glob("answers-*"))) == len(answers) + 1


def test_pairs_in_hand_and_a_vocabulary_of_ones_own(task: Path, tmp_path: Path) -> None:
    """Two further files of the same words, whose teacher kept no pairs."""
    bare = tmp_path / "bare"
    shutil.copytree(task / "teacher", bare, ignore=shutil.ignore_patterns("data", "checkpoints"))
    other = tmp_path / "other"
    rows = pairs(300)
    seqloom.train("translation-rnn", train=rows[:200], out=other, set=TEACHER | {"training.steps": 1,
                  "training.warmup": 0}, device="cpu", verbose=False)  # fmt: skip
    student = seqloom.distill(
        bare,
        "translation-small",
        out=tmp_path / "student",
        train=(Row(source=source, targets=(target,)) for source, target in rows[:50]),  # read only once
        valid=rows[50:60],
        set=STUDENT | {"data.vocabulary_of": str(other), "data.joint": False},
        device="cpu",
        verbose=False,
    )
    assert len(taught(tmp_path / "student")) == 50
    kept = seqloom.load(other).numbering.targets
    assert student.numbering.targets.show(range(5)) == kept.show(range(5))
    assert student.metrics["calibration"]["pairs"] == 10


LABELS = {
    "data": {
        "tokenizer": {"kind": "word"},
        "joint": False,
        "factors": {"pos": {"column": "tag"}},
        "batches": {"tokens": 256},
    },
    "model": {
        "source": {"width": 16, "factors": {"pos": {"combine": "concat", "width": 8}}},
        "target": {"width": 16},
        "encoder": {"kind": "recurrent", "width": 16},
        "decoder": {"kind": "pooled"},
    },
    "training": {"steps": 10, "warmup": 1, "threads": 1},
    "evaluation": {"metrics": ["accuracy"]},
}


def test_labels_and_factors_are_learnt_too(tmp_path: Path) -> None:
    draw = random.Random(2)
    rows = []
    for _ in range(120):
        words = draw.choices(["red", "blue", "sea", "tea"], k=3)
        rows.append({"source": " ".join(words), "target": words[0], "tag": " ".join("AANN"[len(w) % 4] for w in words)})
    recipe = settings.parse(Recipe, LABELS)
    seqloom.train(recipe, train=rows, out=tmp_path / "teacher", device="cpu", verbose=False)
    student = seqloom.distill(
        tmp_path / "teacher", recipe, train=rows, out=tmp_path / "student", device="cpu", verbose=False
    )
    assert {*taught(tmp_path / "student")[0]} == {"source", "target", "pos"}
    assert student.predict([rows[0]])[0].error is None


# ---- what goes wrong -------------------------------------------------------------------------------------------------


def test_files_that_are_gone_or_were_never_named(task: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    teacher = tmp_path / "teacher"
    shutil.copytree(task / "teacher", teacher)
    recipe = (teacher / "recipe.toml").read_text("utf-8")

    def refused(train: str) -> str:
        text = "\n".join(train if line.startswith("train = ") else line for line in recipe.split("\n"))
        (teacher / "recipe.toml").write_text(text, encoding="utf-8")
        with pytest.raises(DataError) as error:
            distilled(tmp_path, tmp_path / "student")
        assert "--train" in str(error.value)
        assert "\n" not in str(error.value)
        assert not (tmp_path / "student").exists()
        return str(error.value)

    assert "names no `data.train`" in refused("train = []")
    assert "is not there" in refused(f'train = ["{tmp_path}/gone.tsv"]')
    assert f"is not in {Path.cwd()}" in refused('train = ["train.tsv"]')
    monkeypatch.chdir(tmp_path)
    write(tmp_path / "train.tsv", pairs(300))
    manifest = json.loads((teacher / "manifest.json").read_text())
    manifest["data"]["files"] = [{"role": "train", "file": "train.tsv", "sha256": "of another"}]
    (teacher / "manifest.json").write_text(json.dumps(manifest))
    assert "is not the file" in refused('train = ["train.tsv"]')


def test_a_teacher_without_its_validation_pairs(task: Path, tmp_path: Path) -> None:
    shutil.copytree(task / "teacher", tmp_path / "teacher", ignore=shutil.ignore_patterns("data"))
    with pytest.raises(DataError, match=r"names no `data\.valid`.*`--valid`"):
        distilled(tmp_path, tmp_path / "student")


def test_who_is_no_teacher_and_who_no_student(task: Path, tmp_path: Path) -> None:
    with pytest.raises(ModelFolderError, match="no such folder"):
        distilled(tmp_path, tmp_path / "student")
    with pytest.raises(RecipeError, match="Did you mean `translation-small`"):
        seqloom.distill(task / "teacher", "translation-smal", out=tmp_path / "student")
    with pytest.raises(RecipeError, match=r"`data\.tokenizer\.size` must be left out"):
        distilled(task, tmp_path / "student", set=STUDENT | {"data.tokenizer.size": 300})
    with pytest.raises(RecipeError, match=r"model\.tie must not be .all. with `data\.joint = false`"):
        distilled(task, tmp_path / "student", set=STUDENT | {"model.tie": "all"})
    with pytest.raises(RecipeError, match=r"`data\.source` of a student"):
        distilled(task, tmp_path / "student", set=STUDENT | {"data.source": "none"})
    with pytest.raises(RecipeError, match="nbest must be at most beam"):
        distilled(task, tmp_path / "student", beam=2, nbest=3)
    assert not (tmp_path / "student").exists()


def test_a_language_model_and_a_forecaster_teach_nobody(tmp_path: Path) -> None:
    short = {"training.epochs": 0.0, "training.steps": 1, "training.warmup": 0, "training.threads": 1}
    texts = [(target, target) for _, target in pairs(60)]
    series = [([[number, 1.0]] * 3, [[number, 2.0]] * 2) for number in range(40)]
    for number, (recipe, train, changes) in enumerate((
        ("translation-rnn", texts, TEACHER | {"data.source": "none", "data.joint": True} | short),
        ("forecast", series, {"answers.min_length": 2, "answers.max_length": 2} | short),
    )):  # fmt: skip
        out = tmp_path / str(number) / "teacher"
        seqloom.train(recipe, train=train, out=out, set=changes, device="cpu", verbose=False)
        told = (r'has `data\.source = "none"`', "answers are series of numbers")[number]
        with pytest.raises(RecipeError, match=told):
            distilled(out.parent, tmp_path / "student")


def test_a_folder_with_another_run_is_left_alone(task: Path, tmp_path: Path) -> None:
    shutil.copytree(task / "teacher", tmp_path / "there")
    with pytest.raises(TrainingError, match="no student's"):
        distilled(task, tmp_path / "there")
    distilled(task, tmp_path / "student")
    with pytest.raises(TrainingError, match=r"`model\.encoder\.layers` is another now"):
        distilled(task, tmp_path / "student", set=STUDENT | {"model.encoder.layers": 2})
    manifest = json.loads((tmp_path / "student" / "manifest.json").read_text())
    manifest["teacher"]["id"] = "somebody"
    (tmp_path / "student" / "manifest.json").write_text(json.dumps(manifest))
    with pytest.raises(TrainingError, match="another teacher's student"):
        distilled(task, tmp_path / "student")


def test_the_shipped_student_is_a_fraction_of_the_shipped_teacher() -> None:
    """Of a step, what is multiplied once a token: the decoder's layers and the output."""
    small, large = (load_recipe(name) for name in ("translation-small", "translation"))
    assert small.model.decoder.layers * 3 <= large.model.decoder.layers  # type: ignore[union-attr]
    assert small.model.encoder.layers >= 2 * large.model.encoder.layers  # type: ignore[union-attr]
    assert small.answers.beam == 1
