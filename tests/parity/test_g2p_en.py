"""Real weights: the grapheme-to-phoneme model that the package g2p-en carries, a GRU encoder-decoder without attention.

Our parts with its weights say of invented words what the package's own NumPy loop says. Importing the package would
download two corpora for words that are *in* its dictionary; the prediction of all others needs neither, so what is
only about those corpora is stood in for, and the prediction itself is the package's.
"""

from __future__ import annotations

import importlib
import sys
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path
from types import ModuleType
from typing import Protocol

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from seqloom.core.specials import Specials
from seqloom.models.decoders import NoAttentionSettings, RecurrentDecoder, RecurrentDecoderSettings
from seqloom.models.encoder_decoder import EncoderDecoder, ModelSettings
from seqloom.models.encoders import RecurrentEncoder, RecurrentEncoderSettings
from seqloom.models.heads import Generator
from seqloom.models.sources import TextSourceSettings
from seqloom.models.stepper import ModelStepper
from seqloom.nn.contracts import Batch
from seqloom.nn.embedding import EmbeddingSettings
from seqloom.nn.memory import Part, SourceBatch
from seqloom.nn.recurrent import Cell

try:
    FOLDER = Path(str(distribution("g2p-en").locate_file("g2p_en")))
except PackageNotFoundError:
    pytest.skip("g2p-en is not installed", allow_module_level=True)

WIDTH, LONGEST = 256, 20
GRAPHEMES = Specials(size=29, pad=0, unk=1, eos=2, bos=2)
PHONEMES = Specials(size=74, pad=0, unk=1, bos=2, eos=3)
NUM_WORDS = 200


class G2p(Protocol):
    g2idx: dict[str, int]
    p2idx: dict[str, int]

    def predict(self, word: str) -> list[str]: ...


def stand_in(name: str, **contents: object) -> ModuleType:
    module = ModuleType(name)
    vars(module).update(contents)
    return module


@pytest.fixture(scope="module")
def g2p() -> G2p:
    """The package's own model, with an empty dictionary."""

    class Found:
        @staticmethod
        def find(name: str) -> None:
            """Every corpus is there, so none is downloaded."""

    class Dictionary:
        @staticmethod
        def dict() -> dict[str, list[list[str]]]:
            return {}

    class Nothing:
        def tokenize(self, text: str) -> list[str]:
            raise NotImplementedError

    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(sys.modules, "nltk", stand_in("nltk", pos_tag=None, data=Found))
        patch.setitem(sys.modules, "nltk.corpus", stand_in("nltk.corpus", cmudict=Dictionary))
        patch.setitem(sys.modules, "nltk.tokenize", stand_in("nltk.tokenize", TweetTokenizer=Nothing))
        patch.setitem(sys.modules, "inflect", stand_in("inflect", engine=lambda: None))
        for name in ("g2p_en", "g2p_en.g2p", "g2p_en.expand"):
            patch.delitem(sys.modules, name, raising=False)
        package: G2p = importlib.import_module("g2p_en.g2p").G2p()
        for name in ("g2p_en", "g2p_en.g2p", "g2p_en.expand"):
            del sys.modules[name]
    return package


def words() -> list[str]:
    """Words that no dictionary has: syllables at random, from one letter to what is longer than an answer may be."""
    random = np.random.default_rng(7)
    onsets = ["", "b", "bl", "ch", "d", "f", "gr", "h", "j", "kn", "m", "ph", "qu", "s", "str", "th", "v", "w", "z"]
    rimes = ["a", "ack", "ai", "e", "eed", "ight", "ing", "o", "oax", "ough", "our", "u", "unt", "y", "'s"]
    found = ["a", "x", "é", "activationist", "o'blivion", "disestablishmentarianisticallyness"]
    while len(found) < NUM_WORDS:
        syllables = random.integers(1, 9)
        found.append("".join(str(random.choice(part)) for _ in range(syllables) for part in (onsets, rimes)))
    return found


def copy_cell(cell: Cell, weights: dict[str, Tensor], side: str) -> None:
    for layer, end in ((cell.input, "ih"), (cell.hidden, "hh")):
        copy_layer(layer, weights[f"{side}_w_{end}"], weights[f"{side}_b_{end}"])


