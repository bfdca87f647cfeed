"""What a recipe does with its time: which rung is taken, what stays, and a run that does it."""

from __future__ import annotations

import random
from pathlib import Path

import pytest
import torch

import seqloom
from seqloom.core import settings, toml
from seqloom.core.errors import RecipeError
from seqloom.workflow.budgeting import check_rungs, meets, outlook, within
from seqloom.workflow.folder import build_model
from seqloom.workflow.preparing import prepare_data
from seqloom.workflow.recipe import Recipe, load_recipe
from seqloom.workflow.validating import Validating

RUNGS = [
    {"tokens": 1000, "set": ["data.batches.tokens=64", "training.rate=0.02"]},
    {"tokens": 50_000, "set": ["data.batches.tokens=256"]},
]


def recipe(rungs: list[dict[str, object]] = RUNGS) -> Recipe:  # type: ignore[assignment]
    return settings.parse(Recipe, {"data": {"batches": {"tokens": 2048}}, "budget": rungs})


def chosen(seconds: float, *, fixed: list[str] | None = None, speed: float = 100) -> tuple[Recipe, str]:
    return within(recipe(), seconds, fixed=fixed or [], epoch=500, speed_of=lambda _: speed)


@pytest.mark.parametrize(
    ("seconds", "tokens", "rate"), [(1, 64, 0.02), (11, 64, 0.02), (13, 256, 1e-3), (500, 256, 1e-3), (900, 2048, 1e-3)]
)
def test_the_first_rung_that_is_long_enough(seconds: float, tokens: int, rate: float) -> None:
    found, told = chosen(seconds)
    assert (found.data.batches.tokens, found.training.rate) == (tokens, rate)
    assert f"data.batches.tokens={tokens}" in told or tokens == 2048


@pytest.mark.parametrize(
    ("epoch", "times", "rate"), [(1000, "1.0", 0.02), (499, "2.0", 0.01), (300, "3.3", 0.01), (20, "50", 0.01)]
)
def test_what_comes_back_often_is_for_another_rung(epoch: int, times: str, rate: float) -> None:
    rungs = [
        {"tokens": 2000, "epochs": 2, "set": ["training.rate=0.02"]},
        {"tokens": 2000, "set": ["training.rate=0.01"]},
    ]
    found, told = within(recipe(rungs), 10 / 0.85, fixed=[], epoch=epoch, speed_of=lambda _: 99.9)  # type: ignore[arg-type]
    assert found.training.rate == rate
    assert told == f"time for 1,000 target tokens, the data {times} times, so training.rate={rate}"


def test_a_quicker_machine_has_more_time() -> None:
    assert chosen(10, speed=100)[0].data.batches.tokens == 64
    assert chosen(10, speed=10_000)[0].data.batches.tokens == 2048


def test_each_rung_is_timed_as_it_would_run() -> None:
    seen: list[int] = []

    def speed_of(tried: Recipe) -> float:
        seen.append(tried.data.batches.tokens)
        return 1e9

    _, told = within(recipe(), 60, fixed=[], epoch=10**9, speed_of=speed_of)
    assert seen == [64, 256, 2048]
    assert told == "time for 51,000.0 million target tokens, the data 51 times, so the recipe as it stands"


def test_what_a_person_set_stays() -> None:
    found, told = chosen(1, fixed=["data.batches.tokens"])
    assert (found.data.batches.tokens, found.training.rate) == (2048, 0.02)
    assert "data.batches.tokens" not in told


@pytest.mark.parametrize(
    ("fixed", "drops"),
    [
        ("model.encoder.dropout", True),
        ("model.encoder", True),
        ("model.encoder.kind", True),
        ("model.encoder.dropout.more", True),
        ("model.encoder.dropouts", False),
        ("model.enc", False),
        ("model.decoder.kind", False),
    ],
)
def test_what_a_person_set_keeps_the_rung_from_all_that_it_meets(fixed: str, drops: bool) -> None:
    assert meets("model.encoder.dropout", ["training.rate", fixed]) is drops


