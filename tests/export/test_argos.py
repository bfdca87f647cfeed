"""A package for Argos Translate has all that it asks for, and is installed and translates where it can be tried."""

import json
import os
import subprocess
import sys
import zipfile
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from tests.export.models import built, settings_of, write

from seqloom.core.errors import RecipeError
from seqloom.data.sentences import cut_sentences
from seqloom.data.tokenizers.subwords import BpeSettings, UnigramSettings
from seqloom.data.tokenizers.words import WordSettings
from seqloom.decoding.request import LengthPenalty, Request, Source, answer
from seqloom.engines.ctranslate2 import CTranslate2Engine
from seqloom.export.argos import why_not_argos, write_argos
from seqloom.export.argos_sentences import sentence_network
from seqloom.export.ctranslate2 import write_ctranslate2

pytest.importorskip("ctranslate2")
pytest.importorskip("onnx")

ENGLISH = ["the cat sees a dog", "a dog eats", "the dog sees the cat", "a cat eats a fish", "the fish sleeps"] * 4
FRENCH = ["le chat voit un chien", "un chien mange", "le chien voit le chat", "un chat mange un poisson"] * 4


def folders(tmp_path: Path) -> dict[str, Path]:
    """A model of two tokenizers that knows nothing, but says something."""
    source, target = BpeSettings(size=300).fit(ENGLISH), UnigramSettings(size=300).fit(FRENCH)
    settings = settings_of()
    network = built(settings, source=source.specials, target=target.specials)
    with torch.no_grad():
        network.head.bias[target.specials.eos] += 2  # so that its answers end
    paths = {name: tmp_path / name for name in ("model", "source", "target")}
    source.save(paths["source"])
    target.save(paths["target"])
    write_ctranslate2(
        network,
        paths["model"],
        settings=settings,
        source_tokens=source.vocabulary.tokens,
        target_tokens=target.vocabulary.tokens,
    )
    return paths


def test_a_package_has_all_that_is_read(tmp_path: Path) -> None:
    paths = folders(tmp_path)
    package = tmp_path / "new" / "en_fr.argosmodel"
    write_argos(**paths, path=package, from_code="en", to_code="fr", from_name="English", to_name="Français")
    with zipfile.ZipFile(package) as found:
        content = {name: found.read(name) for name in found.namelist()}
    [root] = {name.partition("/")[0] for name in content}
    metadata = json.loads(content[f"{root}/metadata.json"])
    assert (metadata["from_code"], metadata["to_code"], metadata["to_name"]) == ("en", "fr", "Français")
    assert content[f"{root}/sentencepiece.model"] == (paths["source"] / "sentencepiece.model").read_bytes()
    for name in ("model.bin", "config.json", "source_vocabulary.json", "target_vocabulary.json"):
        assert content[f"{root}/model/{name}"] == (paths["model"] / name).read_bytes()
    assert content[f"{root}/minisbd/sentences.onnx"] == sentence_network()
    again = tmp_path / "again.argosmodel"
    write_argos(**paths, path=again, from_code="en", to_code="fr", from_name="English", to_name="Français")
    assert again.read_bytes() == package.read_bytes()


def test_tokenizers_that_it_cannot_read_are_refused(tmp_path: Path) -> None:
    WordSettings().fit(ENGLISH).save(tmp_path / "word")
    BpeSettings(size=300).fit(ENGLISH).save(tmp_path / "bpe")
    BpeSettings(size=300).fit(ENGLISH, special_tokens=["<2fr>"]).save(tmp_path / "special")
    assert why_not_argos(tmp_path / "bpe", tmp_path / "bpe") is None
    line = why_not_argos(tmp_path / "bpe", tmp_path / "word")
    assert line == (
        'the tokenizer of the target must be of kind "bpe" or "unigram" for Argos Translate, but is of kind "word". '
        "Export to CTranslate2 alone."
    )
    assert "`data.special_tokens` must be left out" in str(why_not_argos(tmp_path / "special", tmp_path / "bpe"))


def test_too_few_positions_are_refused(tmp_path: Path) -> None:
    positions = {"positions": {"kind": "learned", "longest": 100}}
    settings = settings_of(decoder=positions)
    write(built(settings), tmp_path / "model", settings)
    BpeSettings(size=300).fit(ENGLISH).save(tmp_path / "bpe")
    both: dict[str, Any] = {"source": tmp_path / "bpe", "target": tmp_path / "bpe"}
    with pytest.raises(RecipeError, match=r"the answer must have 256 positions for Argos Translate, .* but has 100"):
        write_argos(tmp_path / "model", tmp_path / "x.argosmodel", **both, from_code="en", to_code="fr")


TEXTS = [
    "Hello there. How are you? Fine!",
    "Mr. Smith met J. Brown. They talked (a lot.) He left.",
    "It costs 3.50 euros. Really?! Yes... and no.",
    'He said "go." Then he left.',
    "今天天气很好。你呢？「好。」我也是。",
    "Prof. Dr. Meier ist da. Etwas z.B. das? Ende.",
    "Был дождь. он ушёл. Потом снег.",
    "one word",
]


@pytest.mark.parametrize("text", TEXTS)
def test_sentences_end_where_ours_do(text: str) -> None:
    ort = pytest.importorskip("onnxruntime")
    session = ort.InferenceSession(sentence_network(), providers=["CPUExecutionProvider"])
    ids = json.loads(session.get_modelmeta().custom_metadata_map["vocab"])["_unit2id"]
    units = np.array([[ids.get(char, ids["<UNK>"]) for char in text] + [ids["<PAD>"]]])
    [labels] = session.run(None, {"units": units, "features": np.zeros((*units.shape, 1), np.float32)})
    ends = [place + 1 for place, label in enumerate(labels[0].argmax(-1)[:-1]) if label == 2]
    starts = [0, *(end for end in ends if end < len(text))]
    found = [text[start:end].strip() for start, end in zip(starts, [*starts[1:], len(text)], strict=True)]
    assert found == [sentence.strip() for sentence in cut_sentences(text)]


TRANSLATE = """
import socket, sys
def refuse(*args, **how): raise OSError("no network here")
socket.socket.connect = socket.create_connection = refuse
from argostranslate import package, translate
package.install_from_path(sys.argv[1])
print(translate.translate(sys.argv[2], "en", "fr"))
"""


@pytest.mark.skipif(find_spec("argostranslate") is None, reason="argostranslate is not installed")
def test_argos_translate_itself_translates_offline(tmp_path: Path) -> None:
    paths = folders(tmp_path)
    package = tmp_path / "en_fr.argosmodel"
    write_argos(**paths, path=package, from_code="en", to_code="fr")
    text = "the cat sees a dog"
    places = {name: str(tmp_path / name) for name in ("HOME", "XDG_DATA_HOME", "XDG_CONFIG_HOME", "XDG_CACHE_HOME")}
    done = subprocess.run(
        [sys.executable, "-c", TRANSLATE, str(package), text],
        env={**os.environ, **places, "ARGOS_COMPUTE_TYPE": "default", "ARGOS_INTRA_THREADS": "1"},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    source, target = BpeSettings(size=300).fit(ENGLISH), UnigramSettings(size=300).fit(FRENCH)
    asked = Request(
        id=1,
        source=Source(parts={"text": source.encode(text)}),
        beams=4,
        length_penalty=LengthPenalty(kind="average", alpha=0.2),
    )
    [found] = answer(CTranslate2Engine(paths["model"], patience=1), [asked])
    assert found.tokens
    assert done.stdout.strip() == target.decode(found.tokens).replace("_", " ").strip()
