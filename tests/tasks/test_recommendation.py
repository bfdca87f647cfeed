"""Recommendation as generation, without a model: what is read, what may be said, what is shown, what is beside it."""

from __future__ import annotations

import json
from collections.abc import Sequence

import pytest

from seqloom.core.errors import DataError, RecipeError
from seqloom.data.rows import Row
from seqloom.decoding.constraints.one_of import OneOfSettings
from seqloom.tasks import Answered, Shown
from seqloom.tasks.recommendation import Recommendation, RecommendationSettings

HISTORIES = [
    ("Up | Jaws 2", "Big"),
    ("Up", "Big"),
    ("Jaws 2 | Up", "Big"),
    ("Big | Heat", "Jaws 2"),
    ("Heat", "Jaws 2"),
    ("Up | Big", "Heat"),
]


def task(**settings: object) -> Recommendation:
    """Learnt of the rows above, and carried from a model folder."""
    chosen = RecommendationSettings(**settings)  # type: ignore[arg-type]
    rows = [Row(source=source, targets=(target,)) for source, target in HISTORIES]
    return chosen.build(json.loads(json.dumps(chosen.learn(rows))))


def asked(source: str, *targets: str) -> Row:
    return Row(source=source, targets=targets)


def test_an_item_is_a_token_and_the_last_ones_are_read() -> None:
    read = task(history=2).read(asked("Up | Big | Jaws 2 ", "Heat"))
    assert (read.source, read.targets) == ("Big Jaws\u00a02", ("Heat",))
    assert task(items="named", history=2).read(asked("Up|Big|Jaws 2")).source == "Big | Jaws 2"


def test_an_item_that_nobody_had_is_skipped_and_a_history_of_none_else_is_told() -> None:
    assert task().read(asked("Up | Alien")).source == "Up"
    assert task(items="named").read(asked("Alien")).source == "Alien"
    with pytest.raises(DataError, match=r'no item of the history is known: "Jaw 2" is not\. Did you mean "Jaws 2"\?'):
        task().read(asked("Alien | Jaw 2"))


def test_what_was_had_is_not_said_again_unless_it_may_be() -> None:
    [only] = task().constraints(asked("Up | Jaws 2"))
    assert isinstance(only, OneOfSettings)
    assert {*only.texts} == {"Up", "Big", "Heat", "Jaws\u00a02"}
    assert only.without == ("Up", "Jaws\u00a02")
    [free] = task(again=True).constraints(asked("Up"))
    assert isinstance(free, OneOfSettings)
    assert not free.without


def test_what_is_shown_is_what_people_write() -> None:
    doing = task()
    assert doing.show(asked("Up"), "Jaws\u00a02") == Shown(text="Jaws 2")
    listed = doing.listing([(Shown(text="Big"), -0.5), (Shown(text="Jaws 2"), -1.5), (Shown(text="Big"), -0.5)])
    assert listed.text == "Big | Jaws 2"
    assert listed.fields["items"] == [{"item": "Big", "score": -0.5}, {"item": "Jaws 2", "score": -1.5}]


def test_the_list_is_scored_as_a_list() -> None:
    found = [("Big", "Heat", "Heat"), ("", ""), ("Up", "Big", "Heat")]
    rows: Sequence[Row] = [asked("Up", "Heat"), asked("Up", "Big"), asked("Jaws 2", "Heat ")]
    answered = [Answered(row=row, texts=texts) for row, texts in zip(rows, found, strict=True)]
    scores = {score.name: score.value for score in task(best=2).scores(answered, samples=0)}
    assert scores["HR@2"] == pytest.approx(100 / 3)
    assert scores["MRR"] == pytest.approx(100 * 0.5 / 3)


def test_the_simplest_answers() -> None:
    baselines = task().baselines
    assert baselines["popularity"](asked("Big")) == ["Jaws 2", "Heat", "Up"], "the commonest first, without the history"
    assert baselines["item-kNN"](asked("Jaws 2"))[0] == "Big"
    assert baselines["item-kNN"](asked("Up | Heat"))[0] == "Big"
    assert [*baselines["item-kNN"](asked("Alien"))] == baselines["popularity"](asked("Alien"))
    assert {*task(neighbours=0).baselines} == {"popularity"}
    assert len(task(best=2).baselines["item-kNN"](asked("Up"))) == 2


def test_a_separator_is_something() -> None:
    assert task(separator="\t").read(asked("Up\tBig")).source == "Up Big"
    with pytest.raises(RecipeError, match="separator must be what stands between two items"):
        RecommendationSettings(separator="")
