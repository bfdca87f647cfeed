"""Objectives in a recipe: what they are told of the data, by the way that a person trains."""

from __future__ import annotations

import json
import random
from pathlib import Path
from typing import Any

import pytest

from seqloom.core.errors import RecipeError
from seqloom.core.settings import parse
from seqloom.data.corpus import Corpus
from seqloom.data.numbered import Numbered
from seqloom.data.numbering import Numbering
from seqloom.data.rows import Row
from seqloom.data.tokenizers.words import WordSettings
from seqloom.training.objectives import CoverageSettings, CrossEntropySettings, RiskSettings, WeightedSettings
from seqloom.workflow.recipe import Recipe
from seqloom.workflow.seq2seq import Seq2Seq
from seqloom.workflow.targets import counted, targets_of, targets_of_rows
from seqloom.workflow.training import Training

WORDS = {"red": "rouge", "blue": "bleu", "cat": "chat", "dog": "chien", "one": "un", "two": "deux"}


def rows(number: int, *, seed: int) -> list[dict[str, str]]:
    """Pairs said backwards, and which words of them are each other's."""
    dice = random.Random(seed)
    found = []
    for _ in range(number):
        words = dice.choices(list(WORDS), k=dice.randint(2, 5))
        said = [WORDS[word] for word in reversed(words)]
        align = " ".join(f"{len(words) - 1 - place}-{place}" for place in range(len(words)))
        found.append({"source": " ".join(words), "target": " ".join(said), "align": align})
    return found


def recipe(*objectives: dict[str, Any], **data: Any) -> Recipe:
    return parse(
        Recipe,
        {
            "data": {"tokenizer": {"kind": "word"}, "joint": True, "batches": {"tokens": 256}, **data},
            "model": {
                "source": {"width": 16},
                "target": {"width": 16},
                "encoder": {"kind": "recurrent", "width": 16},
                "decoder": {"kind": "recurrent", "width": 16},
            },
            "training": {"steps": 200, "warmup": 10, "rate": 0.01, "threads": 1, "objectives": list(objectives)},
            "evaluation": {"metrics": ["exact_match"], "pairs": 5},
            "logging": {"every": 1},
        },
    )


def test_alignments_of_the_data_guide_the_attention_of_the_model(tmp_path: Path) -> None:
    """Three objectives in one recipe, from a file to a model that shows where it looked."""
    for name, number in (("train", 400), ("valid", 20)):
        lines = [json.dumps(row) for row in rows(number, seed=number)]
        (tmp_path / f"{name}.jsonl").write_text("\n".join(lines), encoding="utf-8")
    training = Training(
        recipe=recipe(
            {"kind": "cross_entropy"},
            {"kind": "alignment", "weight": 1.0},
            {"kind": "denoising", "weight": 0.2, "mask": 0.2},
            alignment="align",
        ),
        name="test",
        train=(tmp_path / "train.jsonl",),
        valid=(tmp_path / "valid.jsonl",),
        out=tmp_path / "run",
        device="cpu",
    )
    *_, ended = training.run()
    log = [json.loads(line) for line in (tmp_path / "run" / "log.jsonl").read_text().splitlines()]
    steps = [line for line in log if line["event"] == "step"]
    assert all({"loss_cross_entropy", "loss_alignment", "loss_denoising"} <= line.keys() for line in steps)
    first, last = steps[0], steps[-1]
    assert last["loss_alignment"] < 0.3 * first["loss_alignment"]
    [answer] = ended.model.predict(["one red dog"], beam=1)  # type: ignore[union-attr]
    assert answer.text == "chien rouge un"
    assert answer.attention is not None
    assert [max(range(3), key=row.__getitem__) for row in answer.attention[:3]] == [2, 1, 0]


@pytest.mark.parametrize(
    ("objective", "data", "line"),
    [
        ("alignment", {}, 'must not have "alignment" without `data.alignment`'),
        ("denoising", {"joint": False}, 'must not have "denoising" with `data.joint = false`'),
    ],
)
def test_what_the_data_cannot_give_is_told_by_the_recipe(objective: str, data: dict[str, Any], line: str) -> None:
    with pytest.raises(RecipeError, match=line):
        recipe({"kind": "cross_entropy"}, {"kind": objective}, **data)


# ---- what is told of the data ----------------------------------------------------------------------------------------


def numbering(*, copies: bool = False) -> Numbering:
    made = WordSettings().fit(["a b c", "b c"])
    return Numbering(made, made, copies=copies)


def test_tokens_are_counted_with_the_ends() -> None:
    made = numbering()
    targets = [made.target(text) for text in ("a b b", "b c")]
    pairs = [Numbered(columns={"text": [4], "target": target}) for target in targets]
    counts = counted([Corpus.of(pairs[:1]), Corpus.of(pairs[1:])], made)
    told = targets_of(made, lambda: counts)
    assert [counts[told.id_of(word) or 0] for word in "abc"] == [1, 3, 1]
    assert counts[made.target_vocabulary.eos] == 2
    assert sum(counts) == 7
    assert told.id_of("d") is None


def test_rows_in_hand_are_counted_alike() -> None:
    given = [Row(source="a", targets=(text,), file="", line=1) for text in ("a b b", "b c")]
    assert sum(targets_of_rows(given, numbering()).counts()) == 7


def test_own_words_are_words_of_a_text() -> None:
    """Two of them are not the same, and each is the same wherever its row says it."""
    made = numbering(copies=True)
    text = targets_of(made, list).text
    size = made.target_vocabulary.size
    known = made.target("a b")
    assert text(known) == "a b"
    one, other = text([*known, size]), text([*known, size + 1])
    assert one != other
    assert text([size, *known]).split()[0] == one.split()[-1]


def test_settings_are_a_loss_in_a_few_lines_too() -> None:
    given = rows(60, seed=1)
    sources, targets = [row["source"] for row in given], [row["target"] for row in given]
    model = Seq2Seq("gru", "gru", tokenizer="word", width=16, device="cpu")
    chosen = [CrossEntropySettings(), CoverageSettings(weight=0.5), WeightedSettings(balance=0.5, weights={"un": 2.0})]
    model.compile(loss=chosen, smoothing=0.1).fit(sources, targets, epochs=1, verbose=False)
    assert model.model.recipe.training.objectives == tuple(chosen)
    risk = RiskSettings(utility="bleu", samples=3)
    loss = model.compile(loss=risk).fit(sources, targets, epochs=1, verbose=False).history["loss"]
    assert 0 < loss[0] < 1


def test_a_weight_of_no_token_is_told() -> None:
    with pytest.raises(RecipeError, match='must name tokens of the target, but "zwei" is none'):
        WeightedSettings(weights={"zwei": 2.0}).build(targets_of(numbering(), list))
