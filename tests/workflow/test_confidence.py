"""Confidence that is fitted to validation pairs holds on others; a model without is read as it always was."""

from __future__ import annotations

import json
import math
import random
import shutil
from pathlib import Path

import numpy as np
import pytest
import torch

import seqloom
from seqloom.core.errors import ModelFolderError
from seqloom.metrics.reliability import measure_reliability
from seqloom.workflow.calibrating import fit_calibration
from seqloom.workflow.calibration import AS_SAID, Calibration
from seqloom.workflow.evaluating import Report, read_anew
from seqloom.workflow.forcing import likeliest

KEPT = Path(__file__).parent.parent / "kept" / "format-1"
WORDS = dict(zip(["red", "blue", "cat", "dog", "one", "two", "sun", "sea", "tea", "milk"], "rqbktunsml", strict=True))
FEW, EACH = 150, 300
RECIPE = """
data.tokenizer.kind = "word"
data.joint = false
data.batches.tokens = 512
model.source.width = 48
model.target.width = 48
model.tie = "output"
model.encoder = { kind = "recurrent", width = 48 }
model.decoder = { kind = "recurrent", width = 48 }
training = { steps = 200, warmup = 20, rate = 0.01, validate_every = 200, threads = 1 }
evaluation.metrics = ["exact_match", "chrf"]
answers.beam = 2
"""

Pairs = list[tuple[str, str]]


def pairs() -> Pairs:
    """Distinct: words one by one, two to five of them."""
    draw = random.Random(5)
    found: dict[str, str] = {}
    while len(found) < FEW + 2 * EACH:
        words = draw.choices(list(WORDS), k=draw.randint(2, 5))
        found[" ".join(words)] = " ".join(WORDS[word] for word in words)
    return list(found.items())


@pytest.fixture(scope="module")
def unseen() -> Pairs:
    return pairs()[FEW + EACH :]


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> seqloom.Model:
    """Trained long on few pairs, so that it is far surer than it may be."""
    folder = tmp_path_factory.mktemp("sure")
    (folder / "sure.toml").write_text(RECIPE)
    rows = pairs()
    valid = rows[FEW : FEW + EACH]
    return seqloom.train(
        folder / "sure.toml", train=rows[:FEW], valid=valid, out=folder / "run", device="cpu", verbose=False
    )


@pytest.fixture(scope="module")
def report(model: seqloom.Model, unseen: Pairs) -> Report:
    return model.evaluate(unseen)


def ece(report: Report) -> float:
    assert report.reliability is not None
    return report.reliability.ece.value


# ---- what it brings --------------------------------------------------------------------------------------------------


def test_calibration_lowers_the_error_on_pairs_that_nothing_was_fitted_to(report: Report) -> None:
    as_said = read_anew(report, AS_SAID)
    assert ece(as_said) > 30
    assert ece(report) < ece(as_said) / 3
    assert as_said.reliability is not None
    assert report.reliability is not None
    assert as_said.reliability.brier is not None
    assert report.reliability.brier is not None
    assert report.reliability.brier.value < as_said.reliability.brier.value / 2
    assert "fit:validation" in report.reliability.ece.signature
    assert "fit:none" in as_said.reliability.ece.signature


def test_tokens_are_calibrated_too(model: seqloom.Model, unseen: Pairs) -> None:
    logps_P, right_P = likeliest(model.network, model._forced(model.rows(unseen)))
    fitted_P = np.array([model.calibration.of_token(logp) for logp in logps_P.tolist()])
    before, after = (
        measure_reliability(confidences_P, right_P, measured="token", fitted="", samples=0).ece.value
        for confidences_P in (np.exp(logps_P), fitted_P)
    )
    assert before > 10
    assert after < before / 2


