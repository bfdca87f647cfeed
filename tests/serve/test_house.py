"""Several models, keys, origins, memory, what is counted, and folders that are replaced while they are served."""

from __future__ import annotations

import http.server
import json
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any, ClassVar

import pytest

import seqloom
from seqloom.core.errors import DataError
from seqloom.serve.house import open_house
from seqloom.serve.keys import Keys, read_keys
from seqloom.serve.meters import Meters
from seqloom.serve.problems import Refusal
from seqloom.serve.settings import ServeSettings
from seqloom.workflow.manifest import read_manifest

from .running import QUIET, Running, events_of, held, running, short, until
from .small import sources

SOURCES = sources(12, seed=7)


@pytest.fixture(scope="module")
def server(gru: Path, transformer: Path) -> Iterator[Running]:
    with running({"first": gru, "second": transformer}, languages={"first": [("en", "fr-CA")]}) as started:
        yield started


def test_each_model_answers_for_itself(server: Running, gru: Path, transformer: Path) -> None:
    for name, folder in (("first", gru), ("second", transformer)):
        assert server.texts(*SOURCES, model=name) == [each.text for each in seqloom.load(folder).predict(SOURCES)]
    assert server.texts(SOURCES[0]) == server.texts(SOURCES[0], model="first")
    listed = server.client.get("/v1/models").json()["data"]
    assert [each["id"] for each in listed] == ["first", "second"]
    assert [each["languages"] for each in listed] == [[["en", "fr-CA"]], [["", ""]]]
    assert listed[0]["task"] == "pairs"
    assert listed[0]["about"] == "A small language."


def test_models_by_their_languages(server: Running) -> None:
    for source, target in (("en", "fr-CA"), ("en-US", "fr"), ("EN", "fr_ca")):
        served, columns = server.house.for_languages(source, target)
        assert (served.name, columns) == ("first", {})
    with pytest.raises(Refusal, match="no model"):
        server.house.for_languages("fr", "en")


def test_scores_are_those_of_the_model(server: Running, gru: Path) -> None:
    pairs = [{"source": SOURCES[0], "target": "rouge chat"}, {"source": SOURCES[1], "target": "mer"}]
    response = server.post("/v1/score", {"pairs": pairs})
    expected = seqloom.load(gru).score([(pair["source"], pair["target"]) for pair in pairs])
    assert [each["logp"] for each in response.json()["scores"]] == pytest.approx([each.logp for each in expected])
    refused = server.post("/v1/score", {"pairs": [pairs[0], {"source": "", "target": "mer"}]})
    assert refused.status_code == 422
    assert refused.json()["error"]["message"] == "`pairs.1`: the source is empty."


def test_an_answer_is_explained(server: Running) -> None:
    told = server.post("/v1/explain", {"source": SOURCES[0], "what": ["attention"]}).json()
    assert told["model"] == "first"
    assert [told["target"]] == server.texts(SOURCES[0])
    assert told["attention"]["layers"]


def test_runs_are_shown_where_there_are_some(server: Running, gru: Path) -> None:
    assert server.client.get("/v1/runs").status_code == 404
    with running({"small": gru}, short(runs=gru.parent)) as other:
        told = other.client.get("/v1/runs").json()
        assert "run" in json.dumps(told)


def test_what_was_answered_is_remembered(gru: Path) -> None:
    with running({"small": gru}, short(cache=2)) as server:
        desk = server.house.models["small"].desk

        def steps_for(source: str, **how: Any) -> int:
            before = desk.steps
            server.texts(source, **how)
            return desk.steps - before

        assert steps_for(SOURCES[0])
        assert not steps_for(SOURCES[0])
        assert steps_for(SOURCES[0], beam=1), "asked otherwise, it is another question"
        assert steps_for(SOURCES[1])
        assert steps_for(SOURCES[0]), "two are remembered"
        assert server.metric("seqloom_cache_hits_total", model="small") == 1
        assert server.texts(SOURCES[2], SOURCES[2]) == server.texts(SOURCES[2]) * 2


