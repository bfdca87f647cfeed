"""Which points are on the front, and which are advised."""

from __future__ import annotations

import json

import pytest

from seqloom.core.errors import RecipeError
from seqloom.export.bench.advice import advice_on
from seqloom.export.bench.form import FORMS, Form
from seqloom.export.bench.points import front_of

from .made import chance, no_chance, point


def test_a_form_is_called_as_its_export_is() -> None:
    assert [str(Form.read(str(each))) for each in FORMS] == [str(each) for each in FORMS]
    assert Form.read("ctranslate2-int16-shortlist") == Form(engine="ctranslate2", quantize="int16", shortlist=True)


@pytest.mark.parametrize("name", ["ctranslate", "own-int8", "onnx-int8-small", "", "shortlist"])
def test_what_is_no_form_is_refused(name: str) -> None:
    with pytest.raises(RecipeError, match="`--forms` must be among own, own-shortlist"):
        Form.read(name)


def test_the_nearest_form_is_named() -> None:
    with pytest.raises(RecipeError, match='Did you mean "ctranslate2-int8"'):
        Form.read("ctranslate3-int8")


def test_the_front_is_what_nobody_beats_in_both() -> None:
    slow, good, beaten, fast = (
        point("own", 30, 10),
        point("onnx", 29, 50),
        point("onnx-int8", 28, 40),
        point("ctranslate2", 20, 90),
    )
    assert front_of([beaten, slow, fast, good]) == [fast, good, slow]


def test_one_that_is_only_as_good_and_slower_is_beaten() -> None:
    fast, slow = point("own", 30, 50), point("onnx", 30, 40)
    assert front_of([slow, fast]) == [fast]


def test_less_is_better_where_it_is() -> None:
    """An error rate."""
    lower = {"higher_is_better": False}
    good, bad = point("own", 5.0, 10, scored=lower), point("onnx", 9.0, 9, scored=lower)
    assert front_of([bad, good]) == [good]
    assert advice_on([bad, good], compare=no_chance).best is good


def test_the_fastest_of_those_that_are_nearly_as_good() -> None:
    best = point("own", 38.0, 20, disk=30)
    near = point("ctranslate2", 37.75, 90, disk=25)
    small = point("ctranslate2-int8", 37.71, 80, disk=6)
    worse = point("onnx-int8", 37.6, 500, disk=1)
    advice = advice_on([best, near, small, worse], compare=no_chance)
    assert (advice.best, advice.fastest, advice.smallest, advice.perhaps) == (best, near, small, None)
    assert str(advice) == (
        "Take ctranslate2, greedy: the fastest within 0.3 of the best BLEU (37.8; own, greedy has 38.0), 90.0 "
        "sentences a second; the smallest of these is ctranslate2-int8, greedy (6.0 MB on disk, 200 MB of memory)."
    )
    json.dumps(advice.to_data())


def test_what_the_sentences_cannot_tell_is_said() -> None:
    best, perhaps = point("own", 38.0, 20), point("onnx", 37.0, 50)
    advice = advice_on([best, perhaps], compare=chance)
    assert advice.fastest is best
    assert advice.perhaps is perhaps
    assert advice.doubt == (
        "onnx, greedy (50.0 a second) may be as good: that it is 1.0 worse may be chance (p = 0.25). More "
        "`--sentences` tell."
    )


def test_of_one_point_there_is_one_sentence() -> None:
    assert str(advice_on([point("own", 38.0, 20)], compare=no_chance)) == (
        "Take own, greedy: the best BLEU (38.0), and the fastest within 0.3, 20.0 sentences a second; it is the "
        "smallest of these, too (10.0 MB on disk, 200 MB of memory)."
    )


def test_rounds_have_a_middle() -> None:
    of_three = point("own", 1.0, 10, 50, 20)
    assert of_three.rate == pytest.approx(20)
    assert of_three.latency == pytest.approx(20)
    assert 20 < of_three.slow <= 30