def test_the_surest_half_is_better_than_all(report: Report) -> None:
    assert report.reliability is not None
    points = {point.coverage: point.quality for point in report.reliability.points}
    assert points[0.5] > points[1.0] + 0.05
    sure = [answer.confidence for answer in report.answers]
    right = [answer.text in tested.references for answer, tested in zip(report.answers, report.tested, strict=True)]
    half = sorted(zip(sure, right, strict=True), reverse=True)[: EACH // 2]
    assert points[0.5] == pytest.approx(sum(right for _, right in half) / len(half), abs=0.01)


def test_an_answer_of_which_all_must_be_right_is_as_sure_as_all_of_it_together(model: seqloom.Model) -> None:
    assert model.calibration.over == "total"
    assert model.calibration.pairs == EACH


# ---- what an answer says ---------------------------------------------------------------------------------------------


def test_an_answer_says_how_sure_it_and_its_tokens_are(model: seqloom.Model) -> None:
    [answer] = model.predict("red cat", nbest=2)
    assert answer.confidence == model.calibration.of_answer(answer.token_logps)
    assert len(answer.token_confidences) == len(answer.tokens) + 1
    assert answer.token_confidences[0] == model.calibration.of_token(answer.token_logps[0])
    assert answer.alternatives[0].confidence <= answer.confidence
    data = answer.to_data()
    assert data["confidence"] == answer.confidence
    assert data["token_confidences"] == list(answer.token_confidences)
    [empty] = model.predict("")
    assert (empty.confidence, empty.token_confidences) == (1, ())


def test_the_pair_of_an_answer_has_its_confidence(model: seqloom.Model) -> None:
    [answer] = model.predict("red cat", beam=1)
    [scored] = model.score([("red cat", answer.text)])
    assert scored.confidence == pytest.approx(answer.confidence, abs=1e-4)


# ---- what is right ---------------------------------------------------------------------------------------------------


def test_the_likeliest_tokens_are_those_of_one_step_after_the_other(model: seqloom.Model, unseen: Pairs) -> None:
    source, target = unseen[0]
    logps_P, right_P = likeliest(model.network, model._forced(model.rows([(source, target)])))
    ids = [*model.numbering.target(target), model.network.vocabulary.eos]
    expected_logps, expected_right = [], []
    for place, token in enumerate(ids):
        [batch] = model._forced(model.rows([(source, " ".join(target.split()[:place]) or target)]))
        with torch.no_grad():
            run = model.network(batch)
            logp_V = run.head(run.output.pick(), run.memory)[place]
        expected_logps.append(float(logp_V.max()))
        expected_right.append(float(int(logp_V.argmax()) == token))
    assert logps_P.tolist() == pytest.approx(expected_logps, abs=1e-5)
    assert right_P.tolist() == expected_right


def test_what_was_not_asked_teaches_nothing() -> None:
    with_empty = fit_calibration(
        [(), (-0.5, -0.5), ()], np.array([0.0, 1.0, 0.0]), np.zeros(0), np.zeros(0), fitted="x"
    )
    without = fit_calibration([(-0.5, -0.5)], np.array([1.0]), np.zeros(0), np.zeros(0), fitted="x")
    assert with_empty == without
    assert fit_calibration([()], np.array([1.0]), np.zeros(0), np.zeros(0), fitted="x").answers == AS_SAID.answers


def test_mean_or_total_is_what_fits() -> None:
    draw = np.random.default_rng(1)
    tokens = [tuple(np.log(draw.uniform(0.6, 1.0, draw.integers(2, 30)))) for _ in range(2000)]
    means = np.array([math.exp(sum(each) / len(each)) for each in tokens])
    totals = np.array([math.exp(sum(each)) for each in tokens])
    chosen = [
        fit_calibration(tokens, (draw.uniform(size=2000) < chance).astype(float), np.zeros(0), np.zeros(0), fitted="x")
        for chance in (means, totals)
    ]
    assert [each.over for each in chosen] == ["mean", "total"]


# ---- keeping ---------------------------------------------------------------------------------------------------------


def test_it_is_kept_with_the_model(model: seqloom.Model, tmp_path: Path) -> None:
    model.save(tmp_path / "copy")
    copy = seqloom.load(tmp_path / "copy")
    assert copy.calibration == model.calibration
    assert copy.predict("red cat")[0].confidence == pytest.approx(model.predict("red cat")[0].confidence, abs=1e-6)


def test_a_folder_without_is_read_as_it_always_was() -> None:
    kept = seqloom.load(KEPT)
    assert kept.calibration == AS_SAID
    [answer] = kept.predict(["red cat"])
    assert answer.confidence == pytest.approx(math.exp(sum(answer.token_logps) / len(answer.token_logps)))
    assert answer.token_confidences == pytest.approx([math.exp(logp) for logp in answer.token_logps])


def test_a_user_calibrates_on_pairs_of_their_own(unseen: Pairs, tmp_path: Path) -> None:
    kept = seqloom.load(KEPT)
    text = {"red": "rouge", "cat": "chat", "blue": "chien"}  # one word of three it has learnt otherwise
    own = [(f"{one} {other}", f"{text[one]} {text[other]}") for one in text for other in text]
    report = kept.calibrate(own * 20)
    before = read_anew(report, AS_SAID)
    assert before.reliability is not None
    assert report.reliability is not None
    assert before.reliability.ece.details["confidence"] > 0.8
    assert report.reliability.ece.details["confidence"] == pytest.approx(report["exact match"].value / 100, abs=0.05)
    assert kept.calibration.fitted == "own pairs"
    kept.save(tmp_path / "own")
    assert seqloom.load(tmp_path / "own").calibration == kept.calibration


def test_metrics_without_a_share_calibrate_nothing(tmp_path: Path) -> None:
    kept = seqloom.load(KEPT)
    report = kept.evaluate([("red cat", "rouge chat")])
    bare = Report(scores=report.scores, answers=report.answers, tested=report.tested, searched="", seconds=1.0)
    assert kept.calibrate_by(bare, [], fitted="x") is bare
    assert kept.calibration == AS_SAID


@pytest.mark.parametrize(
    "broken",
    [
        {"tokens": {}},
        "no",
        {**AS_SAID.to_data(), "answers": {"temperature": 0.0, "bias": 0.0, "over": "mean"}},
        {**AS_SAID.to_data(), "answers": {"temperature": 1.0, "bias": 0.0, "over": "median"}},
    ],
)
def test_a_calibration_that_is_none_is_refused_in_one_line(broken: object, tmp_path: Path) -> None:
    shutil.copytree(KEPT, tmp_path / "kept")
    metrics = json.loads((KEPT / "metrics.json").read_text(encoding="utf-8"))
    (tmp_path / "kept" / "metrics.json").write_text(json.dumps({**metrics, "calibration": broken}), encoding="utf-8")
    with pytest.raises(ModelFolderError, match="`calibration` must be"):
        seqloom.load(tmp_path / "kept")


def test_a_calibration_is_what_it_was_after_json() -> None:
    some = Calibration(over="total", fitted="validation", pairs=12)
    assert Calibration.from_data(json.loads(json.dumps(some.to_data()))) == some


def test_the_card_says_what_confidence_means(model: seqloom.Model) -> None:
    metrics = dict(model.metrics)
    assert metrics["scores"]["validation"]["reliability"]["ece"]["value"] < 10
    assert metrics["calibration"] == model.calibration.to_data()


def test_training_without_validation_says_that_nothing_was_calibrated(tmp_path: Path) -> None:
    (tmp_path / "few.toml").write_text(RECIPE)
    model = seqloom.train(
        tmp_path / "few.toml",
        train=pairs()[:20],
        test=pairs()[20:40],
        set={"training.steps": 2, "training.warmup": 0, "training.validate_every": 0, "data.held_out": 0},
        out=tmp_path / "run",
        device="cpu",
        verbose=False,
    )
    assert model.calibration == AS_SAID
    assert "Not calibrated" in (tmp_path / "run" / "card.md").read_text(encoding="utf-8")
