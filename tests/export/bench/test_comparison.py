"""Who takes part, what they are asked, and what becomes of those who cannot."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

import seqloom
from seqloom.core.errors import DataError, ModelFolderError, RecipeError, SeqloomError
from seqloom.export.bench import turn
from seqloom.export.bench.comparison import compare_forms
from seqloom.export.bench.form import Form
from seqloom.export.bench.process import in_its_own_process
from seqloom.export.bench.turn import Job, Told
from seqloom.export.folder import export_folder

from .made import told

LAYERS = {"layers": 1, "width": 16, "heads": 2, "feed_forward": 32, "dropout": 0.0}
SETTINGS: dict[str, Any] = {
    **{f"model.{side}.{key}": value for side in ("encoder", "decoder") for key, value in LAYERS.items()},
    "model.source.width": 16, "model.target.width": 16, "data.tokenizer.kind": "word", "data.held_out": 0.2,
    "training.epochs": 0.0, "training.steps": 2, "training.warmup": 1, "training.validate_every": 0,
    "answers.beam": 2, "answers.length_extra": 2,
}  # fmt: skip
PAIRS = [(f"a{number % 7} b{number % 5} c", f"C B{number % 5} A{number % 7}") for number in range(35)]
OWN = [Form(engine="own")]


def trained(folder: Path, **more: Any) -> Path:
    seqloom.train("translation", train=PAIRS, out=folder, set={**SETTINGS, **more}, verbose=False)
    return folder


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return trained(tmp_path_factory.mktemp("bench") / "run")


@pytest.fixture
def pairs(tmp_path: Path) -> str:
    path = tmp_path / "test.tsv"
    path.write_text("".join(f"{source}\t{target}\n" for source, target in PAIRS[:6]), encoding="utf-8")
    return str(path)


def asked(into: list[Job], **more: Any) -> Callable[[Job], Told]:
    """Keeps what is asked, and answers that at once."""

    def take(job: Job) -> Told:
        into.append(job)
        return told(answers=["C"] * len(job.questions), searched=f"beam {job.beam}", **more)

    return take


def test_all_are_asked_the_same_in_turn(model: Path, pairs: str) -> None:
    jobs: list[Job] = []
    heard: list[str] = []
    found = compare_forms([model], pairs, forms=OWN, rounds=2, sentences=4, tell=heard.append, turn=asked(jobs))
    assert [each.beam for each in jobs] == [1, 2, 1, 2]
    assert [each["text"] for each in jobs[0].questions] == [source for source, _ in PAIRS[:4]]
    assert all(each.questions == jobs[0].questions for each in jobs)
    assert [len(each.rounds) for each in found.points] == [2, 2]
    assert [score.name for score in found.points[0].scores] == ["BLEU", "chrF2"]
    assert heard[0].startswith("round 1 of 2: run, own, beam 1: ")
    assert heard[-1].endswith("a second")
    json.dumps(found.to_data())


def test_without_pairs_it_is_what_the_run_held_out(model: Path) -> None:
    jobs: list[Job] = []
    found = compare_forms([model], forms=OWN, beams=(3,), rounds=1, turn=asked(jobs))
    assert found.on.endswith("valid.jsonl")
    assert 0 < found.sentences < len(PAIRS)
    assert [each.beam for each in jobs] == [3]


def test_a_recipes_test_pairs_are_taken_first(tmp_path: Path, pairs: str) -> None:
    found = compare_forms([trained(tmp_path / "run", **{"data.test": [pairs]})], forms=OWN, rounds=1, turn=asked([]))
    assert (found.on, found.sentences) == (pairs, 6)


def test_where_all_pairs_are_gone_that_is_said(model: Path, tmp_path: Path) -> None:
    bare = tmp_path / "bare"
    shutil.copytree(model, bare, ignore=shutil.ignore_patterns("data"))
    with pytest.raises(DataError, match=r"no test or validation pairs of its recipe any more. Name some with `--on`"):
        compare_forms([bare], forms=OWN, turn=asked([]))


def test_what_cannot_be_is_a_line_and_the_others_go_on(model: Path, pairs: str) -> None:
    jobs: list[Job] = []
    forms = [*OWN, *map(Form.read, ("own-shortlist", "ctranslate2-int8-shortlist", "onnx-int4"))]
    found = compare_forms([model], pairs, forms=forms, rounds=1, turn=asked(jobs))
    assert len(jobs) == 2
    assert [each.forms for each in found.missing] == [("own-shortlist", "ctranslate2-int8-shortlist"), ("onnx-int4",)]
    assert "lexicon.safetensors, but there is none" in found.missing[0].why
    assert '`--quantize` must be "int8"' in found.missing[1].why


def test_one_that_fails_is_not_asked_again(model: Path, pairs: str) -> None:
    jobs: list[Job] = []
    take = asked(jobs)

    def failing(job: Job) -> Told:
        found = take(job)
        if job.beam == 2 and len(jobs) > 2:
            raise SeqloomError("its process was ended by SIGKILL: there was likely not enough memory.")
        return found

    found = compare_forms([model], pairs, forms=OWN, rounds=3, turn=failing)
    assert [each.beam for each in jobs] == [1, 2, 1, 2, 1]
    assert [each.beam for each in found.points] == [1]
    assert str(found.missing[0]) == (
        "run has no own with beam 2: its process was ended by SIGKILL: there was likely not enough memory."
    )


@pytest.mark.parametrize("turns", [1, 3])
def test_an_interrupt_gives_what_there_is_if_all_had_a_turn(model: Path, pairs: str, turns: int) -> None:
    jobs: list[Job] = []
    take = asked(jobs)

    def interrupted(job: Job) -> Told:
        if len(jobs) == turns:
            raise KeyboardInterrupt
        return take(job)

    if turns == 1:
        with pytest.raises(KeyboardInterrupt):
            compare_forms([model], pairs, forms=OWN, turn=interrupted)
        return
    found = compare_forms([model], pairs, forms=OWN, turn=interrupted)
    assert (found.rounds, [len(each.rounds) for each in found.points]) == (2, [2, 1])


def test_if_nothing_can_be_measured_that_is_an_error(model: Path, pairs: str) -> None:
    with pytest.raises(RecipeError, match="has no own-shortlist: a shortlist needs"):
        compare_forms([model], pairs, forms=[Form(engine="own", shortlist=True)], turn=asked([]))


def test_exports_that_are_there_are_used_and_others_are_made_elsewhere(model: Path, pairs: str, tmp_path: Path) -> None:
    pytest.importorskip("ctranslate2")
    mine = tmp_path / "mine"
    shutil.copytree(model, mine)
    export_folder(mine, to="ctranslate2")
    before = sorted(mine.rglob("*"))
    jobs: list[Job] = []
    forms = [Form.read("ctranslate2"), Form.read("ctranslate2-int8")]
    heard: list[str] = []
    compare_forms([mine], pairs, forms=forms, beams=(1,), rounds=1, tell=heard.append, turn=asked(jobs))
    assert jobs[0].folder == str(mine / "exports" / "ctranslate2")
    assert "seqloom-bench-" in jobs[1].folder
    assert not Path(jobs[1].folder).exists()
    assert sorted(mine.rglob("*")) == before
    assert [line for line in heard if line.startswith("exporting")] == ["exporting mine as ctranslate2-int8"]


def test_an_exported_folder_is_a_form_beside_others(model: Path, pairs: str, tmp_path: Path) -> None:
    pytest.importorskip("ctranslate2")
    place = export_folder(model, tmp_path / "small", to="ctranslate2", quantize="int8")
    jobs: list[Job] = []
    found = compare_forms([model, place], pairs, forms=OWN, beams=(1,), rounds=1, turn=asked(jobs))
    assert [(each.model, str(each.form)) for each in found.points] == [("run", "own"), ("small", "ctranslate2-int8")]
    assert [(each.own, each.folder) for each in jobs] == [(True, str(model)), (False, str(place))]
    assert found.points[1].disk < 1.1 * sum(path.stat().st_size for path in place.rglob("*")) / 1e6


def test_an_export_of_other_weights_is_left_alone(model: Path, pairs: str, tmp_path: Path) -> None:
    pytest.importorskip("ctranslate2")
    mine = tmp_path / "mine"
    shutil.copytree(model, mine)
    export_folder(mine, to="ctranslate2")
    manifest = mine / "exports" / "ctranslate2" / "manifest.json"
    data = json.loads(manifest.read_text(encoding="utf-8"))
    data["made_of"]["weights"] = "another"
    manifest.write_text(json.dumps(data), encoding="utf-8")
    jobs: list[Job] = []
    compare_forms([mine], pairs, forms=[Form.read("ctranslate2")], beams=(1,), rounds=1, turn=asked(jobs))
    assert "seqloom-bench-" in jobs[0].folder


def test_two_of_one_name_are_told_apart(model: Path, pairs: str, tmp_path: Path) -> None:
    shutil.copytree(model, tmp_path / "b" / "run")
    found = compare_forms([model, tmp_path / "b" / "run", model], pairs, forms=OWN, rounds=1, turn=asked([]))
    assert {each.model for each in found.points} == {f"{model.parent.name}/run", "b/run"}
    assert str(found.advice).startswith("Take ")
    assert "run, own, beam" in str(found.advice)


def test_models_that_are_measured_otherwise_are_refused(model: Path, pairs: str, tmp_path: Path) -> None:
    other = trained(tmp_path / "other", **{"evaluation.metrics": ["exact_match"]})
    with pytest.raises(RecipeError, match=r"measured alike.*run is by bleu, chrf and other by exact_match"):
        compare_forms([model, other], pairs, forms=OWN, turn=asked([]))


def test_models_that_read_other_columns_are_refused(model: Path, pairs: str, tmp_path: Path) -> None:
    other = trained(tmp_path / "other", **{"data.source_columns": [2], "data.target_columns": [1]})
    with pytest.raises(DataError, match="must read the same pairs"):
        compare_forms([model, other], pairs, forms=OWN, turn=asked([]))


def test_what_is_no_model_is_refused(model: Path, pairs: str, tmp_path: Path) -> None:
    with pytest.raises(ModelFolderError, match="no such folder"):
        compare_forms([tmp_path / "nothing"], pairs, turn=asked([]))
    with pytest.raises(ModelFolderError, match=r"has no `manifest.json`"):
        compare_forms([tmp_path], pairs, turn=asked([]))


# ---- a turn ----------------------------------------------------------------------------------------------------------


def job_of(model: Path, **more: Any) -> Job:
    questions = [{"text": source, "extras": {}} for source, _ in PAIRS[:5]]
    job = Job(folder=str(model), own=True, shortlist=False, beam=2, task=None, trust=[], questions=questions, alone=3)
    return replace(job, **more)


def test_a_turn_answers_as_the_model_does(model: Path) -> None:
    found = turn.take(job_of(model))
    own = seqloom.load(model).predict([source for source, _ in PAIRS[:5]], beam=2)
    assert list(found.answers) == [each.text for each in own]
    assert (found.unanswered, found.searched, len(found.alone)) == (0, "beam 2", 3)
    assert all(each > 0 for each in (*found.alone, found.seconds, found.cold, found.memory))


def test_one_that_refuses_every_question_says_why(model: Path, tmp_path: Path) -> None:
    pytest.importorskip("ctranslate2")
    mine = tmp_path / "mine"
    shutil.copytree(model, mine)
    place = export_folder(mine, to="ctranslate2")
    recipe = place / "recipe.toml"
    text = recipe.read_text(encoding="utf-8")
    recipe.write_text(text.replace('[answers.search]\nkind = "beam"', '[answers.search]\nkind = "exact"'), "utf-8")
    with pytest.raises(SeqloomError, match="CTranslate2"):
        turn.take(job_of(place, own=False))


def test_those_asked_alone_are_of_the_whole_file() -> None:
    questions = job_of(Path("m"), questions=[{"text": str(number), "extras": {}} for number in range(10)]).asked
    assert [each.text for each in turn._spread(questions, 4)] == ["0", "2", "5", "7"]
    assert len(turn._spread(questions, 50)) == 10


def test_in_its_own_process_it_answers_alike(model: Path, tmp_path: Path) -> None:
    take = in_its_own_process(tmp_path)
    found = take(job_of(model))
    assert found.answers == list(turn.take(job_of(model)).answers)
    assert found.cold > found.seconds
    with pytest.raises(SeqloomError, match="no such folder"):
        take(job_of(tmp_path / "nothing"))


def test_what_ends_its_process_is_said(model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    killing = tmp_path / "python"
    killing.write_text("#!/bin/sh\nkill -KILL $$\n", encoding="utf-8")
    killing.chmod(0o755)
    take = in_its_own_process(tmp_path)
    monkeypatch.setattr(sys, "executable", str(killing))
    with pytest.raises(SeqloomError, match="was ended by SIGKILL: there was likely not enough memory"):
        take(job_of(model))
    killing.write_text("#!/bin/sh\necho 'MemoryError: no' >&2\nexit 1\n", encoding="utf-8")
    with pytest.raises(SeqloomError, match="ended with status 1: MemoryError: no"):
        take(job_of(model))


def test_an_export_to_ctranslate2_answers_without_torch(model: Path, tmp_path: Path) -> None:
    """Or its memory would be torch's."""
    pytest.importorskip("ctranslate2")
    mine = tmp_path / "mine"
    shutil.copytree(model, mine)
    place = export_folder(mine, to="ctranslate2")
    job_of(place, own=False).write(tmp_path / "asked.json")
    code = (
        "import sys; from pathlib import Path; from seqloom.export.bench import turn; "
        f"turn.take(turn.Job.read(Path({str(tmp_path / 'asked.json')!r}))); sys.exit('torch' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code]).returncode == 0