def copy_layer(layer: nn.Linear, weight: Tensor, bias: Tensor) -> None:
    layer.load_state_dict({"weight": weight, "bias": bias})


@pytest.fixture(scope="module")
def model() -> EncoderDecoder:
    with np.load(FOLDER / "checkpoint20.npz", allow_pickle=False) as file:
        weights = {name: torch.from_numpy(file[name]) for name in file.files}
    settings = ModelSettings(
        source=TextSourceSettings(width=WIDTH, scale=False),
        encoder=RecurrentEncoderSettings(cell="gru", width=WIDTH, bidirectional=False),
        target=EmbeddingSettings(width=WIDTH, scale=False),
        decoder=RecurrentDecoderSettings(cell="gru", width=WIDTH, attention=NoAttentionSettings()),
    )
    made = settings.build(source=GRAPHEMES, target=PHONEMES).eval()
    encoder, decoder, head = made.encoder, made.decoder, made.head
    assert isinstance(encoder, RecurrentEncoder)
    assert isinstance(decoder, RecurrentDecoder)
    assert isinstance(head, Generator)
    assert head.bias is not None
    with torch.no_grad():
        made.source.embedding.table.weight.copy_(weights["enc_emb"])
        decoder.embedding.table.weight.copy_(weights["dec_emb"])
        copy_cell(encoder.layers[0].forwards.cell, weights, "enc")
        copy_cell(decoder.cells.layers[0].cell, weights, "dec")
        head.weight.copy_(weights["fc_w"])
        head.bias.copy_(weights["fc_b"])
    assert sum(p.numel() for p in made.parameters()) == sum(weight.numel() for weight in weights.values())
    return made


def source(g2p: G2p, spelt: list[str]) -> SourceBatch:
    rows = [[g2p.g2idx.get(letter, GRAPHEMES.unk) for letter in word] + [GRAPHEMES.eos] for word in spelt]
    values_BS = nn.utils.rnn.pad_sequence([torch.tensor(row) for row in rows], batch_first=True)
    return SourceBatch(parts={"text": Part(values=values_BS, mask_BS=values_BS != GRAPHEMES.pad)})


@torch.no_grad()
def test_words_are_pronounced_as_the_package_does(g2p: G2p, model: EncoderDecoder) -> None:
    spelt = words()
    wanted = [g2p.predict(word) for word in spelt]
    assert max(len(phonemes) for phonemes in wanted) == LONGEST, "some are cut"
    assert len({" ".join(phonemes) for phonemes in wanted}) > 0.9 * NUM_WORDS

    stepper = ModelStepper(model)
    state = stepper.start(source(g2p, spelt), beams=1)
    tokens_N = torch.full((NUM_WORDS,), PHONEMES.bos)
    said = []
    for _ in range(LONGEST):
        step = stepper.step(tokens_N, state)
        state, tokens_N = step.state, step.logp_NV.argmax(-1)
        said.append(tokens_N)
    symbols = list(g2p.p2idx)
    for row, phonemes in zip(torch.stack(said, 1).tolist(), wanted, strict=True):
        ended = row.index(PHONEMES.eos) if PHONEMES.eos in row else LONGEST
        assert [symbols[token] for token in row[:ended]] == phonemes


@torch.no_grad()
def test_padding_was_never_likely(g2p: G2p, model: EncoderDecoder) -> None:
    """Our generator gives padding no probability; here nothing is lost by that, at any step of any answer."""
    spelt = words()
    targets = [[g2p.p2idx[phoneme] for phoneme in g2p.predict(word)] for word in spelt]
    target_BT = nn.utils.rnn.pad_sequence(
        [torch.tensor([PHONEMES.bos, *ids, PHONEMES.eos]) for ids in targets], batch_first=True
    )
    batch = Batch(source=source(g2p, spelt), target_BT=target_BT, target_mask_BT=target_BT != PHONEMES.pad)
    at = model(batch).output.pick(batch.keep_BT)
    head = model.head
    assert isinstance(head, Generator)
    logits_PV = at.hidden_PD @ head.weight.T + head.bias
    assert logits_PV.softmax(-1)[:, PHONEMES.pad].max() < 1e-3
