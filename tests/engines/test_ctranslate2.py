"""Answers of CTranslate2 mean what answers of our own search mean."""

import random
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from tests.export.models import SIZE, built, pairs, settings_of, sources, write

from seqloom.core.errors import DecodingError, ModelFolderError
from seqloom.core.specials import Specials
from seqloom.data.batches import batches_of
from seqloom.decoding.constraints.no_repeat import NoRepeat
from seqloom.decoding.request import (
    Answer,
    DiverseBeam,
    Engine,
    Event,
    Failed,
    Finished,
    LengthPenalty,
    Pair,
    Piece,
    Request,
    Sampling,
    Source,
    answer,
)
from seqloom.decoding.search import Search
from seqloom.engines.ctranslate2 import CTranslate2Engine
from seqloom.models.encoder_decoder import EncoderDecoder
from seqloom.models.stepper import ModelStepper

pytest.importorskip("ctranslate2")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write(network(), tmp_path_factory.mktemp("model"), settings_of())


def network() -> EncoderDecoder:
    return built(settings_of())


def ours() -> Search:
    return Search(ModelStepper(network()))


def requests(number: int = 40, **how: Any) -> list[Request]:
    return [
        Request(id=place, source=source, **{"max_length": 6 + place % 5, **how})
        for place, source in enumerate(sources(number))
    ]


def close(found: Answer, right: Answer) -> None:
    assert found.tokens == right.tokens
    np.testing.assert_allclose(found.token_logps, right.token_logps, rtol=0, atol=1e-4)
    np.testing.assert_allclose((found.logp, found.score), (right.logp, right.score), rtol=0, atol=1e-4)


# ---- the same answers ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("how", [{}, {"min_length": 4}, {"max_length": 0}, {"max_length": 1}, {"max_length": 40}])
def test_greedy_search_is_the_same(folder: Path, how: dict[str, Any]) -> None:
    asked = requests(**how)
    for found, right in zip(answer(CTranslate2Engine(folder), asked), answer(ours(), asked), strict=True):
        close(found, right)


def test_the_beginning_is_never_said(folder: Path, tmp_path: Path) -> None:
    eager = network()
    with torch.no_grad():
        eager.head.bias[eager.vocabulary.bos] += 3
    engine = CTranslate2Engine(write(eager, tmp_path, settings_of()))
    asked = requests()
    for found, right in zip(answer(engine, asked), answer(Search(ModelStepper(eager)), asked), strict=True):
        close(found, right)


@pytest.mark.parametrize("beams", [2, 5])
@pytest.mark.parametrize("kind", ["none", "average", "wu"])
def test_a_beam_finds_nearly_always_the_same(folder: Path, beams: int, kind: Any) -> None:
    asked = requests(beams=beams, length_penalty=LengthPenalty(kind=kind, alpha=0.8), max_length=8)
    both = list(zip(answer(CTranslate2Engine(folder), asked), answer(ours(), asked), strict=True))
    same = [(found, right) for found, right in both if found.tokens == right.tokens]
    assert len(same) >= 0.9 * len(asked)
    for found, right in same:
        close(found, right)


def test_a_beam_keeps_to_each_ones_own_limit(folder: Path) -> None:
    asked = requests(beams=3)
    engine = CTranslate2Engine(folder)
    for request, together in zip(asked, answer(engine, asked), strict=True):
        [alone] = answer(engine, [request])
        close(together, alone)
        assert len(together.tokens) <= request.max_length


def test_the_n_best_are_ranked_and_scored_as_ours_would(folder: Path) -> None:
    asked = requests(beams=4, nbest=3, length_penalty=LengthPenalty(kind="average"))
    right = ours()
    for request, best in zip(asked, answer(CTranslate2Engine(folder), asked), strict=True):
        every = [best, *best.alternatives]
        assert len(every) == 3
        assert len({each.tokens for each in every}) == 3
        assert [each.score for each in every] == sorted((each.score for each in every), reverse=True)
        scored = right.score([Pair(source=request.source, target=each.tokens) for each in every])
        for each, known in zip(every, scored, strict=True):
            np.testing.assert_allclose(each.token_logps, known.token_logps, rtol=0, atol=1e-4)
            np.testing.assert_allclose(each.score, known.logp / (len(each.tokens) + 1), rtol=0, atol=1e-4)


def test_a_trained_model_answers_the_same(tmp_path: Path) -> None:
    part = {"width": 32, "dropout": 0.0}
    settings = settings_of(source={"width": 32}, target={"width": 32}, encoder=part, decoder=part, tie="all")
    torch.manual_seed(1)
    trained = settings.build(source=Specials(size=SIZE), target=Specials(size=SIZE))
    learn_to_reverse(trained)
    engine = CTranslate2Engine(write(trained, tmp_path, settings))
    asked = [
        Request(id=place, source=pair.source, beams=4, max_length=30, length_penalty=LengthPenalty(kind="average"))
        for place, pair in enumerate(reversed_words(60, seed=2))
    ]
    both = list(zip(answer(engine, asked), answer(Search(ModelStepper(trained)), asked), strict=True))
    assert sum(found.tokens == right.tokens for found, right in both) >= 0.95 * len(both)


