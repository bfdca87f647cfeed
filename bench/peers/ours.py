"""Seqloom as anyone uses it: a recipe, a corpus, a trainer, a run; with the models that the peers train.

ours.py transformer|recurrent|conv fp32|bf16      (in the folder that setup.sh made)
"""

import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal, cast

import torch
from window import Step, Window

from seqloom.core import settings, toml
from seqloom.core.specials import Specials
from seqloom.data.batches import BatchStream
from seqloom.data.corpus import Corpus
from seqloom.data.numbered import TARGET, TEXT, Numbered
from seqloom.models.encoder_decoder import EncoderDecoder
from seqloom.nn.contracts import Batch
from seqloom.recipes import shipped_recipes
from seqloom.training.events import Stepped
from seqloom.training.plan import Plan
from seqloom.training.run import run
from seqloom.training.trainer import Trainer
from seqloom.workflow.recipe import Recipe

Kind = Literal["transformer", "recurrent", "conv"]

VOCABULARY = Specials(size=8000, pad=0, unk=1, bos=2, eos=3)
DROPOUT = 0.3
WIDTH, LSTM_WIDTH = 256, 512
WORDS = {"width": WIDTH, "dropout": DROPOUT}
TRANSFORMER = {"kind": "transformer", "layers": 3, "width": WIDTH, "heads": 4, "feed_forward": 1024, "dropout": DROPOUT}
CONV = {"kind": "conv", "width": WIDTH, "kernel": 3, "dropout": DROPOUT}
LSTM = {"kind": "recurrent", "cell": "lstm", "layers": 1, "width": LSTM_WIDTH, "dropout": DROPOUT}
MODELS: Mapping[Kind, Mapping[str, Any]] = {
    "transformer": {"tie": "all", "encoder": TRANSFORMER, "decoder": TRANSFORMER},
    "recurrent": {
        "tie": "none",
        "encoder": {**LSTM, "bidirectional": True},
        "decoder": {**LSTM, "attention": {"kind": "general"}, "input_feeding": True},
    },
    # As many parameters as the Transformer, to 1 %.
    "conv": {"tie": "all", "encoder": {**CONV, "layers": 4}, "decoder": {**CONV, "layers": 6}},
}
RECIPES: Mapping[Kind, str] = {
    "transformer": "translation",
    "recurrent": "translation-lstm",
    "conv": "translation-conv",
}
"""Whose size of the batch is taken."""
MANY = 1_000_000


def recipe(kind: Kind, *, precision: str = "fp32") -> Recipe:
    shipped = settings.parse(Recipe, toml.read(shipped_recipes()[RECIPES[kind]]))
    return settings.parse(
        Recipe,
        {
            "data": {"joint": True, "batches": {"tokens": shipped.data.batches.tokens}},
            "model": {"source": WORDS, "target": WORDS, **MODELS[kind]},
            "training": {
                "steps": MANY,
                "rate": 1e-3,
                "warmup": 400,
                "schedule": {"kind": "inverse_root"},
                "optimizer": {"kind": "adam"},
                "smoothing": 0.1,
                "precision": precision,
            },
        },
    )


def model(kind: Kind) -> EncoderDecoder:
    torch.manual_seed(1)
    return recipe(kind).model.build(source=VOCABULARY, target=VOCABULARY)


def numbered() -> Corpus:
    pairs = zip(sentences("de"), sentences("en"), strict=True)
    return Corpus.of([Numbered(columns={TEXT: [*source, VOCABULARY.eos], TARGET: target}) for source, target in pairs])


def sentences(language: str) -> list[list[int]]:
    lines = Path(f"data/train.ids.{language}").read_text("utf-8").splitlines()
    return [[int(number) for number in line.split()] for line in lines]


class Counted(BatchStream):
    """The stream, and what was read of it since the last step."""

    read: Step | None = None

    def __next__(self) -> Batch:
        batch = super().__next__()
        part = batch.source.parts[TEXT]
        self.read = Step(
            target=int(batch.keep_BT.sum()),
            source=int(part.mask_BS.sum()),
            target_positions=batch.keep_BT.numel(),
            source_positions=part.mask_BS.numel(),
        )
        return batch


def main() -> None:
    kind, precision = cast(Kind, sys.argv[1]), sys.argv[2]
    window = Window()
    chosen = recipe(kind, precision=precision)
    stream = Counted([numbered()], chosen.data.batches, vocabulary=VOCABULARY, seed=chosen.training.seed)
    trainer = Trainer(model(kind), chosen.training, stream)
    trainer.plan = Plan(steps=MANY, validate_every=MANY, epochs=MANY / stream.batches_per_epoch)
    with tempfile.TemporaryDirectory() as folder:
        for event in run(trainer, Path(folder)):
            if isinstance(event, Stepped) and stream.read is not None:
                window.step(stream.read)


if __name__ == "__main__":
    main()
