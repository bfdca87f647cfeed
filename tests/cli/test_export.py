"""What is exported answers like the model it was made of, and is taken wherever a model is."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

import seqloom
from seqloom.cli.main import main

from .small import RECIPE, pairs

pytest.importorskip("ctranslate2")
pytest.importorskip("onnxruntime")

TRANSFORMER = [
    *(f"model.{side}.{key}" for side in ("encoder", "decoder") for key in ("kind=transformer", "layers=1", "heads=4")),
    *(f"model.{side}.feed_forward=96" for side in ("encoder", "decoder")),
]
CONVOLUTION = ["model.encoder.kind=conv", "model.decoder.kind=conv", "model.encoder.layers=2", "model.decoder.layers=2"]


def trained(folder: Path, *changes: str, steps: int) -> Path:
    recipe = folder / "small.toml"
    folder.mkdir(parents=True)
    recipe.write_text(RECIPE, encoding="utf-8")
    every = pairs(200)
    told = [*changes, f"training.steps={steps}", f"training.validate_every={steps}", "training.warmup=10"]
    seqloom.train(recipe, train=every[:180], valid=every[180:], out=folder / "run", set=told, verbose=False)
    return folder / "run"


@pytest.fixture(scope="module")
def transformer(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return trained(tmp_path_factory.mktemp("models") / "transformer", *TRANSFORMER, steps=250)


@pytest.fixture(scope="module")
def ctranslate2(transformer: Path) -> Path:
    assert main(["export", str(transformer), "--to", "ctranslate2"]) == 0
    return transformer / "exports" / "ctranslate2"


IDLE = ["torch", "numpy", "pydantic", "rich.console", "xml", "importlib.metadata", "http.client", "seqloom.cli.train"]
IDLE += ["seqloom.metrics.texts", "seqloom.data.tmx", "seqloom.data.tokenizers.vectors", "seqloom.workflow.evaluating"]
IDLE += ["seqloom.tasks.tagging", "seqloom.decoding.constraints.regex", "seqloom.decoding.constraints.automaton"]
"""What one answer has no use for. Each of them was imported once, and together they took longer than the answer."""


def test_an_answer_imports_only_what_it_needs(ctranslate2: Path) -> None:
    code = (
        "import sys; from seqloom.cli.main import main; failed = main(['predict', sys.argv[1]]);"
        f"sys.exit(failed or ', '.join(sorted(set({IDLE}) & set(sys.modules))) or 0)"
    )
    command = [sys.executable, "-c", code, str(ctranslate2)]
    done = subprocess.run(command, input=f"{pairs(1)[0][0]}\n", capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.strip()


SOURCES = [source for source, _ in pairs(60, seed=9)]


def same(one: Path, other: Path, *, beam: int) -> None:
    first, second = (seqloom.load(each, engine="auto").predict(SOURCES, beam=beam) for each in (one, other))
    assert [each.text for each in first] == [each.text for each in second]
    for mine, theirs in zip(first, second, strict=True):
        assert mine.logp == pytest.approx(theirs.logp, abs=1e-3)
        assert mine.confidence == pytest.approx(theirs.confidence, abs=1e-3)
        assert mine.tokens == theirs.tokens


@pytest.mark.parametrize(("name", "changes"), [("recurrent", []), ("convolution", CONVOLUTION)])
def test_every_family_goes_round_by_onnx(tmp_path: Path, name: str, changes: list[str]) -> None:
    model = trained(tmp_path / name, *changes, steps=40)
    assert main(["export", str(model), "--to", "onnx", "-o", str(tmp_path / "exported")]) == 0
    same(model, tmp_path / "exported", beam=4)


def test_a_transformer_goes_round_by_both(transformer: Path, ctranslate2: Path, tmp_path: Path) -> None:
    """A beam is pruned otherwise by CTranslate2, which shows where a model has learnt as little as this one."""
    assert main(["export", str(transformer), "--to", "onnx"]) == 0
    for engine, beam in (("auto", 1), ("ctranslate2", 1), ("onnx", 3)):
        own = seqloom.load(transformer, engine="own").predict(SOURCES, beam=beam)
        found = seqloom.load(transformer, engine=engine).predict(SOURCES, beam=beam)  # type: ignore[arg-type]
        assert [each.text for each in found] == [each.text for each in own]
        assert [each.logp for each in found] == pytest.approx([each.logp for each in own], abs=1e-3)
    same(ctranslate2, transformer, beam=1)
    assert seqloom.load(ctranslate2).predict("") == seqloom.load(transformer).predict("")


def test_an_export_is_evaluated_and_scores_as_the_model_does(
    transformer: Path, ctranslate2: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "test.tsv"
    file.write_text("".join(f"{source}\t{target}\n" for source, target in pairs(30, seed=4)), encoding="utf-8")
    reports = []
    for folder in (transformer, ctranslate2):
        capsys.readouterr()
        assert main(["evaluate", str(folder), str(file), "--engine", "auto", "--json", "--beam", "1"]) == 0
        reports.append(json.loads(capsys.readouterr().out))
    assert reports[0]["scores"] == reports[1]["scores"]
    scores = [[each.logp for each in seqloom.load(folder).score(str(file))] for folder in (transformer, ctranslate2)]
    assert scores[0] == pytest.approx(scores[1], abs=1e-3)


def test_a_ctranslate2_folder_needs_no_torch(ctranslate2: Path, tmp_path: Path) -> None:
    file = tmp_path / "sources.txt"
    file.write_text("\n".join(SOURCES[:5]) + "\n", encoding="utf-8")
    code = (
        "import sys; from seqloom.cli.main import main; "
        f"done = main(['predict', {str(ctranslate2)!r}, {str(file)!r}]); sys.exit(done or 'torch' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    expected = [each.text for each in seqloom.load(ctranslate2).predict(SOURCES[:5])]
    assert done.stdout.splitlines() == expected


def test_what_an_engine_refuses_the_model_answers(
    transformer: Path, ctranslate2: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With constraints CTranslate2 has no say; without them it has, in the same call, where our steps are torch's."""
    kernels = seqloom.load(transformer, engine="auto")
    assert kernels.engines == seqloom.load(transformer, engine="own").engines
    monkeypatch.setattr("seqloom.workflow.model.takes", lambda network: False)
    model = seqloom.load(transformer, engine="auto")
    asked = [
        {"source": SOURCES[0], "constraints": [{"kind": "phrases", "phrases": [["mer"]]}]},
        SOURCES[1],
    ]
    forced, free = model.predict(asked, beam=2)
    assert "mer" in forced.text.split()
    assert free.text == seqloom.load(ctranslate2).predict(SOURCES[1], beam=2)[0].text
    [refused] = seqloom.load(ctranslate2).predict([asked[0]], beam=2)
    assert refused.error is not None


