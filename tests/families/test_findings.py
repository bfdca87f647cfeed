"""What the figures say, where they are as articles promise and where they are not."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

from seqloom.export.bench.form import Form
from seqloom.export.bench.points import Point
from seqloom.export.bench.turn import Told
from seqloom.families.comparison import FamilyComparison, Measured
from seqloom.families.family import chosen
from seqloom.families.findings import Said, findings_of
from seqloom.families.lengths import Bin
from seqloom.families.page import page_of
from seqloom.families.table import lines_of
from seqloom.families.training import Trained
from seqloom.metrics.score import Comparison, Score
from seqloom.workflow import evaluating
from seqloom.workflow.entrants import Entrant

TESTED = [
    evaluating.Tested(source="你好 <b>", references=("hello",)),
    evaluating.Tested(source="我 很 好 , 谢谢", references=("fine , thanks",)),
]


def score(value: float) -> Score:
    return Score(name="BLEU", value=value, low=value - 2, high=value + 2, signature="tok:13a", higher_is_better=True)


def measured(name: str, value: float, by_length: Sequence[float], *, rate: float, tokens: float) -> Measured:
    [family] = chosen([name])
    told = Told(
        answers=("hello", f"from {name}"), unanswered=0, searched="beam 2", seconds=2 / rate, alone=(0.01,), cold=1.0,
        memory=200.0, others=0.0,
    )  # fmt: skip
    trained = Trained(
        family=family, folder=Path(name), built=f"1 {name} → 1 {name}", parameters=1000, steps=10, epochs=1.5,
        tokens=tokens, seconds=12.0, stepping=10.0, others=0.0, curve=[(6.0, value / 2), (12.0, value)],
    )  # fmt: skip
    point = Point(
        model=name, form=Form(engine="own"), beam=2, searched="beam 2", disk=1.0, scores=(score(value),), rounds=(told,)
    )
    return Measured(trained=trained, point=point, by_length=[score(each) for each in by_length])


class _Judge:
    """Sure of every difference, or of none."""

    def __init__(self, p: float, values: dict[str, float]) -> None:
        self.p, self.values = p, values

    def difference(self, one: Sequence[str], other: Sequence[str]) -> Comparison:
        first, second = (self.values[each[1]] for each in (one, other))
        gap = second - first
        spread = 0.5 if self.p < 0.05 else 100.0
        return Comparison(
            first=score(first), second=score(second), difference=gap, low=gap - spread, high=gap + spread, p=self.p
        )


def comparison(*families: Measured, p: float = 0.001, **more: Any) -> FamilyComparison:
    given: dict[str, Any] = {
        "on": "test.tsv", "held_out": False, "tested": TESTED, "length": "10 min 00 s", "overrides": ("a=1",),
        "vocabulary": 99, "pairs": 1234, "disturbed": 0.0, "missing": (),
        "bins": [
            Bin(shortest=1, longest=4, places=[0], mean=2.0), Bin(shortest=5, longest=9, places=[1], mean=5.0),
        ],
        "entrant": cast(Entrant, _Judge(p, {each.answers[1]: each.score.value for each in families})),
    }  # fmt: skip
    return FamilyComparison(families=families, **{**given, **more})


RNN = measured("rnn", 20.0, [40.0, 5.0], rate=200.0, tokens=4000)
GRU = measured("gru", 35.0, [42.0, 30.0], rate=100.0, tokens=2000)
CONV = measured("conv", 36.0, [42.0, 31.0], rate=80.0, tokens=6000)


def said_of(found: FamilyComparison) -> dict[str, Said]:
    return {each.question: each for each in findings_of(found)}


def test_what_articles_promise_is_said_with_its_figures() -> None:
    said = said_of(comparison(RNN, GRU, CONV))
    lost = said["What does the fixed vector lose?"]
    assert lost.shown
    assert "from 40.0 to 5.0" in lost.answer
    assert "from 42.0 to 30.0" in lost.answer
    assert "sources of 1–4 tokens to those of 5–9" in lost.answer
    bought = said["What does attention buy?"]
    assert bought.shown
    assert "15.0 BLEU more" in bought.answer
    assert bought.answer.endswith("Their cells differ, too.")
    cost = said["What does it cost?"].answer
    assert "0.5 times as many tokens a second" in cost
    assert "0.5 times as many sentences (100 and 200 a second)" in cost
    parallel = said["What does reading all positions at once bring?"]
    assert parallel.shown
    assert "600 target tokens a second, 1.5 times" in parallel.answer
    assert said["Which is best on these pairs, in this time?"].answer == "Convolution: BLEU 36.0."


def test_what_was_not_seen_is_not_claimed() -> None:
    level = measured("gru", 21.0, [41.0, 6.0], rate=100.0, tokens=2000)
    said = said_of(comparison(RNN, level, p=0.4))
    assert not said["What does the fixed vector lose?"].shown
    assert "longer sentences" in said["What does the fixed vector lose?"].answer
    assert not said["What does attention buy?"].shown
    assert "which may be chance" in said["What does attention buy?"].answer
    best = said["Which is best on these pairs, in this time?"].answer
    assert "RNN + fixed vector may be as good: these sentences are too few to tell" in best
    assert "the fastest of these is RNN + fixed vector, 200 sentences a second" in best


def test_only_what_is_there_is_spoken_of() -> None:
    assert findings_of(comparison(GRU)) == []
    assert set(said_of(comparison(GRU, CONV))) == {
        "What does reading all positions at once bring?",
        "Which is best on these pairs, in this time?",
    }


def test_lines_for_a_terminal() -> None:
    lines = list(lines_of(comparison(RNN, GRU, held_out=True, missing=("conv: no memory",))))
    assert lines[0].startswith("10 min 00 s each on 1,234 pairs")
    [row] = [line for line in lines if line.startswith("GRU + additive attention  35.0 ± 2.0")]
    assert row.split()[7:] == ["100.0", "10.0", "200", "1,000", "10", "2,000", "1.5"]
    assert "conv: no memory" in lines
    assert any("have chosen the best weights" in line for line in lines)


def test_what_others_did_meanwhile_is_said() -> None:
    slowed = replace(GRU, trained=replace(GRU.trained, others=1.3))
    found = comparison(RNN, slowed, disturbed=0.5)
    assert found.warnings == [
        "Other programs used processors while these trained: 1.3 (GRU + additive attention). "
        "Their time was worth less.",
        "Other programs used 0.5 processors while it was measured: on a quiet machine it is faster.",
    ]
    assert found.warnings[0] in page_of(found).html()


def test_page_stands_alone_and_has_all_of_it() -> None:
    page = page_of(comparison(RNN, GRU, CONV)).html()
    for wanted in (
        "RNN + fixed vector",
        "你好 &lt;b&gt;",
        'lang="zh"',
        "from conv",
        "--set a=1",
        "prefers-color-scheme",
    ):
        assert wanted in page
    assert page.count("<svg") == 2
    assert "src=" not in page
    assert "http" not in page


def test_page_without_validations_and_lengths() -> None:
    bare = measured("gru", 1.0, [1.0], rate=1.0, tokens=1)
    silent = comparison(bare, bins=[Bin(shortest=1, longest=9, places=[0, 1], mean=3.0)])
    assert page_of(silent).html().count("<svg") == 1
