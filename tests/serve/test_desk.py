"""Questions of all kinds share the steps of one engine, and are answered as `predict` answers them."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

import seqloom

from .running import events_of, held, many, running, short, until
from .small import sources

SOURCES = sources(24, seed=5)
ASKED = [
    {"beam": 1},
    {"beam": 4, "nbest": 3},
    {"sample": True, "seed": 3},
    {"min_length": 6, "max_length": 9},
    {"constraints": [{"kind": "prefix", "text": "mer"}]},
    {"constraints": [{"kind": "banned", "phrases": ["rouge"]}], "beam": 3},
]


@pytest.fixture(scope="module")
def server(gru: Path):
    with running({"small": gru}, short(cache=0)) as started:
        yield started


def _keywords(how: dict) -> dict:
    from seqloom.core import settings
    from seqloom.workflow.answering import Own

    return {**how, "constraints": settings.parse(Own, {"constraints": how.get("constraints", [])}).constraints}


def test_answers_are_those_of_predict_whatever_else_is_asked(server, gru: Path) -> None:
    model = seqloom.load(gru)
    bodies = [{"sources": [source, SOURCES[-1]], **ASKED[n % len(ASKED)]} for n, source in enumerate(SOURCES)]
    for body, response in zip(bodies, many(server.address, bodies), strict=True):
        how = {key: value for key, value in body.items() if key != "sources"}
        expected = [answer.to_data() for answer in model.predict(body["sources"], **_keywords(how))]
        found = response.json()["answers"]
        assert [each["text"] for each in found] == [each["text"] for each in expected]
        assert [each["score"] for each in found] == pytest.approx([each["score"] for each in expected], abs=1e-4)
        assert [len(each.get("alternatives", ())) for each in found] == [body.get("nbest", 1) - 1] * 2


def test_questions_share_steps(gru: Path) -> None:
    with held(gru, short(cache=0)) as (server, engine):
        bodies = [{"source": source, "beam": 1 + n % 2, "min_length": n % 3} for n, source in enumerate(SOURCES)]
        asking = threading.Thread(target=many, args=(server.address, bodies))
        asking.start()
        desk = server.house.models["small"].desk
        until(lambda: len(engine.admitted) == len(bodies))
        before = desk.steps
        engine.go.set()
        asking.join()
        assert desk.steps - before < len(bodies), "alone, each of them takes a step at least"
        assert server.metric("seqloom_batch_size_sum", model="small") > len(bodies)


def test_a_late_question_joins_those_under_way(gru: Path) -> None:
    with held(gru, short(cache=0)) as (server, engine):
        asking = threading.Thread(target=server.texts, args=(SOURCES[0],))
        asking.start()
        assert engine.stepped.wait(20)
        later = threading.Thread(target=server.texts, args=(SOURCES[1],), kwargs={"beam": 1})
        later.start()
        until(lambda: len(engine.admitted) == 2)
        assert server.house.models["small"].desk.size == 2
        engine.go.set()
        asking.join()
        later.join()
        assert server.house.models["small"].desk.size == 0


def test_a_stream_ends_with_the_answer_of_its_pieces(server) -> None:
    for how in ({"beam": 1}, {"beam": 3}, {"sample": True, "seed": 4}):
        response = server.post("/v1/predict", {"source": SOURCES[0], "stream": True, **how})
        assert response.headers["content-type"].startswith("text/event-stream")
        *pieces, last = events_of(response.text)
        assert "".join(piece["piece"] for piece in pieces) == last["answer"]["text"]
        assert [last["answer"]["text"]] == server.texts(SOURCES[0], **how)


def test_what_is_wrong_with_one_source_is_its_own(server) -> None:
    response = server.post("/v1/predict", {"sources": [{"source": SOURCES[0], "min_length": 4}, SOURCES[1]]})
    assert response.status_code == 200
    assert all("text" in answer for answer in response.json()["answers"])
    wrong = {"source": SOURCES[0], "constraints": [{"kind": "prefix", "text": "xylophone"}]}
    first, second = server.post("/v1/predict", {"sources": [wrong, SOURCES[1]]}).json()["answers"]
    assert set(first) == {"source", "error"} or "text" in first
    assert second["text"]


def test_an_engine_that_fails_is_replaced(gru: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with held(gru) as (server, engine):
        monkeypatch.setattr(engine, "step", lambda: 1 / 0)
        response = server.post("/v1/predict", {"source": SOURCES[0]})
        assert response.status_code == 500
        assert "division" not in response.text
        assert response.json()["error"]["type"] == "internal"
        assert server.texts(SOURCES[0]), "the next one has an engine of its own"
        assert server.house.models["small"].desk.size == 0


def test_a_desk_that_loses_everything_goes_on(gru: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with held(gru) as (server, engine):
        monkeypatch.setattr(engine, "admit", lambda requests: 1 / 0)
        assert server.post("/v1/predict", {"sources": SOURCES[:3]}).status_code == 500
        assert server.texts(SOURCES[0])
        assert server.house.models["small"].desk.size == 0


def test_a_desk_that_is_closed_answers_what_it_has(gru: Path) -> None:
    with held(gru) as (server, engine):
        desk = server.house.models["small"].desk
        asking = threading.Thread(target=lambda: found.append(server.texts(SOURCES[0])))
        found: list[list[str]] = []
        asking.start()
        assert engine.stepped.wait(20)
        desk.close()
        engine.go.set()
        asking.join()
        assert found == [[answer.text for answer in seqloom.load(gru).predict([SOURCES[0]])]]
        desk.join(20)
        assert not desk._thread.is_alive()