def learn_to_reverse(model: EncoderDecoder) -> None:
    optimizer = torch.optim.Adam(model.parameters(), lr=1e-2)
    for batch in batches_of(reversed_words(2800, seed=1), size=40, vocabulary=model.vocabulary):
        loss = -model.logp_P(batch).mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    model.eval()


def reversed_words(number: int, *, seed: int) -> Iterator[Pair]:
    """One time in five the last word is said twice, so that nothing is certain."""
    dice = random.Random(seed)
    for _ in range(number):
        words = dice.choices(range(4, 12), k=dice.randint(1, 4))
        said = words[::-1] if dice.random() < 0.8 else [words[-1], *words[::-1]]
        yield Pair(source=Source(parts={"text": words}), target=said)


# ---- what is refused -------------------------------------------------------------------------------------------------

TEXT = Source(parts={"text": [5, 6]})
REFUSED: dict[str, Request] = {
    '`search` must be "beam" for CTranslate2, but is "sampling"': Request(id=1, source=TEXT, search=Sampling()),
    '`search` must be "beam" for CTranslate2, but is "diverse"': Request(
        id=1, source=TEXT, beams=5, search=DiverseBeam()
    ),
    "`constraints` must be left out": Request(id=1, source=TEXT, constraints=(NoRepeat(2),)),
    "`coverage_penalty` must be left out": Request(id=1, source=TEXT, coverage_penalty=0.2),
    "`attention` must be left out": Request(id=1, source=TEXT, attention=True),
    "`min_length` must be 0 for CTranslate2 with `beams` 2": Request(id=1, source=TEXT, beams=2, min_length=1),
    "`source` must be a text for CTranslate2, but has audio": Request(id=1, source=Source(parts={"audio": [[1.0]]})),
    "`source` must be a text alone": Request(id=1, source=replace(TEXT, units=[0])),
    "`nbest` must be at most `beams`": Request(id=1, source=TEXT, nbest=2),
    "answer must have at most 50 positions": Request(id=1, source=TEXT, max_length=50),
    "source must have at most 50 positions": Request(id=1, source=Source(parts={"text": [5] * 51}), max_length=49),
}


@pytest.mark.parametrize("line", REFUSED)
def test_what_it_cannot_do_as_ours_is_refused_and_fails(line: str, tmp_path: Path) -> None:
    engine = CTranslate2Engine(write(network(), tmp_path, settings_of(), longest=50))
    found = engine.refuses(REFUSED[line])
    assert found is not None
    assert found.startswith(line)
    assert "\n" not in found
    engine.admit([REFUSED[line], Request(id="fine", source=TEXT, max_length=49)])
    failed, finished = run(engine, 2)
    assert isinstance(failed, Failed)
    assert str(failed.error) == found
    assert isinstance(finished, Finished)


def test_an_answer_is_as_long_as_learnt_positions_let_it_be(tmp_path: Path) -> None:
    learnt = {"positions": {"kind": "learned", "longest": 9}}
    settings = settings_of(encoder={"positions": {"kind": "learned", "longest": 12}}, decoder=learnt)
    model = built(settings)
    asked = requests(max_length=256)
    engine = CTranslate2Engine(write(model, tmp_path, settings))
    for found, right in zip(answer(engine, asked), answer(Search(ModelStepper(model)), asked), strict=True):
        close(found, right)


def test_a_folder_that_is_no_export_is_named(tmp_path: Path, folder: Path) -> None:
    with pytest.raises(ModelFolderError, match=r"seqloom.json must be there"):
        CTranslate2Engine(tmp_path)
    for name in ("seqloom.json", "source_vocabulary.json", "target_vocabulary.json"):
        (tmp_path / name).write_bytes((folder / name).read_bytes())
    with pytest.raises(ModelFolderError, match=r"cannot be read by CTranslate2"):
        CTranslate2Engine(tmp_path)
    (tmp_path / "seqloom.json").write_text("{}")
    with pytest.raises(ModelFolderError, match="damaged"):
        CTranslate2Engine(tmp_path)


# ---- events ----------------------------------------------------------------------------------------------------------


def run(engine: Engine, number: int) -> list[Event]:
    """Until so many requests are over."""
    events: list[Event] = []
    while sum(not isinstance(event, Piece) for event in events) < number:
        events += engine.step()
    return events


