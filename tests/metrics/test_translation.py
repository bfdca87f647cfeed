"""BLEU, chrF and TER are sacreBLEU's, in every writing and with any number of references."""

import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sacrebleu.metrics.bleu import BLEU
from sacrebleu.metrics.chrf import CHRF
from sacrebleu.metrics.ter import TER

from seqloom.core.errors import MissingExtraError, RecipeError
from seqloom.metrics.names import MetricName
from seqloom.metrics.texts import measure

METRICS: list[tuple[MetricName, type]] = [("bleu", BLEU), ("chrf", CHRF), ("ter", TER)]


def scored(name: MetricName, answers: list[str], references: list[list[str]], **options: Any) -> float:
    return measure([name], answers, references, samples=0, **options)[0].value


@pytest.mark.parametrize(("name", "metric"), METRICS)
@pytest.mark.parametrize(
    ("answers", "references"),
    [
        (["the cat sat on the mat", "a dog"], [["the cat is on the mat"], ["a dog"]]),
        (["the cat sat on the mat today", "yes , it is ."], [["the cat sat on a mat", "a cat sat"], ["it is"]]),
        (["", "a b c d e f"], [["nothing was said"], ["a b c d e g"]]),
        (["something", "a b c d e f"], [[""], ["a b c d e g"]]),
        (["", ""], [[""], [""]]),
        (["a b", "c"], [["a b"], ["c"]]),
        (["x y z w"], [["a b c d"]]),
        (["one two three four five"], [["one two three four five"]]),
        (["naïve café 🙂 über", "ﬁn — “so”"], [["naïve café 🙃 über"], ["fin - so"]]),
    ],
    ids=["plain", "references", "empty answer", "empty reference", "all empty", "short", "none", "equal", "unicode"],
)
def test_value_is_sacrebleus(name: MetricName, metric: type, answers: list[str], references: list[list[str]]) -> None:
    most = max(map(len, references))
    streams = [[row[place] if place < len(row) else None for row in references] for place in range(most)]
    theirs = metric()
    assert scored(name, answers, references) == pytest.approx(theirs.corpus_score(answers, streams).score, abs=1e-9)
    assert measure([name], answers, references, samples=0)[0].signature == str(theirs.get_signature())


@pytest.mark.parametrize(("name", "metric"), METRICS)
def test_value_is_sacrebleus_on_random_texts(name: MetricName, metric: type) -> None:
    generator = np.random.default_rng(1)
    for _ in range(30):
        answers, references = ([" ".join(generator.choice(list("abcdef"), size=9)) for _ in range(3)] for _ in "ab")
        expected = metric().corpus_score(answers, [references]).score
        assert scored(name, answers, [[text] for text in references]) == pytest.approx(expected, abs=1e-9)


def test_bleu_by_hand() -> None:
    # 5 of 6 words, 3 of 5 pairs, 1 of 4 triples, no quadruple of 3: half a match.
    value = scored("bleu", ["the cat sat on the mat"], [["the cat is on the mat"]])
    assert value == pytest.approx(100 * (5 / 6 * 3 / 5 * 1 / 4 * 0.5 / 3) ** 0.25)


def test_bleu_of_short_answers_is_shortened() -> None:
    (score,) = measure(["bleu"], ["a b c d"], [["a b c d e f"]], samples=0)
    assert score.details["brevity_penalty"] == pytest.approx(math.exp(1 - 6 / 4))
    assert score.details["precisions"] == pytest.approx([100] * 4)
    assert score.value == pytest.approx(100 * math.exp(-0.5))


@pytest.mark.parametrize(
    ("reference", "tokenizer"),
    [
        ("A small cat sleeps on the mat.", "13a"),
        ("一只小猫在垫子上睡觉。", "zh"),
        ("打开 LibreOffice Writer 文档的设置窗口", "zh"),
        ("東京で『の』を学ぶことができます。", "char"),
        ("작은 고양이가 자고 있다.", "char"),
        ("แมวตัวเล็กนอนอยู่", "char"),
        ("He said 你好 to everyone at the long table", "13a"),
        ("12 + 30", "13a"),
    ],
)
def test_references_writing_chooses_the_tokenizer(reference: str, tokenizer: str) -> None:
    (score,) = measure(["bleu"], [reference], [[reference]], samples=0)
    assert f"|tok:{tokenizer}|" in score.signature


def test_tokenizer_can_be_chosen() -> None:
    answers, references = ["一只猫在睡觉"], [["一只猫在睡觉。"]]
    assert scored("bleu", answers, references) > 0
    assert scored("bleu", answers, references, bleu_tokenizer="13a") == 0
    with pytest.raises(RecipeError, match=r'`bleu_tokenizer` must be one of .*, but is "char1". Did you mean "char"\?'):
        scored("bleu", answers, references, bleu_tokenizer="char1")


def test_tokenizer_that_is_not_installed_names_its_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sacrebleu.tokenizers.tokenizer_ja_mecab.MeCab", None)
    with pytest.raises(MissingExtraError, match=r"seqloom\[japanese\]"):
        scored("bleu", ["猫"], [["猫"]], bleu_tokenizer="ja-mecab")


def test_chinese_scores_see_characters() -> None:
    answers, references = ["我很喜欢吃苹果"], [["我很喜欢吃香蕉"]]
    assert scored("bleu", answers, references) == pytest.approx(
        BLEU(tokenize="zh").corpus_score(answers, references).score
    )
    assert scored("bleu", answers, references) > 50
    assert scored("ter", answers, references) == pytest.approx(100 * 2 / 7)


def test_multi30k_is_scored_as_sacrebleu_scores_it() -> None:
    folder = Path(__file__).parents[2] / "../shared/data/multi30k"
    if not folder.exists():
        pytest.skip("the data is not here")
    english = (folder / "test_2016_flickr.en").read_text().splitlines()[:200]
    answers = [" ".join(line.split()[:-1]) + " ." for line in english]
    for name, metric in METRICS:
        expected = metric().corpus_score(answers, [english]).score
        assert scored(name, answers, [[line] for line in english]) == pytest.approx(expected, abs=1e-9)