def test_keys(gru: Path, tmp_path: Path) -> None:
    file = tmp_path / "keys"
    file.write_text("# ours\nfirst-key-of-a-person  # who is away\n\nsecond-key-of-another\n", encoding="utf-8")
    keys = read_keys(file)
    assert keys == ("first-key-of-a-person", "second-key-of-another")
    with running({"small": gru}, short(keys=keys)) as server:
        for headers, status in (
            ({}, 401),
            ({"Authorization": "Bearer wrong"}, 401),
            ({"Authorization": "Basic first-key-of-a-person"}, 401),
            ({"X-Api-Key": ""}, 401),
            ({"Authorization": f"Bearer {keys[0]}"}, 200),
            ({"Authorization": f"bearer {keys[1]}"}, 200),
            ({"X-Api-Key": keys[1]}, 200),
        ):
            response = server.post("/v1/predict", {"source": "red"}, **headers)
            assert response.status_code == status, headers
            assert server.client.get("/v1/models", headers=headers).status_code == status
        assert response.json()["answers"]
        assert server.client.get("/v1/models").headers["www-authenticate"] == "Bearer"
        assert server.client.get("/healthz").status_code == 200
    assert not Keys(keys).allow("first-key-of-a-persoN")
    assert Keys(()).allow(None)
    for text, said in (("# none\n", "has none"), ("short\n", "16 characters")):
        file.write_text(text, encoding="utf-8")
        with pytest.raises(DataError, match=said):
            read_keys(file)


def test_origins(gru: Path, server: Running) -> None:
    asks = {"Origin": "https://page.example", "Access-Control-Request-Method": "POST"}
    closed = server.client.options("/v1/predict", headers=asks)
    assert "access-control-allow-origin" not in closed.headers
    with running({"small": gru}, short(cors=("https://page.example",))) as open_:
        assert (
            open_.client.options("/v1/predict", headers=asks).headers["access-control-allow-origin"] == asks["Origin"]
        )
        told = open_.client.get("/nothing", headers={"Origin": asks["Origin"]})
        assert told.status_code == 404
        assert told.headers["access-control-allow-origin"] == asks["Origin"]
        other = open_.client.get("/v1/models", headers={"Origin": "https://other.example"})
        assert "access-control-allow-origin" not in other.headers


def test_what_is_counted(server: Running) -> None:
    server.texts(SOURCES[3])
    server.client.get("/nowhere/at/all")
    until(lambda: server.metric("seqloom_requests_total", route="other", status="404"))
    text = server.client.get("/metrics").text
    for name in (
        'seqloom_requests_total{route="/v1/predict",status="200"}',
        'seqloom_requests_total{route="other",status="404"}',
        'seqloom_request_seconds_bucket{le="0.1",route="/v1/predict"}',
        'seqloom_queue_length{model="first"} 0.0',
        'seqloom_batch_size_bucket{le="1.0",model="first"}',
        'seqloom_tokens_total{model="first"}',
        'seqloom_answers_total{model="first"}',
        'seqloom_cancelled_total{model="first"}',
        'seqloom_cache_hits_total{model="first"}',
    ):
        assert name in text, name
    assert "nowhere" not in text


def test_a_request_has_a_name(server: Running) -> None:
    assert server.client.get("/healthz", headers={"X-Request-Id": "my-own.1"}).headers["x-request-id"] == "my-own.1"
    odd = server.client.get("/healthz", headers={"X-Request-Id": "a b{}"}).headers["x-request-id"]
    assert len(odd) == 32


def test_paths_and_methods(server: Running) -> None:
    for method, path, status in (
        ("GET", "/", 200),
        ("HEAD", "/", 200),
        ("HEAD", "/healthz", 200),
        ("HEAD", "/v1/models", 200),
        ("GET", "/v1/models/", 200),
        ("GET", "/v1/models/mine/", 404),
        ("HEAD", "/v1/predict", 405),
        ("GET", "/readyz", 200),
        ("GET", "/docs", 404),
        ("GET", "/../../etc/passwd", 404),
        ("GET", "/v1/predict", 405),
        ("DELETE", "/v1/models", 405),
    ):
        response = server.client.request(method, path)
        assert response.status_code == status, path
        if status == 405:
            assert response.headers["allow"]
    schema = server.client.get("/openapi.json").json()
    assert {"/v1/predict", "/v1/score", "/v1/explain", "/v1/models", "/v1/runs", "/healthz"} <= schema["paths"].keys()


# ---- folders that are replaced ---------------------------------------------------------------------------------------


def replace_by(folder: Path, new: Path) -> None:
    """As a careful person does it: beside, then in its place."""
    beside = folder.with_name("beside")
    shutil.copytree(new, beside)
    folder.rename(folder.with_name("old"))
    beside.rename(folder)
    shutil.rmtree(folder.with_name("old"))