@pytest.mark.parametrize("beams", [1, 3])
def test_pieces_are_the_answer(folder: Path, beams: int) -> None:
    asked = requests(12, beams=beams, stream=True)
    engine = CTranslate2Engine(folder)
    engine.admit(asked)
    said: dict[Any, list[int]] = {request.id: [] for request in asked}
    most = 0
    for event in run(engine, len(asked)):
        if isinstance(event, Piece):
            said[event.id] += event.tokens
            most = max(most, len(event.tokens))
        else:
            assert isinstance(event, Finished)
            assert said[event.id] == list(event.answer.tokens)
    assert beams > 1 or most == 1
    if beams == 1:
        for found, right in zip(answer(engine, asked), answer(ours(), asked), strict=True):
            close(found, right)


def test_many_kinds_at_a_time_in_small_batches(folder: Path) -> None:
    engine = CTranslate2Engine(folder, workers=2, batch_tokens=20)
    asked = [
        replace(each, beams=1 + place % 3, stream=place % 5 == 0, length_penalty=LengthPenalty(kind="average"))
        for place, each in enumerate(requests())
    ]
    alone = CTranslate2Engine(folder, workers=1)
    for request, found in zip(asked, answer(engine, asked), strict=True):
        close(found, answer(alone, [request])[0])


def test_who_is_cancelled_is_not_heard_of_and_the_id_is_free(folder: Path) -> None:
    engine = CTranslate2Engine(folder, workers=1, batch_tokens=1)
    first, second, *_ = requests(10, max_length=40)
    engine.admit([first, second])
    assert engine.refuses(second) is not None
    engine.step()
    engine.cancel([second.id])
    anew = replace(first, id=second.id)
    assert engine.refuses(anew) is None
    engine.admit([anew])
    finished = {event.id: event for event in run_all(engine, 2, [first.id])}
    assert finished[second.id].answer.tokens == answer(ours(), [first])[0].tokens
    assert engine.step() == []


def run_all(engine: Engine, number: int, already: Sequence[Any]) -> list[Finished]:
    """The first may have been over with the first step."""
    found: list[Finished] = []
    while len(found) < number and not (len(found) == number - 1 and already[0] not in {each.id for each in found}):
        found += [event for event in engine.step() if isinstance(event, Finished)]
    return found


def test_a_step_without_work_does_not_wait(folder: Path) -> None:
    assert CTranslate2Engine(folder).step() == []


def test_a_fault_in_a_worker_is_raised_where_it_is_asked_for(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    engine = CTranslate2Engine(folder)

    def broken(*args: Any, **how: Any) -> None:
        raise RuntimeError("out of order")

    monkeypatch.setattr(engine._model, "search", broken)
    engine.admit(requests(1))
    with pytest.raises(RuntimeError, match="out of order"):
        run(engine, 1)
    assert engine.refuses(requests(1)[0]) is None


# ---- scores, shortlists and what is imported -------------------------------------------------------------------------


def test_scores_are_ours_in_the_order_asked(folder: Path) -> None:
    given = [*pairs(), Pair(source=Source(parts={"text": [SIZE + 5, 4]}), target=[5, SIZE + 1, 6])]  # own words
    engine = CTranslate2Engine(folder, batch_tokens=30)
    for found, right in zip(engine.score(given), ours().score(given), strict=True):
        np.testing.assert_allclose(found.token_logps, right.token_logps, rtol=0, atol=1e-4)
        assert found.logp == pytest.approx(right.logp, abs=1e-3)
    with pytest.raises(DecodingError, match="`target` of pair 1 must have tokens of an answer only, but has id 2"):
        engine.score([Pair(source=TEXT, target=[5, 2])])
    assert engine.score([]) == []


def test_a_shortlist_bars_all_other_tokens_unless_it_is_left_out(tmp_path: Path) -> None:
    allowed = {5, 6, 7}
    shortlist = {"": ["t5"], **{f"s{number}": ["t6", "t7"] for number in range(SIZE)}}
    folder = write(network(), tmp_path, settings_of(), shortlist=shortlist)
    said = {token for each in answer(CTranslate2Engine(folder), requests()) for token in each.tokens}
    assert said - {3} <= allowed  # CTranslate2 always adds the unknown token
    freely = answer(CTranslate2Engine(folder, shortlist=False), requests())
    for found, right in zip(freely, answer(ours(), requests()), strict=True):
        close(found, right)


def test_it_answers_without_torch(folder: Path) -> None:
    code = f"""
import sys
from seqloom.decoding.request import Request, Source, answer
from seqloom.engines.ctranslate2 import CTranslate2Engine
assert "ctranslate2" not in sys.modules
[found] = answer(CTranslate2Engine({str(folder)!r}), [Request(id=1, source=Source(parts={{"text": [5, 6]}}), beams=2)])
sys.exit("torch" in sys.modules or not found.token_logps)
"""
    assert subprocess.run([sys.executable, "-c", code]).returncode == 0
