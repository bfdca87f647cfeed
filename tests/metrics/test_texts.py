"""The face of the room: names, mistakes, what a score says of itself, and what it does not import."""

import json
import subprocess
import sys
from typing import Any, get_args

import pytest

from seqloom.core.errors import DataError, MissingExtraError, RecipeError
from seqloom.metrics.names import MetricName
from seqloom.metrics.score import Score
from seqloom.metrics.texts import SERIES_METRICS, compare, measure

NAMES: list[MetricName] = [name for name in get_args(MetricName) if name not in SERIES_METRICS]


def test_each_name_gives_one_score_in_order() -> None:
    rows = [["O B-A I-A"], ["B-B"], ["O"]]
    answers = ["O B-A O", "B-B", "O"]
    together = measure(NAMES, answers, rows, samples=50)
    assert together == [measure([name], answers, rows, samples=50)[0] for name in NAMES]
    assert len({score.name for score in together}) == len(NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_equal_texts_are_as_good_as_can_be(name: MetricName) -> None:
    texts = ["O B-A I-A O B-B I-B", "B-A O O O B-C"]
    (score,) = measure([name], texts, [[text] for text in texts])
    best = 100 if score.higher_is_better else 0
    assert (score.value, score.low, score.high) == pytest.approx((best, best, best))


@pytest.mark.parametrize("name", NAMES)
def test_a_score_says_itself_to_json(name: MetricName) -> None:
    (score,) = measure([name], ["B-A O", "O O"], [["B-A O"], ["O B-B"]], samples=50)
    data = json.loads(json.dumps(score.to_data(), allow_nan=False))
    assert Score(**data) == score
    assert score.signature.startswith("nrefs:1|bs:50|seed:12345|")
    assert "version:" in score.signature


def test_a_score_is_printed_with_its_signature() -> None:
    score = Score(name="BLEU", value=38.44, low=37.5, high=39.3, signature="nrefs:1", higher_is_better=True)
    assert str(score) == "BLEU 38.4 ± 0.9 (nrefs:1)"


def test_a_comparison_says_itself() -> None:
    (found,) = compare(["exact_match"], ["a", "b"] * 10, ["a", "x"] * 10, [["a"]] * 20, samples=50)
    assert str(found).startswith("exact match +0.0 (95 % from +0.0 to +0.0, p = 1.000, nrefs:1|bs:50|")
    assert json.loads(json.dumps(found.to_data()))["p"] == 1


@pytest.mark.parametrize(
    ("answers", "references", "message"),
    [
        (["a"], [["a"], ["b"]], "there are 1 answers and references for 2"),
        ([], [], "at least one answer"),
        (["a", "b"], [["a"], []], "row 2: there must be at least one reference"),
        (["a"], ["a"], 'row 1: references must be a list, but is "a"'),
        ("ab", [["a"], ["b"]], 'answers must be a list of texts, but is the text "ab"'),
        (["a", None], [["a"], ["b"]], "row 2: the answer must be a text, but is null"),
        (["a"], [["a", 3]], "row 1: a reference must be a text, but is 3"),
    ],
)
def test_texts_that_cannot_be_measured(answers: Any, references: Any, message: str) -> None:
    for name in NAMES:
        with pytest.raises(DataError, match=message) as caught:
            measure([name], answers, references)
        assert "\n" not in str(caught.value)


def test_unknown_metrics_are_named_at_once_with_the_nearest_right_names() -> None:
    names: Any = ["blue", "wer", "rouge3"]
    with pytest.raises(RecipeError) as caught:
        measure(names, ["a"], [["a"]])
    first, second = caught.value.mistakes
    assert first.endswith('but is "blue". Did you mean "bleu"?')
    assert second.startswith("`metric` must be one of")
    assert 'Did you mean "rouge' in second


def test_rouge_without_its_package_names_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "rouge_score.rouge_scorer", None)
    with pytest.raises(MissingExtraError, match=r"`rougeL` needs the extra `rouge`"):
        measure(["rougeL"], ["a"], [["a"]])


def test_import_is_light() -> None:
    heavy = ["torch", "sacrebleu", "jiwer", "rouge_score", "nltk", "sklearn"]
    code = f"import sys, seqloom.metrics.texts; sys.exit(', '.join(set({heavy}) & set(sys.modules)) or 0)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def test_measuring_needs_no_torch() -> None:
    code = (
        "import sys; from seqloom.metrics.texts import measure;"
        "measure(['bleu', 'chrf', 'ter', 'wer', 'f1'], ['a'], [['a']]); sys.exit('torch' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code]).returncode == 0
