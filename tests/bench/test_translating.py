"""Translating side by side: all have the same model and the same question, and what is told of them is right."""

import importlib
import json
import sys
from argparse import Namespace
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import torch

import seqloom
from seqloom.workflow.model import Model
from seqloom.workflow.recipe import load_recipe

BENCH = Path(__file__).parents[2] / "bench"
NAMES = ("translating", "translators", "turn", "pegasus", "machine", "translate_seqloom")
LAYERS = {"layers": 2, "width": 16, "heads": 2, "feed_forward": 32, "dropout": 0.0}
SETTINGS: dict[str, Any] = {
    **{f"model.{side}.{key}": value for side in ("encoder", "decoder") for key, value in LAYERS.items()},
    "model.source.width": 16, "model.target.width": 16, "data.held_out": 0, "data.tokenizer.kind": "word",
    "training.epochs": 0.0, "training.steps": 2, "training.warmup": 1, "training.validate_every": 0,
}  # fmt: skip
PAIRS = [(f"a{number % 7} b{number % 5} c", f"C B{number % 5} A{number % 7}") for number in range(35)]
SIX = range(6)


@pytest.fixture(scope="module")
def bench() -> Iterator[SimpleNamespace]:
    """The scripts, which know one another by their names alone."""
    folders = [str(BENCH), str(BENCH / "peers")]
    sys.path[:0] = folders
    try:
        yield SimpleNamespace(**{name: importlib.import_module(name) for name in NAMES})
    finally:
        for folder in folders:
            sys.path.remove(folder)
        for name in NAMES:
            sys.modules.pop(name, None)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    where = tmp_path_factory.mktemp("translating")
    model = seqloom.train("translation", train=PAIRS, out=where / "run", set=SETTINGS, verbose=False)
    torch.manual_seed(1)
    with torch.no_grad():
        for parameter in model.network.parameters():
            if parameter.dim() == 1:  # biases at zero and gains at one would hide a mix-up
                parameter += 0.2 * torch.randn_like(parameter)
        model.network.head.bias[model.network.vocabulary.bos] = -20.0  # what no trained model says, and ours never
    model.save(where / "model")
    return where / "model"


@pytest.fixture
def job(bench: SimpleNamespace, folder: Path, tmp_path: Path) -> Any:
    return bench.translators.prepare(folder, tmp_path / "job", PAIRS[:6], beam=2, alone=3, peers=True)


# ---- the same model --------------------------------------------------------------------------------------------------


def check_logps(found: list[list[float]], job: Any) -> None:
    assert len(found) == len(job.logps) == len(SIX)
    for one, other in zip(found, job.logps, strict=True):
        assert one == pytest.approx(other, abs=1e-4)


def test_hugging_face_has_our_model(bench: SimpleNamespace, job: Any) -> None:
    pytest.importorskip("transformers")
    theirs = importlib.import_module("translate_hugging_face")
    peer = theirs.HuggingFace(job.question, job.folder / "hugging-face")
    check_logps(peer.score(SIX), job)
    ours = bench.translate_seqloom.Ours(job.question)
    assert [job.text(ids) for ids in peer.translate([4, 0, 2], beam=1)] == ours.translate([4, 0, 2], beam=1)


def test_ctranslate2_has_our_model(bench: SimpleNamespace, job: Any) -> None:
    pytest.importorskip("ctranslate2")
    pytest.importorskip("seqloom.export.ctranslate2")
    theirs = importlib.import_module("translate_ctranslate2")
    peer = theirs.CTranslate2(job.question, job.folder / "ctranslate2-fp32", type="float32", workers=1, threads=1)
    check_logps(peer.score(SIX), job)
    ours = bench.translate_seqloom.Ours(job.question)
    assert [job.text(ids) for ids in peer.translate([4, 0, 2], beam=1)] == ours.translate([4, 0, 2], beam=1)


@pytest.mark.parametrize(
    "setting",
    [
        'model.encoder.order="post"',
        'model.decoder.positions.kind="alibi"',
        'model.decoder.self_attention.kind="ssru"',
        "model.decoder.kv_heads=1",
        'model.tie="output"',
        "model.source.scale=false",
        'model.decoder.activation="gelu"',
        'model.head.kind="copy"',
    ],
)
def test_what_hugging_face_cannot_compute_is_refused(bench: SimpleNamespace, setting: str) -> None:
    assert bench.pegasus.why_not(load_recipe("translation").model) is None
    assert bench.pegasus.why_not(load_recipe("translation", overrides=[setting]).model) is not None


# ---- a turn ----------------------------------------------------------------------------------------------------------


def test_a_turn_is_told_whole(bench: SimpleNamespace, job: Any, tmp_path: Path) -> None:
    ours = bench.translate_seqloom.Ours(job.question)
    bench.turn.take(ours, job.question, tmp_path / "out.json")
    told = json.loads((tmp_path / "out.json").read_text())
    model = job.model
    assert isinstance(model, Model)
    for way, beam, number in (("beam", 2, 6), ("greedy", 1, 6), ("alone", 2, 3)):
        texts = [source for source, _ in PAIRS[:number]]
        assert told["answers"][way] == [answer.text for answer in model.predict(texts, beam=beam)]
        assert told["seconds"][way] > 0
    assert told["seconds"]["alone"] < told["seconds"]["beam"] * 6
    assert told["memory"] > 50