def test_an_export_of_weights_that_are_gone_answers_no_more(transformer: Path, tmp_path: Path) -> None:
    other = trained(tmp_path / "other", *TRANSFORMER, steps=20)
    assert main(["export", str(other), "--to", "ctranslate2"]) == 0
    model = seqloom.load(other, engine="auto")
    assert len(model.exports) == 1  # type: ignore[attr-defined]
    model.network.head.weight.data.mul_(0.5)  # type: ignore[attr-defined]
    from seqloom.workflow.folder import put_weights

    put_weights(other, model.network)  # type: ignore[attr-defined]
    assert not seqloom.load(other, engine="auto").exports  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        (["--to", "ctranslate2", "--quantize", "int3"], "`--quantize` must be"),
        (["--to", "onnx", "--shortlist"], "`--shortlist` must be left out"),
        (["--to", "ctranslate2", "--shortlist"], "needs the model's lexicon.safetensors"),
        (["--to", "argos"], "needs both languages"),
        (["--to", "argos", "--from-code", "en", "--to-code", "fr"], 'must be of kind "bpe" or "unigram"'),
        (["--to", "onnx", "--from-code", "en"], "must be left out but for"),
        (["--to", "onnx", "-o", "."], "is there already, and was not exported"),
        (["--to", "onnx", "--task", "tags"], "`task` must be left out"),
    ],
)
def test_what_cannot_be_exported_is_told_in_a_line(
    transformer: Path, arguments: list[str], line: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["export", str(transformer), *arguments]) == 2
    said = capsys.readouterr().err
    assert line in said
    assert said.count("\n") == 1


def test_a_folder_of_an_engine_is_that_engines(
    transformer: Path, ctranslate2: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for folder, engine, line in (
        (ctranslate2, "onnx", 'was exported for `engine` "ctranslate2"'),
        (trained(tmp_path / "bare", steps=20), "ctranslate2", "has not been exported for it yet"),
    ):
        assert main(["evaluate", str(folder), "any.tsv", "--engine", engine]) == 2
        assert line in capsys.readouterr().err
    assert main(["export", str(ctranslate2), "--to", "onnx"]) == 2
    assert "was exported already" in capsys.readouterr().err
    (ctranslate2 / "config.json").write_text("{}", encoding="utf-8")
    assert main(["evaluate", str(ctranslate2), "any.tsv"]) == 2
    assert "is not the file that the model was trained with" in capsys.readouterr().err
