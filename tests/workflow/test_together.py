"""Who has a say beside a model: others, a language model, what it has seen; and what a question says of itself."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

import seqloom
from seqloom.core.errors import DataError, ModelFolderError, RecipeError
from seqloom.decoding.constraints.banned import BannedSettings
from seqloom.decoding.constraints.phrases import PhraseSettings
from seqloom.decoding.constraints.regex import RegexSettings
from seqloom.decoding.request import DiverseBeam, ExactSearch, MbrSearch
from seqloom.workflow.datastore import build_datastore

WORDS = dict(zip("我你猫狗看茶海", ("I", "you", "cat", "dog", "see", "tea", "sea"), strict=True))
DRINK = "喝"
"""One word of the source that two words say."""

SMALL = {
    "data.tokenizer.kind": "word",
    "data.tokenizer.size": 0,
    "data.joint": False,
    "data.held_out": 0.0,
    "data.batches.tokens": 256,
    "data.cleaning.max_ratio": 0.0,
    "data.cleaning.duplicates": "keep",
    "model.tie": "output",
    "model.source.width": 32,
    "model.target.width": 32,
    "model.encoder.width": 32,
    "model.decoder.width": 32,
    "training.epochs": 0.0,
    "training.steps": 150,
    "training.warmup": 10,
    "training.rate": 0.02,
    "training.threads": 1,
    "evaluation.metrics": ["exact_match"],
    "answers.beam": 3,
}


def pairs(number: int, *, seed: int, says: tuple[str, ...]) -> list[tuple[str, str]]:
    """Two to four words, one of which may be said in one of these ways."""
    dice = random.Random(seed)
    rows = []
    for _ in range(number):
        words = dice.choices([*WORDS, DRINK], k=dice.randint(2, 4))
        rows.append(("".join(words), " ".join(WORDS.get(word) or dice.choice(says) for word in words)))
    return rows


def trained(folder: Path, rows: list, **changes: object) -> seqloom.Model:
    settings = SMALL | {key.replace("__", "."): value for key, value in changes.items()}
    return seqloom.train("translation-rnn", train=rows, out=folder, set=settings, device="cpu", verbose=False)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("together")


@pytest.fixture(scope="module")
def model(folder: Path) -> seqloom.Model:
    return trained(folder / "first", pairs(900, seed=1, says=("drink", "sip")))


@pytest.fixture(scope="module")
def asked() -> list[str]:
    return [source for source, _ in pairs(60, seed=9, says=("drink",)) if DRINK in source]


def share(model: seqloom.Model, asked: list[str], word: str, **how: object) -> float:
    """How often the word that can be said in two ways is said in this one."""
    said = [word for answer in model.predict(asked, **how) for word in answer.text.split()]
    assert not {"drink", "sip"}.isdisjoint(said)
    return said.count(word) / (said.count("drink") + said.count("sip"))


def test_answers_follow_a_language_model(folder: Path, model: seqloom.Model, asked: list[str]) -> None:
    for word in ("drink", "sip"):
        texts = [(target,) for _, target in pairs(900, seed=2, says=(word,))]
        (folder / f"{word}.txt").write_text("\n".join(target for (target,) in texts) + "\n", encoding="utf-8")
        language = folder / f"language-{word}"
        trained(
            language,
            str(folder / f"{word}.txt"),
            data__source="none",
            data__rows="texts",
            data__joint=True,
            data__vocabulary_of=str(folder / "first"),
        )
        how = {"answers.language_model.model": str(language), "answers.language_model.weight": 0.5}
        assert share(model, asked, word, set=how) > 0.95
    assert 0.05 < share(model, asked, "sip") < 0.95 or share(model, asked, "drink", set=how) < 0.05


def test_answers_follow_what_is_remembered(folder: Path, model: seqloom.Model, asked: list[str]) -> None:
    for word in ("drink", "sip"):
        store = folder / f"store-{word}"
        assert build_datastore(model, pairs(300, seed=3, says=(word,)), store) > 900
        how = {"answers.neighbours.store": str(store), "answers.neighbours.weight": 0.7}
        assert share(model, asked, word, set=how) > 0.95


def test_a_store_belongs_to_its_model(folder: Path, model: seqloom.Model, asked: list[str]) -> None:
    store = folder / "store-own"
    build_datastore(model, pairs(20, seed=3, says=("sip",)), store)
    second = seqloom.load(folder / "first")
    weight = next(second.network.parameters())
    weight.data += 0.1
    with pytest.raises(ModelFolderError, match="was made with another model"):
        second.predict(asked[:1], set={"answers.neighbours.store": str(store)})
    with pytest.raises(ModelFolderError, match="must be a store"):
        model.predict(asked[:1], set={"answers.neighbours.store": str(folder / "first")})
    (folder / "mine").mkdir()
    (folder / "mine" / "letter.txt").write_text("dear")
    with pytest.raises(DataError, match="is there, and is no store"):
        build_datastore(model, pairs(2, seed=3, says=("sip",)), folder / "mine")
    assert (folder / "mine" / "letter.txt").read_text() == "dear"


def test_an_ensemble_is_better_than_its_members(folder: Path) -> None:
    """Three models that have learnt too little, each something else."""
    rows, tested = pairs(300, seed=4, says=("drink",)), pairs(200, seed=5, says=("drink",))
    members = [folder / f"member-{seed}" for seed in (1, 2, 3)]
    for seed, member in enumerate(members, start=1):
        trained(member, rows, training__steps=45, training__seed=seed, data__vocabulary_of=str(members[0]) * (seed > 1))
    first = seqloom.load(members[0])
    alone = [seqloom.load(member).evaluate(tested)["exact_match"].value for member in members]
    for how in ("mean", "loglinear"):
        others = {"answers.ensemble.models": list(map(str, members[1:])), "answers.ensemble.how": how}
        together = first.evaluate(tested, set=others)
        assert together["exact_match"].value > max(alone), (how, together["exact_match"].value, alone)
        assert "an ensemble" in str(together)


def test_models_that_cannot_answer_together_are_refused(folder: Path, model: seqloom.Model, asked: list[str]) -> None:
    trained(folder / "other", [("甲", "x"), ("乙", "y")] * 30, training__steps=2, training__warmup=1)
    with pytest.raises(RecipeError, match=r"other` must have the source vocabulary of the model that it joins"):
        model.predict(asked[:1], set={"answers.ensemble.models": [str(folder / "other")]})
    with pytest.raises(RecipeError, match="must be a language model, but reads sources"):
        model.predict(asked[:1], set={"answers.language_model.model": str(folder / "first")})
    with pytest.raises(RecipeError, match=r"must name a key of `answers` here, but names `training\.rate`"):
        model.predict(asked[:1], set={"training.rate": 1.0})


# ---- questions -------------------------------------------------------------------------------------------------------


def test_a_question_has_constraints_of_its_own(model: seqloom.Model) -> None:
    source = "我喝茶"
    [plain] = model.predict(source)
    other = "sip" if "drink" in plain.text else "drink"
    own = {"source": source, "constraints": [{"kind": "phrases", "phrases": [[other]]}]}
    found = model.predict([source, own, {"source": source, "max_length": 1}])
    assert [answer.text for answer in found] == [plain.text, f"I {other} tea", found[2].text]
    assert len(found[2].tokens) <= 1
    [banned] = model.predict(source, constraints=[BannedSettings(phrases=("drink", "sip"))])
    assert not {"drink", "sip"} & set(banned.text.split())


def test_what_is_wrong_with_one_question_is_its_answer(model: seqloom.Model) -> None:
    source = "我喝茶"
    asked = [
        {"source": source, "constraints": [{"kind": "regex", "pattern": "("}]},
        {"source": source, "constraints": [{"kind": "phrase"}]},
        {"source": source, "constraints": [{"kind": "phrases", "phrases": [["tea tea tea tea"]]}], "max_length": 2},
        {"source": source, "constraints": [{"kind": "json_schema", "schema": {"type": "nothing"}}]},
        source,
    ]
    *wrong, right = model.predict(asked)
    assert right.error is None
    assert right.text.startswith("I ")
    assert all(answer.error and not answer.text and "\n" not in answer.error for answer in wrong)
    for answer, line in zip(
        wrong, ("`pattern` must be", "Did you mean", "`constraints` must fit", "schema"), strict=True
    ):
        assert line in answer.error
    assert wrong[0].to_data() == {"source": source, "error": wrong[0].error}


def test_constraints_hold_in_an_ensemble_and_for_draws(folder: Path, model: seqloom.Model, asked: list[str]) -> None:
    wanted = [PhraseSettings(phrases=(("sea",),)), RegexSettings(pattern="[a-zI ]*")]
    for how in (
        {"set": {"answers.ensemble.models": [str(folder / "first")]}},
        {"sample": True, "seed": 4},
        {"search": MbrSearch(samples=4)},
        {"search": ExactSearch(), "max_length": 5},
        {"search": DiverseBeam(groups=3)},
    ):
        for answer in model.predict(asked[:4], constraints=wanted, **how):
            assert answer.error is None, (how, answer.error)
            assert "sea" in answer.text.split(), how


def test_the_least_risk_is_the_most_usual_answer(model: seqloom.Model, asked: list[str]) -> None:
    """Of exact matches, the draw that comes most often."""
    search = MbrSearch(samples=30, utility="exact_match", seed=3)
    for source in asked[:3]:
        [found] = model.predict(source, search=search, nbest=2)
        draws = [each.text for each in _every(model.predict(source, search=search.sampling, nbest=30, sample=False))]
        most = max(set(draws), key=draws.count)
        assert draws.count(found.text) == draws.count(most)
        assert found.score == pytest.approx(100 * draws.count(most) / len(draws))


def _every(answers: list) -> list:
    [answer] = answers
    return [answer, *answer.alternatives]


def test_a_stream_is_the_answer_and_takes_nothing_back(model: seqloom.Model, asked: list[str]) -> None:
    ways = [{}, {"beam": 1}, {"sample": True, "seed": 3}, {"search": ExactSearch(), "max_length": 5}]
    asking = [(source, how) for source in asked[:4] for how in ways]
    asking += [("。".join(asked[:12]), {}), ("", {})]  # one is answered in parts, one not at all
    several = 0
    for source, how in asking:
        pieces = [*model.stream(source, **how)]
        assert all(pieces)
        assert "".join(pieces) == model.predict(source, **how)[0].text
        several += len(pieces) > 1
    assert several > 5
    with pytest.raises(seqloom.DecodingError, match="`pattern` must be"):
        [*model.stream("我喝茶", constraints=[RegexSettings(pattern="(")])]
    assert model.predict("我喝茶")[0].text, "the engine is free again"