def test_a_replaced_folder_is_read_and_no_request_is_lost(gru: Path, other_gru: Path, tmp_path: Path) -> None:
    folder = tmp_path / "model"
    shutil.copytree(gru, folder)
    with running({"small": folder}, short(reload_every=0.05, cache=0)) as server:
        failed, asked, over = [], 0, threading.Event()

        def ask() -> None:
            nonlocal asked
            while not over.is_set():
                response = server.post("/v1/predict", {"sources": SOURCES})
                failed.extend([response.text] * (response.status_code != 200))
                asked += 1

        asking = [threading.Thread(target=ask) for _ in range(3)]
        for each in asking:
            each.start()
        replace_by(folder, other_gru)
        until(lambda: server.metric("seqloom_reloads_total", model="small", result="loaded") == 1)
        over.set()
        for each in asking:
            each.join()
        assert asked
        assert not failed
        expected = seqloom.load(other_gru).predict(SOURCES)
        found = server.post("/v1/predict", {"sources": SOURCES}).json()["answers"]
        assert [each["logp"] for each in found] == pytest.approx([each.logp for each in expected], abs=1e-4)


def test_a_broken_folder_is_left_alone(gru: Path, other_gru: Path, tmp_path: Path) -> None:
    folder = tmp_path / "model"
    shutil.copytree(gru, folder)
    with running({"small": folder}, short(reload_every=0.05)) as server:
        before = server.texts(*SOURCES)
        weights = (other_gru / "weights.safetensors").read_bytes()
        (folder / "weights.safetensors").write_bytes(weights[: len(weights) // 2])
        until(lambda: server.metric("seqloom_reloads_total", model="small", result="refused") == 1)
        assert server.texts(*SOURCES) == before
        (folder / "weights.safetensors").write_bytes((gru / "weights.safetensors").read_bytes())
        server.house.look_now.set()
        assert server.texts(*SOURCES) == before


def test_who_asked_the_old_model_is_answered_by_it(gru: Path, other_gru: Path, tmp_path: Path) -> None:
    from seqloom.serve.desk import Desk

    with held(gru) as (server, engine):
        found: list[list[str]] = []
        asking = threading.Thread(target=lambda: found.append(server.texts(SOURCES[0])))
        asking.start()
        until(lambda: len(engine.admitted) == 1)
        served = server.house.models["small"]
        old = served.replace(Desk(seqloom.load(other_gru), name="small", meters=server.house.meters))
        old.close()
        assert server.texts(SOURCES[0]), "the new one answers meanwhile"
        engine.go.set()
        asking.join()
        assert found == [[each.text for each in seqloom.load(gru).predict([SOURCES[0]])]]


# ---- what is told elsewhere ------------------------------------------------------------------------------------------


class Collector(http.server.BaseHTTPRequestHandler):
    told: ClassVar[list[Any]] = []

    def do_POST(self) -> None:
        self.told.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
        self.send_response(200)
        self.end_headers()

    def log_message(self, format: str, *args: Any) -> None:
        pass


def test_spans_are_told_to_a_collector(gru: Path) -> None:
    collector = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Collector)
    threading.Thread(target=collector.serve_forever, daemon=True).start()
    parent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
    with running({"small": gru}, short(otlp=f"http://127.0.0.1:{collector.server_port}")) as server:
        server.post("/v1/predict", {"source": "red cat"}, traceparent=parent)
    collector.shutdown()
    [span] = Collector.told[0]["resourceSpans"][0]["scopeSpans"][0]["spans"]
    assert span["name"] == "POST /v1/predict"
    assert (span["traceId"], span["parentSpanId"]) == tuple(parent.split("-")[1:3])
    told = {each["key"]: each["value"] for each in span["attributes"]}
    assert told["http.response.status_code"] == {"intValue": "200"}
    assert told["seqloom.sources"] == {"intValue": "1"}
    assert "red cat" not in json.dumps(Collector.told)


def test_an_export_to_ctranslate2_is_served_without_torch(transformer: Path, tmp_path: Path) -> None:
    pytest.importorskip("ctranslate2")
    from seqloom.cli.main import main

    export = tmp_path / "exported"
    assert main(["export", str(transformer), "--to", "ctranslate2", "-o", str(export)]) == 0
    code = f"""
import sys
sys.modules["torch"] = None
from pathlib import Path
sys.path.insert(0, {str(Path(__file__).parent.parent)!r})
from serve.running import running, many
with running({{"ct2": Path({str(export)!r})}}) as server:
    print(server.texts(*{SOURCES!r}))
    print(server.post("/v1/score", {{"pairs": [{{"source": "red", "target": "rouge"}}]}}).status_code)
    print(server.post("/v1/explain", {{"source": "red"}}).status_code)
    [listed] = server.client.get("/v1/models").json()["data"]
    print(listed["explains"], listed["takes"])
    print("".join(server.post("/v1/predict", {{"source": "red cat", "stream": True}}).text.split())[:6])
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    texts, score, explain, can, streamed = done.stdout.splitlines()
    assert texts == str([each.text for each in seqloom.load(export).predict(SOURCES)])
    assert (score, explain, can, streamed) == ("200", "422", "[] []", "data:{")


def test_an_export_to_onnx_does_what_it_says_it_can(gru: Path, tmp_path: Path) -> None:
    pytest.importorskip("onnxruntime")
    pytest.importorskip("onnxscript")
    from seqloom.export.folder import export_folder

    export = export_folder(gru, tmp_path / "onnx", to="onnx")
    with running({"onnx": export}, languages={"onnx": [("en", "fr")]}) as server:
        assert server.texts(*SOURCES) == [each.text for each in seqloom.load(gru).predict(SOURCES)]
        answer = server.post("/translate", {"q": SOURCES[0], "source": "en", "target": "fr"}).json()
        assert [answer["translatedText"]] == server.texts(SOURCES[0])
        pieces = events_of(server.post("/v1/predict", {"source": SOURCES[0], "stream": True}).text)
        assert "".join(each["piece"] for each in pieces[:-1]) == pieces[-1]["answer"]["text"]
        [scored] = server.post("/v1/score", {"pairs": [{"source": "red", "target": "rouge"}]}).json()["scores"]
        [own] = seqloom.load(gru).score([("red", "rouge")])
        assert scored["logp"] == pytest.approx(own.logp, abs=1e-4)

        [listed] = server.client.get("/v1/models").json()["data"]
        assert listed["explains"] == ["erasure", "alternatives"]
        assert listed["takes"] == ["constraints", "sampling"]
        parts = ["attention", "self_attention", "attribution", "search", "alternatives"]
        told = server.post("/v1/explain", {"source": SOURCES[0], "what": parts}).json()
        assert told.keys() & {*parts} == {"attribution", "alternatives"}
        assert told["missing"].keys() == {"attention", "self_attention", "gradients", "search"}
        assert all(line.endswith("Ask the model that it was made of.") for line in told["missing"].values())
        nothing = server.post("/v1/explain", {"source": SOURCES[0], "what": ["attention", "search"]})
        assert nothing.status_code == 422
        assert nothing.json()["error"]["message"] == told["missing"]["search"]
        refused = server.post("/v1/explain", {"source": SOURCES[0], "what": ["neighbours"]})
        assert (refused.status_code, refused.json()["error"]["message"]) == (
            422,
            "`neighbours` needs pairs that may be shown. `seqloom serve --pairs onnx=FILE` names them.",
        )
    with pytest.raises(seqloom.DecodingError, match="which no export shows"):
        open_house({"onnx": export}, QUIET, pairs={"onnx": "whatever.tsv"})


def test_the_nearest_pairs_are_shown_of_a_file_that_may_be(gru: Path, other_gru: Path, tmp_path: Path) -> None:
    file = tmp_path / "seen.tsv"
    file.write_text("red cat\trouge chat\nblue sea\tbleu mer\nred cat dog\trouge chat chien\n", encoding="utf-8")
    folder = tmp_path / "model"
    shutil.copytree(gru, folder)
    with running({"small": folder}, pairs={"small": str(file)}) as server:
        assert "neighbours" in server.client.get("/v1/models").json()["data"][0]["explains"]
        told = server.post("/v1/explain", {"source": "red cat", "what": ["neighbours"]}).json()
        first, *others = told["neighbours"]
        assert first == {"source": "red cat", "target": "rouge chat", "distance": pytest.approx(0, abs=1e-5)}
        assert len(others) == 2
        assert "attention" not in told
        shutil.rmtree(folder)
        shutil.copytree(other_gru, folder)
        server.house.look_now.set()
        until(lambda: server.metric("seqloom_reloads_total", model="small", result="loaded") == 1)
        again = server.post("/v1/explain", {"source": "red cat", "what": ["neighbours"]}).json()["neighbours"]
        assert again[0]["target"] == "rouge chat"
        assert again[1]["distance"] != others[0]["distance"], "another model sees them otherwise"


def test_settings_and_folders_that_cannot_be(gru: Path) -> None:
    with pytest.raises(seqloom.RecipeError, match="`--languages` must be of `small`, but names `other`"):
        open_house({"small": gru}, QUIET, languages={"other": [("a", "b")]})
    with pytest.raises(seqloom.RecipeError, match="`--pairs` must be of `small`, but names `other`"):
        open_house({"small": gru}, QUIET, pairs={"other": "seen.tsv"})
    with pytest.raises(seqloom.ModelFolderError):
        open_house({"small": gru / "nowhere"}, ServeSettings())
    assert read_manifest(gru)["id"]
    assert Meters().text()
