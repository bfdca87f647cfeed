"""Names that nobody has seen are found by what they look like, by an aligned decoder and by one that writes."""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow

WNUT = Path(os.environ.get("SEQLOOM_DATA", Path(__file__).parents[3] / "shared" / "data")) / "wnut17"
SMALL = {
    "model.source.width": 24,
    "model.encoder.width": 48,
    "model.decoder.width": 48,
    "training.epochs": 12,
    "training.rate": 0.01,
    "training.warmup": 10,
    "training.threads": 1,
    "training.validate_every": 1000,
    "evaluation.pairs": 20,
    "data.batches.tokens": 512,
}
WAYS = {
    "words": {},
    "pieces": {"data.tokenizer": '{kind="bpe", size=330, sampling=0.1}', "task.scheme": "bioes"},
    "written": {
        "model.decoder": '{kind="recurrent", width=48, attention={kind="general"}}',
        "training.epochs": 30,
    },
}


def sentences(number: int, *, seed: int) -> str:
    """Places end in -ville and people in -son; "New" begins a place of two words."""
    dice = random.Random(seed)

    def name(end: str) -> str:
        return "".join(dice.choices("abdeiklmnortu", k=4)).capitalize() + end

    lines = []
    for _ in range(number):
        for _ in range(dice.randint(1, 3)):
            words = [(name("son"), "B-person")] + [(each, "O") for each in dice.choice(["went to", "left"]).split()]
            words += [("New", "B-place"), (name("ville"), "I-place")] if dice.random() < 0.4 else []
            words += [(dice.choice(["and", "or", "now"]), "O")]
            lines += [f"{word}\t{tag}" for word, tag in words]
        lines.append("")
    return "\n".join(lines) + "\n"


def seqloom(folder: Path, *arguments: str, stdin: str = "") -> str:
    done = subprocess.run(
        [sys.executable, "-m", "seqloom", *arguments], cwd=folder, input=stdin, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.parametrize("way", WAYS)
def test_unseen_names_are_found(way: str, tmp_path: Path) -> None:
    for name, number in (("train", 300), ("valid", 40), ("test", 100)):
        (tmp_path / f"{name}.conll").write_text(sentences(number, seed=number), encoding="utf-8")
    sets = [f"--set={key}={value}" for key, value in {**SMALL, **WAYS[way]}.items()]
    seqloom(tmp_path, "train", "tagging", "--train", "train.conll", "--valid", "valid.conll", "--out", "m", *sets)
    report = json.loads(seqloom(tmp_path, "evaluate", "m", "test.conll", "--json"))
    assert report["scores"]["span_f1"]["value"] > 90
    assert all(each["span_f1"]["value"] < 60 for each in report["baselines"].values())
    # What is written is what was measured.
    seqloom(tmp_path, "predict", "m", "test.conll", "-o", "answers.conll")
    asked, said = ((tmp_path / f"{name}.conll").read_text().splitlines() for name in ("test", "answers"))
    assert [line.partition("\t")[0] for line in said] == [line.partition("\t")[0] for line in asked]
    assert sum(map(str.__eq__, asked, said)) > 0.9 * len(asked)
    answered = json.loads(seqloom(tmp_path, "predict", "m", "--json", stdin="Tamuson left or  Kadeson went to\n"))
    assert answered["spans"] == [
        {"type": "person", "words": [0, 1], "characters": [0, 7], "text": "Tamuson"},
        {"type": "person", "words": [3, 4], "characters": [17, 24], "text": "Kadeson"},
    ]


def test_an_exported_model_tags_alike(tmp_path: Path) -> None:
    pytest.importorskip("onnxruntime")
    (tmp_path / "train.conll").write_text(sentences(60, seed=1), encoding="utf-8")
    sets = [f"--set={key}={value}" for key, value in {**SMALL, **WAYS["pieces"], "training.epochs": 2}.items()]
    seqloom(tmp_path, "train", "tagging", "--train", "train.conll", "--out", "m", *sets)
    seqloom(tmp_path, "export", "m", "--to", "onnx", "-o", "e")
    ours, theirs = (seqloom(tmp_path, "predict", folder, "train.conll") for folder in ("m", "e"))
    assert ours == theirs


@pytest.mark.skipif(not WNUT.is_dir(), reason="needs wnut17")
def test_noisy_text_is_learnt_from_a_little(tmp_path: Path) -> None:
    """One time through the data beats both dictionaries; the table of tasks tells what all of it comes to."""
    sets = ["--set=training.epochs=2", "--set=training.threads=1", "--set=training.validate_every=73"]
    files = [str(WNUT / f"{name}.conll") for name in ("train", "dev")]
    seqloom(tmp_path, "train", "tagging", "--train", files[0], "--valid", files[1], "--out", "m", *sets)
    report = json.loads(seqloom(tmp_path, "evaluate", "m", files[1], "--json"))
    simple = [each["span_f1"]["value"] for each in report["baselines"].values()]
    assert report["scores"]["span_f1"]["value"] > 8 + max(simple)
