"""Series of numbers from files to answers: a forecast, a text that is drawn, and curves that are read."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import seqloom
from seqloom.cli.main import main
from seqloom.core.errors import DataError, RecipeError
from seqloom.core.settings import parse
from seqloom.data.batches import make_batch, ordered_batches
from seqloom.data.rows import Row
from seqloom.decoding.request import Pair
from seqloom.tasks.forecast import LAST_VALUE
from seqloom.workflow.model import Model
from seqloom.workflow.preparing import open_data
from seqloom.workflow.recipe import Recipe, load_recipe
from seqloom.workflow.training import Training

SEEN, AHEAD = 24, 8
SMALL = {
    "data.batches.tokens": 1024, "model.source.width": 24, "model.target.width": 24, "model.encoder.width": 24,
    "model.decoder.width": 48, "training.epochs": 0.0, "training.steps": 150, "training.warmup": 20,
    "training.rate": 0.01, "training.threads": 1, "training.validate_every": 150, "answers.min_length": AHEAD,
    "answers.max_length": AHEAD,
}  # fmt: skip


def seasons(number: int, *, seed: int, channels: int = 1) -> list[dict[str, Any]]:
    """Two seasons, each series at its own height, and noise: 1000 ± some 20, so that normalising matters."""
    dice = np.random.default_rng(seed)
    rows = []
    for _ in range(number):
        place = np.arange(SEEN + AHEAD) + dice.integers(0, 1000)
        wave = 15 * np.sin(2 * math.pi * place / 8) + 6 * np.cos(2 * math.pi * place / 12)
        noise = dice.normal(0, 1, (len(place), channels))
        series = 1000 + dice.normal(0, 4) + wave[:, None] * np.linspace(1, 2, channels) + noise
        values = series[:, 0] if channels == 1 else series
        rows.append({"source": values[:SEEN].tolist(), "target": values[SEEN:].tolist()})
    return rows


def write(path: Path, rows: list[dict[str, Any]]) -> Path:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("series")
    for name, number in (("train", 300), ("valid", 30), ("test", 60)):
        write(made / f"{name}.jsonl", seasons(number, seed=number))
    return made


@pytest.fixture(scope="module")
def model(folder: Path) -> Path:
    """The shipped recipe, made small, through the command line."""
    told = [part for key, value in SMALL.items() for part in ("--set", f"{key}={value}")]
    files = [f"--{name}={folder / name}.jsonl" for name in ("train", "valid", "test")]
    assert main(["train", "forecast", *files, "--out", str(folder / "run"), "--device", "cpu", *told]) == 0
    return folder / "run"


def run(capsys: pytest.CaptureFixture[str], *arguments: object, status: int = 0) -> tuple[str, str]:
    capsys.readouterr()
    assert main([str(argument) for argument in arguments]) == status
    stdout, stderr = capsys.readouterr()
    if status:
        assert len(stderr.splitlines()) == 1
    return stdout, stderr


# ---- a forecast ------------------------------------------------------------------------------------------------------


def test_a_forecast_beats_repeating_the_last_value(model: Path, folder: Path) -> None:
    report = seqloom.load(model).evaluate(folder / "test.jsonl")
    simple = {score.name: score.value for score in report.baselines[LAST_VALUE]}
    for name in ("mase", "mae", "mse", "pinball"):
        score = report[name]
        assert score.high is not None
        assert score.high < simple[score.name] / 2, str(score)
    assert report["mase"].value < 0.5, str(report)
    assert report.reliability is None, "a series of numbers has no confidence"


def test_the_scores_are_told_beside_what_is_simplest(
    model: Path, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    said, _ = run(capsys, "evaluate", model, folder / "test.jsonl")
    assert said.startswith("MASE 0.")
    assert f"beside it, {LAST_VALUE}: MASE " in said
    assert "beside it, repeating the last 12: MASE " in said
    assert " ± " in said
    told = json.loads(run(capsys, "evaluate", model, folder / "test.jsonl", "--json")[0])
    assert told["scores"]["mase"]["value"] < told["baselines"][LAST_VALUE]["mase"]["value"]
    metrics = json.loads((model / "metrics.json").read_text())
    assert {"mase", "mae", "mse", "loss"} <= metrics["history"][-1]["scores"].keys()


def test_answers_are_lists_of_numbers_in_the_order_asked(
    model: Path, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rows = seasons(20, seed=7)
    said, _ = run(capsys, "predict", model, write(folder / "asked.jsonl", rows))
    found = [json.loads(line) for line in said.splitlines()]
    assert [len(each) for each in found] == [AHEAD] * 20
    right = np.array([row["target"] for row in rows])
    assert np.abs(np.array(found) - right).mean() < 3
    assert np.abs(np.array(found[1:]) - right[:-1]).mean() > 10, "another order would be seen"
    shorter, _ = run(capsys, "predict", model, folder / "asked.jsonl", "--max-length", "3", "--min-length", "3")
    first = np.array([json.loads(line) for line in shorter.splitlines()])
    np.testing.assert_allclose(first, np.array(found)[:, :3], rtol=1e-6)  # other shapes, another last bit of a float
    told = [
        json.loads(line) for line in run(capsys, "predict", model, folder / "asked.jsonl", "--json")[0].splitlines()
    ]
    assert [each["series"] for each in told] == found
    assert "confidence" not in told[0]
    low, middle, high = (np.array([each["quantiles"][share] for each in told]) for share in ("10", "50", "90"))
    assert (low < middle).all()
    assert (middle < high).all()
    np.testing.assert_allclose(middle, found, rtol=1e-6)
    wide = ("--set", "answers.search.quantiles=[0.01,0.99]", "--set", "answers.search.seed=2")
    other = [
        json.loads(line)
        for line in run(capsys, "predict", model, folder / "asked.jsonl", "--json", *wide)[0].splitlines()
    ]
    assert list(other[0]["quantiles"]) == ["1", "99"]
    assert (np.array([each["quantiles"]["99"] for each in other]) - high).mean() > 0.5, "two spreads are more than one"


def test_python_is_given_lists_and_arrays(model: Path) -> None:
    loaded = seqloom.load(model)
    source = seasons(1, seed=3)[0]["source"]
    one, two = loaded.predict([source, np.array(source)])
    assert one.series == two.series
    assert one.series is not None
    assert np.array(one.series).shape == (AHEAD, 1)
    assert loaded.predict(source)[0].text == loaded.predict({"source": source})[0].text == one.text
    assert one.attention is not None
    assert np.array(one.attention).shape == (AHEAD + 1, SEEN)
    np.testing.assert_allclose(np.array(one.attention).sum(1), 1, atol=1e-5)
    [scored] = loaded.score([(source, one.series)])
    [other] = loaded.score([(source, np.array(one.series) + 30)])
    assert scored.logp > other.logp


def test_a_folder_and_numpy_in_hand_are_the_same_training(folder: Path, tmp_path: Path) -> None:
    pairs = [(np.array(row["source"]), row["target"]) for row in seasons(40, seed=300)]
    few = {**SMALL, "training.steps": 30, "training.warmup": 5, "training.validate_every": 30}
    by_hand = seqloom.train("forecast", train=pairs, out=tmp_path / "hand", set=few, verbose=False)
    file = write(tmp_path / "train.jsonl", seasons(40, seed=300))
    by_file = seqloom.train("forecast", train=file, out=tmp_path / "file", set=few, verbose=False)
    source = pairs[0][0]
    assert by_hand.predict([source])[0].series == by_file.predict([source])[0].series


def test_a_killed_run_goes_on_to_the_same_weights(tmp_path: Path) -> None:
    rows = [(row["source"], row["target"]) for row in seasons(40, seed=1, channels=2)]
    few = {**SMALL, "training.steps": 20, "training.warmup": 5, "training.save_every": 5, "data.held_out": 0.1}
    whole = seqloom.train("forecast", train=rows, out=tmp_path / "whole", set=few, verbose=False)
    recipe = load_recipe("forecast", overrides=[f"{key}={value}" for key, value in few.items()])
    stopped = Training(recipe=recipe, name="x", train=(rows,), out=tmp_path / "cut", device="cpu").run()
    for event in stopped:
        if getattr(getattr(event, "progress", None), "step", 0) == 12:
            stopped.close()
            break
    again = seqloom.train("forecast", train=rows, out=tmp_path / "cut", set=few, resume=True, verbose=False)
    for (name, one), other in zip(whole.network.state_dict().items(), again.network.state_dict().values(), strict=True):
        assert (one == other).all(), name


def test_batches_from_disk_are_those_made_of_pairs(tmp_path: Path) -> None:
    rows = [(row["source"][: 5 + place], row["target"]) for place, row in enumerate(seasons(6, seed=1, channels=2))]
    few = {**SMALL, "training.steps": 1, "training.warmup": 0, "data.held_out": 0.0}
    made = seqloom.train("forecast", train=rows, out=tmp_path / "run", set=few, verbose=False)
    [corpus] = open_data(tmp_path / "run" / "data").corpora
    vocabulary = made.numbering.target_vocabulary
    [kept] = ordered_batches(corpus, tokens=10_000, vocabulary=vocabulary)
    read = [
        made.numbering.read(Row(source=json.dumps(source), targets=(json.dumps(target),))) for source, target in rows
    ]
    sources = [made.numbering.source(row.source)[0] for row in read]
    targets = [made.numbering.target(row.targets[0]) for row in read]
    fresh = make_batch(
        [Pair(source=source, target=target) for source, target in zip(sources, targets, strict=True)],
        vocabulary=vocabulary,
    )
    order = kept.source.parts["vectors"].mask_BS.sum(1).argsort()
    assert (kept.target_BT[order] == fresh.target_BT).all()
    assert (kept.target_mask_BT[order] == fresh.target_mask_BT).all()
    assert (kept.source.parts["vectors"].values[order] == fresh.source.parts["vectors"].values).all()


# ---- what is wrong ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ({"source": [[1, 2], [3]], "target": [1]}, "`source` is no series of numbers: frame 2 must have 2 numbers"),
        ({"source": [1, float("nan")], "target": [1]}, "frame 2 must hold finite numbers only, but holds nan"),
        ({"source": [1, None], "target": [1]}, "frame 2 must hold finite numbers only"),
        ({"source": [1, 2], "target": "up"}, "the target is no series of numbers"),
        ({"source": [[1, 2]], "target": [[1, 2]]}, "the source must have 1 number a frame, but has 2"),
        ({"source": [1, 2]}, "the key `target` is missing"),
    ],
)
def test_a_bad_line_is_named(
    row: dict[str, Any], said: str, model: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    bad = write(tmp_path / "bad.jsonl", [{"source": [1, 2], "target": [3]}, row])
    for command in (("evaluate", model, bad), ("train", "forecast", "--train", bad, "--out", tmp_path / "run")):
        _, told = run(capsys, *command, status=2)
        assert told.startswith(f"{bad}:2: "), told
        assert said in told


def test_what_is_asked_of_a_forecast_is_checked(model: Path, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = write(folder / "one.jsonl", seasons(1, seed=1))
    assert "must be left out" in run(capsys, "predict", model, file, "--min-confidence", "0.5", status=2)[1]
    assert 'search.kind must be "beam" or "paths"' in run(capsys, "predict", model, file, "--sample", status=2)[1]
    loaded = seqloom.load(model)
    with pytest.raises(DataError, match="no series of numbers"):
        loaded.predict([["a", "b"]])
    assert "nbest" in str(loaded.predict([[1.0, 2.0]], nbest=2, beam=2)[0].error)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (
            "model.source.kind=text",
            'model.source.kind must be what the data is, but is "text" where `data.tokenizer.kind`',
        ),
        ("model.target.kind=tokens", 'target.kind must be "vectors" with `head.kind` "vectors"'),
        ("training.smoothing=0.1", "training.smoothing must be 0"),
        ("model.head.spread=unit", 'answers.search.kind must be "beam" where `model.head.spread` is "unit"'),
        ("answers.search.quantiles=[0.9, 0.1]", "quantiles must be shares that rise"),
        ("training.r_drop=1.0", "training.r_drop must be 0"),
        ("training.word_dropout=0.1", "training.word_dropout must be 0"),
        ("training.sampling.kind=linear", "training.sampling.kind must be"),
        ("evaluation.metrics=['bleu']", "evaluation.metrics must measure series"),
        ("data.cleaning.lower=both", "data.cleaning.lower is for text"),
        ("data.on_long=split", "data.on_long must not be"),
        ("data.special_tokens=['<a>']", "data.special_tokens are for text"),
        ("model.tie=output", 'tie must be "none"'),
        ("model.head={kind='generator'}", 'head.kind must be "vectors"'),
        ("answers.min_length=13", "min_length must be at most max_length (12), but is 13"),
    ],
)
def test_a_recipe_that_cannot_be_is_one_line(change: str, said: str) -> None:
    with pytest.raises(RecipeError) as raised:
        load_recipe("forecast", overrides=[change.replace("'", '"')])
    assert said in str(raised.value)
    assert len(str(raised.value).splitlines()) == 1


def test_a_recipe_for_text_measures_text() -> None:
    with pytest.raises(RecipeError, match="metrics must measure text"):
        parse(Recipe, {"evaluation": {"metrics": ["mae"]}})


# ---- text to numbers and numbers to text -----------------------------------------------------------------------------

SHAPES = {"up": [0.0, 2.0, 4.0, 6.0], "down": [6.0, 4.0, 2.0], "flat": [3.0, 3.0], "peak": [0.0, 6.0, 0.0]}


def mixed(source: dict[str, Any], target: dict[str, Any], head: str, *, steps: int, **data: Any) -> Recipe:
    """A small recurrent model with text on one side only."""
    part = {"kind": "recurrent", "width": 32}
    model = {"source": {"width": 32, **source}, "target": {"width": 32, **target}, "encoder": part, "decoder": part}
    return parse(
        Recipe,
        {
            "data": {"joint": False, "held_out": 0.1, "batches": {"tokens": 512}, **data},
            "model": {**model, "head": {"kind": head}},
            "training": {"steps": steps, "warmup": 20, "rate": 0.01, "threads": 1, "validate_every": steps},
            "evaluation": {"metrics": ["mae"] if head == "vectors" else ["exact_match"]},
            "answers": {"beam": 1},
        },
    )


def drawn(number: int, *, seed: int) -> list[tuple[str, list[float]]]:
    """Words, and what they look like one behind the other, with a little noise."""
    dice = np.random.default_rng(seed)
    rows = []
    for _ in range(number):
        words = dice.choice([*SHAPES], size=dice.integers(1, 4)).tolist()
        series = np.concatenate([SHAPES[word] for word in words])
        rows.append((" ".join(words), (series + dice.normal(0, 0.1, len(series))).tolist()))
    return rows


def test_words_are_drawn(tmp_path: Path) -> None:
    """No length is given: the model knows where a drawing ends."""
    recipe = mixed(
        {}, {"kind": "vectors"}, "vectors", steps=400, tokenizer={"kind": "word"}, target_tokenizer={"kind": "vectors"}
    )
    model = seqloom.train(recipe, train=drawn(300, seed=1), out=tmp_path / "run", verbose=False)
    for words in ("up", "down flat", "peak up down"):
        [answer] = model.predict([words])
        wanted = [value for word in words.split() for value in SHAPES[word]]
        assert answer.series is not None
        assert len(answer.series) == len(wanted), answer.text
        assert np.abs(np.array(answer.series)[:, 0] - wanted).max() < 1.0, answer.text
    again: Model = seqloom.load(tmp_path / "run")
    assert again.predict(["up"])[0].text == model.predict(["up"])[0].text


def test_curves_are_read(tmp_path: Path) -> None:
    recipe = mixed(
        {"kind": "vectors", "stack": 2},
        {},
        "generator",
        steps=250,
        tokenizer={"kind": "vectors"},
        target_tokenizer={"kind": "word"},
    )
    pairs = [(series, words) for words, series in drawn(400, seed=1)]
    model = seqloom.train(recipe, train=pairs, out=tmp_path / "run", verbose=False)
    fresh = drawn(50, seed=2)
    right = sum(
        answer.text == words
        for (words, _), answer in zip(fresh, model.predict([series for _, series in fresh]), strict=True)
    )
    assert right >= 40
