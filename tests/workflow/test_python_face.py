"""What a program sees: train, load, predict, evaluate and score, from files and from pairs in hand."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

import seqloom
from seqloom.workflow.training import parse_budget

WORDS = dict(zip("我你猫狗喝看茶海一", ("I", "you", "cat", "dog", "drink", "see", "tea", "sea", "one"), strict=True))
SMALL = {
    "data.tokenizer.kind": "word",
    "data.tokenizer.size": 0,
    "data.joint": False,
    "data.cleaning.max_ratio": 0.0,
    "data.batches.tokens": 512,
    "model.tie": "output",
    "model.source.width": 48,
    "model.target.width": 48,
    "model.encoder.width": 48,
    "model.decoder.width": 48,
    "training.epochs": 0.0,
    "training.steps": 300,
    "training.warmup": 30,
    "training.rate": 0.01,
    "training.threads": 1,
    "evaluation.pairs": 50,
}


def pairs(number: int) -> list[tuple[str, str]]:
    """Chinese without spaces, English with."""
    draw = random.Random(3)
    found: dict[str, str] = {}
    while len(found) < number:
        words = draw.choices(list(WORDS), k=draw.randint(2, 5))
        found["".join(words)] = " ".join(WORDS[word] for word in words)
    return list(found.items())


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("face") / "zh-en"


@pytest.fixture(scope="module")
def model(folder: Path) -> seqloom.Model:
    """Trained on a generator, which can be read only once."""
    rows = pairs(3000)
    return seqloom.train(
        "translation-rnn",
        train=(row for row in rows[:2800]),
        valid=rows[2800:2900],
        out=folder,
        set=SMALL,
        device="cpu",
        verbose=False,
    )


def test_a_loaded_model_answers_as_the_trained_one(model: seqloom.Model, folder: Path) -> None:
    loaded = seqloom.load(folder)
    asked = [source for source, _ in pairs(3000)[2900:]]
    first, second = model.predict(asked, beam=3), loaded.predict(asked, beam=3)
    assert [answer.text for answer in first] == [answer.text for answer in second]
    assert [answer.score for answer in first] == pytest.approx([answer.score for answer in second])
    assert sum(answer.text == target for answer, (_, target) in zip(first, pairs(3000)[2900:], strict=True)) > 85


def test_an_answer_says_what_it_is_made_of(model: seqloom.Model) -> None:
    [answer] = model.predict(["我看海"], beam=5, nbest=3)
    assert isinstance(answer, seqloom.Answer)
    assert answer.text == "I see sea"
    assert answer.tokens == ("I", "see", "sea")
    assert answer.source_tokens == ("我", "看", "海")
    assert 0.5 < answer.confidence <= 1
    assert len(answer.alternatives) == 2
    assert answer.score >= answer.alternatives[0].score >= answer.alternatives[1].score
    assert answer.attention is not None
    assert [len(row) for row in answer.attention] == [3, 3, 3, 3]
    assert [sum(row) for row in answer.attention] == pytest.approx([1, 1, 1, 1])


def test_answers_do_not_depend_on_the_company(model: seqloom.Model) -> None:
    asked = [source for source, _ in pairs(200)]
    alone = [model.predict(source, beam=4)[0].text for source in asked[:10]]
    assert [answer.text for answer in model.predict(asked, beam=4)][:10] == alone


def test_a_report_has_scores_by_name(model: seqloom.Model) -> None:
    report = model.evaluate(pairs(3000)[2900:], beam=2)
    assert report["bleu"].value > 80
    assert report["BLEU"] is report["bleu"]
    assert "nrefs:1" in str(report)


def test_pairs_are_scored(model: seqloom.Model) -> None:
    right, wrong = model.score([("我看海", "I see sea"), ("我看海", "sea see I")])
    assert right.logp > wrong.logp
    assert right.confidence > wrong.confidence
    assert right.tokens == ("I", "see", "sea")
    assert sum(right.token_logps) == pytest.approx(right.logp, abs=1e-4)


def test_a_saved_model_is_a_model_folder(model: seqloom.Model, tmp_path: Path) -> None:
    model.save(tmp_path / "copy")
    assert seqloom.load(tmp_path / "copy").predict("你喝茶")[0].text == model.predict("你喝茶")[0].text


def test_what_is_no_text_is_refused(model: seqloom.Model) -> None:
    with pytest.raises(seqloom.DataError, match="must be a string"):
        model.predict([3])  # type: ignore[list-item]
    with pytest.raises(seqloom.RecipeError, match="nbest must be at most beam"):
        model.predict("我", beam=2, nbest=3)


def test_nothing_to_learn_from(tmp_path: Path) -> None:
    with pytest.raises(seqloom.DataError, match="nothing to learn from"):
        seqloom.train("translation", out=tmp_path / "run", verbose=False)
    with pytest.raises(seqloom.DataError):
        seqloom.train("translation", train=[], out=tmp_path / "run2", verbose=False)


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("20m", 1200), ("1h30m", 5400), ("90s", 90), ("45", 45), ("0.5h", 1800), (30, 30), ("2min", 120)],
)
def test_budgets(text: str | float, seconds: float) -> None:
    assert parse_budget(text) == seconds


@pytest.mark.parametrize("text", ["", "soon", "-5m", "0", "5x"])
def test_no_budgets(text: str) -> None:
    with pytest.raises(seqloom.RecipeError, match="20m"):
        parse_budget(text)


def test_pad_and_tokenizer_are_public() -> None:
    assert seqloom.pad([[1, 2], [3]], fill=9).tolist() == [[1, 2], [3, 9]]
    tokenizer = seqloom.Tokenizer(kind="character").fit(["海 sea"])
    assert tokenizer.decode(tokenizer.encode("sea 海")) == "sea 海"