@pytest.mark.parametrize(
    ("rungs", "line"),
    [
        ([{"tokens": 9, "set": ["data.tokenizer.size=100"]}], "names `data.tokenizer.size`"),
        ([{"tokens": 9}, {"tokens": 9}], "must rise in its `tokens`"),
        ([{"tokens": 9}, {"tokens": 9, "epochs": 2}], "but 9 in 2 epochs comes after 9. Sort it."),
        ([{"tokens": 9, "sets": []}], "did you mean `set`"),
        ([{"tokens": 9, "set": ["training.rat=1"]}], "with `budget.0.set`: `training.rat` is not a setting"),
        ([{"tokens": 9}, {"tokens": 10, "set": ["training.rate"]}], '`budget.1`: set must have "key=value"'),
        ([{"tokens": 9, "set": ["model.encoder.width=7"]}], "with `budget.0.set`"),
    ],
)
def test_a_wrong_rung_is_told_before_anything_runs(tmp_path: Path, rungs: list[dict[str, object]], line: str) -> None:
    path = tmp_path / "wrong.toml"
    path.write_text(toml.write({"budget": rungs}), encoding="utf-8")
    with pytest.raises(RecipeError) as error:
        load_recipe(path)
    assert line.lower() in str(error.value).lower()
    assert str(path) in str(error.value)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("name", sorted(seqloom.recipes.shipped_recipes()))
def test_the_rungs_of_shipped_recipes_are_recipes(name: str) -> None:
    check_rungs(load_recipe(name))


def test_a_rung_that_what_a_person_set_makes_impossible_is_told_only_where_there_is_a_budget(tmp_path: Path) -> None:
    path, out = tmp_path / "own.toml", tmp_path / "run"
    path.write_text(toml.write({"budget": [{"tokens": 9, "set": ["training.warmup=300"]}]}), encoding="utf-8")
    chosen = load_recipe(path, overrides=["training.steps=100", "training.warmup=9"])
    with pytest.raises(RecipeError, match=r"with `budget.0.set`: `training`: warmup must be less than steps"):
        seqloom.train(chosen, out=out, budget=9)
    assert not out.exists()


def test_a_run_within_a_budget_says_keeps_and_resumes_what_it_chose(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    draw = random.Random(1)
    rows = [(text := " ".join(draw.choices("abcdefgh", k=4)), text.upper()) for _ in range(400)]
    small = toml.read(Path(seqloom.recipes.shipped_recipes()["translation-rnn"]))
    small["budget"] = [{"tokens": 10**12, "set": ["data.batches.tokens=128", "training.rate=0.004"]}]
    path = tmp_path / "small.toml"
    path.write_text(toml.write(small), encoding="utf-8")
    told = {
        "model.encoder.width": 16,
        "model.decoder.width": 16,
        "data.tokenizer.size": 300,
        "training.rate": 0.01,
        "training.threads": 1,
    }
    given = {"train": rows[:360], "valid": rows[360:], "out": tmp_path / "run", "set": told, "device": "cpu"}
    seqloom.train(path, budget=4, **given)  # type: ignore[arg-type]
    said = capsys.readouterr().err
    assert "so data.batches.tokens=128" in said
    kept = toml.read(tmp_path / "run" / "recipe.toml")
    assert kept["data"]["batches"]["tokens"] == 128
    assert kept["training"]["rate"] == 0.01
    seqloom.train(path, budget=4, resume=True, **given)  # type: ignore[arg-type]
    assert "must" not in capsys.readouterr().err


@pytest.mark.parametrize(
    ("scores", "higher", "line"),
    [
        ([1, 10, 14, 15], True, "A budget twice as long would likely bring bleu +2.5."),
        ([90, 40, 30, 25], False, "A budget twice as long would likely bring bleu -7.5."),
        ([1, 10, 9, 9], True, "A longer budget would likely bring nothing: bleu was as good halfway."),
        ([10, 15], True, ""),
    ],
)
def test_what_a_longer_budget_would_bring(scores: list[float], higher: bool, line: str) -> None:
    history = [{"step": 100 * place, "score": score} for place, score in enumerate(scores, start=1)]
    assert outlook(history, name="bleu", higher_is_better=higher).startswith(line)


def test_a_rehearsal_answers_no_longer_than_one_will_who_has_learnt_to_end(tmp_path: Path) -> None:
    small = settings.parse(Recipe, {"data": {"tokenizer": {"kind": "word"}}, "evaluation": {"pairs": 0}})
    rows = [("a b c d e f g", "x y z") for _ in range(20)]
    data, numbering = prepare_data(tmp_path / "data", small, train=[rows], valid=[rows])
    torch.manual_seed(1)
    network = build_model(small, numbering).eval()
    network.requires_grad_(False).head.bias[numbering.target_vocabulary.eos] = -1e9  # it never ends an answer
    validate = Validating(small, numbering, data)
    assert {len(answer.tokens) for answer in validate(network).samples.answers} == {34}
    assert {len(answer.tokens) for answer in validate.rehearse(network).samples.answers} == {3}