@pytest.fixture
def entrant(bench: SimpleNamespace, job: Any, tmp_path: Path) -> Callable[..., Any]:
    """A contestant that tells what it is made to tell."""

    def made(line: str, *, name: str = "Made Up", precision: str = "fp32") -> Any:
        script = tmp_path / f"{name}.py"
        script.write_text(line)
        contestant = bench.translators.Contestant(name=name, script=str(script), files="any", precision=precision)
        return bench.translating.Measured(contestant=contestant, job=job)

    return made


def telling(seconds: float, logps: object) -> str:
    told = {
        "answers": {"beam": ["C"] * 6, "greedy": ["C"] * 6, "alone": ["C"] * 3},
        "seconds": {"beam": seconds, "greedy": seconds, "alone": seconds},
        "others_processors": 0.0,
        "memory": 100.0,
        "logps": logps,
    }
    return f"import sys; open(sys.argv[2], 'w').write({json.dumps(told)!r})"


ASKED = Namespace(peers=None, through="", rounds=2)


def test_another_model_is_left_out(
    bench: SimpleNamespace, job: Any, entrant: Callable[..., Any], capsys: pytest.CaptureFixture[str]
) -> None:
    others = [[logp - 0.01 for logp in each] for each in job.logps]
    same, other, rough = (
        entrant(telling(1, job.logps), name="same"),
        entrant(telling(1, others), name="other"),
        entrant(telling(1, others), name="rough", precision="int8"),
    )
    bench.translating.rounds([same, other, rough], ASKED)
    assert [len(each.told) for each in (same, other, rough)] == [2, 0, 2]
    assert "other-fp32-1x1 is left out: it has another model" in capsys.readouterr().out
    assert rough.off() == pytest.approx(0.01)


def test_who_fails_is_told_of_once(
    bench: SimpleNamespace, entrant: Callable[..., Any], capsys: pytest.CaptureFixture[str]
) -> None:
    broken = entrant("raise SystemExit('no such weights')")
    bench.translating.rounds([broken], ASKED)
    assert not broken.told
    assert capsys.readouterr().out == "made-up-fp32-1x1 failed: no such weights\n"


# ---- what is told ----------------------------------------------------------------------------------------------------


def told_at(seconds: float, answers: list[str]) -> dict[str, Any]:
    return json.loads(telling(seconds, []).split("write('")[1][:-2]) | {"answers": {"beam": answers}}


def test_speeds_are_compared_within_a_round(bench: SimpleNamespace, job: Any) -> None:
    contestant, measured = bench.translators.Contestant, bench.translating.Measured
    ours = measured(contestant=contestant(name="Seqloom", script=bench.translators.OURS), job=job)
    slow = measured(contestant=contestant(name="CTranslate2", script="", files="any"), job=job)
    fast = measured(contestant=contestant(name="CTranslate2", script="", files="any", workers=2), job=job)
    targets = [target for _, target in PAIRS[:6]]
    # The machine is half as fast in the second round, and ours a quarter of the faster setting in both.
    ours.told = {0: told_at(4.0, targets), 1: told_at(8.0, targets)}
    slow.told = {0: told_at(2.0, targets), 1: told_at(4.0, targets)}
    fast.told = {0: told_at(1.0, [*targets[:3], "x", "y", "z"]), 1: told_at(2.0, targets)}
    heads, *rows = bench.translating.table("beam", [ours, slow, fast]).splitlines()[3:]
    assert heads.split()[-2:] == ["of", "CTranslate2"]
    assert [row.split()[-1] for row in rows] == ["0.25", "0.50", "1.00"]
    assert ["50.0%" in row for row in rows] == [False, False, True]
    assert "100.0" in rows[0]  # BLEU of the references themselves


def test_without_a_model_nothing_is_measured(
    bench: SimpleNamespace, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    for name in ("MODEL", "MULTI30K", "PEERS"):
        monkeypatch.delenv(name, raising=False)
    for arguments in ([], ["model"], ["model", str(tmp_path)]):
        monkeypatch.setattr(sys, "argv", ["translating.py", *arguments])
        bench.translating.main()
        assert capsys.readouterr().out.startswith("Skipped: ")


def test_the_whole_of_it(
    bench: SimpleNamespace, folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
) -> None:  # fmt: skip
    monkeypatch.delenv("PEERS", raising=False)
    for name, place in (("test_2016_flickr.de", 0), ("test_2016_flickr.en", 1)):
        (tmp_path / name).write_text("".join(f"{pair[place]}\n" for pair in PAIRS))
    given = ["--sentences", "6", "--alone", "2", "--rounds", "1", "--only", "seqloom-fp32-1x1", "--only", "hugging"]
    drawn = ["--picture", str(tmp_path / "picture.png")]
    monkeypatch.setattr(sys, "argv", ["translating.py", str(folder), str(tmp_path), *given, *drawn])
    bench.translating.main()
    said = capsys.readouterr().out
    assert "Hugging Face is skipped: there is no venv-hf among the peers." in said
    assert "6 sentences, beam 5" in said
    assert "One at a time, beam 5: 2 sentences" in said
    assert (tmp_path / "picture.png").stat().st_size > 10_000
