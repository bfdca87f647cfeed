"""From pairs to answers in one file: a small model learns to copy, reverse or sort sequences that it has never seen.

python examples/copy_task.py --task sort --family recurrent
"""

import argparse
import sys
import time
from collections.abc import Sequence
from itertools import islice

import torch

from seqloom.core.seeding import seed_everything
from seqloom.data.batches import batches_of
from seqloom.data.synthetic import SyntheticSettings
from seqloom.decoding.request import Answer, Pair, Request
from seqloom.decoding.search import Search, answer
from seqloom.models.decoders import (
    ConvDecoderSettings,
    DecoderSettings,
    RecurrentDecoderSettings,
    TransformerDecoderSettings,
)
from seqloom.models.encoder_decoder import EncoderDecoder, ModelSettings
from seqloom.models.encoders import (
    ConvEncoderSettings,
    EncoderSettings,
    RecurrentEncoderSettings,
    TransformerEncoderSettings,
)
from seqloom.models.sources import TextSourceSettings
from seqloom.models.stepper import ModelStepper
from seqloom.nn.embedding import EmbeddingSettings
from seqloom.training.loop import train
from seqloom.training.settings import TrainingSettings

# A family is two settings; any encoder here works with any decoder.
FAMILIES: dict[str, tuple[EncoderSettings, DecoderSettings]] = {
    "transformer": (
        TransformerEncoderSettings(layers=2, width=64, feed_forward=256, dropout=0.0),
        TransformerDecoderSettings(layers=2, width=64, feed_forward=256, dropout=0.0),
    ),
    "recurrent": (
        RecurrentEncoderSettings(cell="gru", width=128),
        RecurrentDecoderSettings(cell="gru", width=128),
    ),
    "conv": (
        ConvEncoderSettings(layers=3, width=64),
        ConvDecoderSettings(layers=3, width=64),
    ),
}
TRAINING = TrainingSettings(steps=400, rate=3e-3, warmup=100)
PAIRS_A_STEP = 64
TESTED = 500


def main() -> None:
    options = parse_options()
    task = SyntheticSettings(task=options.task, symbols=16, shortest=3, longest=12)
    torch.set_num_threads(1)  # so small a model is fastest on one
    seed_everything(1)
    model = build(options.family, task)
    learn(model, task)
    show(model, task)
    print("""
Next, try
  .venv/bin/python examples/copy_task.py --task sort          another task: copy, reverse or sort
  .venv/bin/python examples/copy_task.py --family recurrent   another model: transformer, recurrent or conv
  .venv/bin/seqloom check examples/gru.toml                   a recipe, resolved, and the model that it makes""")


def build(family: str, task: SyntheticSettings) -> EncoderDecoder:
    encoder, decoder = FAMILIES[family]
    settings = ModelSettings(
        source=TextSourceSettings(width=64), encoder=encoder, target=EmbeddingSettings(width=64), decoder=decoder
    )
    model = settings.build(source=task.vocabulary, target=task.vocabulary)
    size = sum(parameter.numel() for parameter in model.parameters())
    print(f"A {family} model with {size:,} parameters learns to {task.task} {task.shortest} to {task.longest} symbols.")
    return model


def learn(model: EncoderDecoder, task: SyntheticSettings) -> None:
    begun = time.perf_counter()
    print("\n  step    loss")
    batches = batches_of(task.pairs("training"), size=PAIRS_A_STEP, vocabulary=task.vocabulary)
    for progress in train(model, batches, TRAINING):
        if progress.step % 50 == 0:
            print(f"  {progress.step:4}  {progress.loss:6.3f}")
    print(f"\nTrained in {time.perf_counter() - begun:.0f} s.")


def show(model: EncoderDecoder, task: SyntheticSettings) -> None:
    """Five answers, the share that is right, and where the model looked."""
    pairs = list(islice(task.pairs("test"), TESTED))
    answers = answer_all(model, pairs)
    print("Five sequences that it has never seen, and its answers:\n")
    for pair, given in islice(zip(pairs, answers, strict=True), 5):
        mark = "✓" if is_right(given, pair) else f"✗ it is {letters(pair.target)}"
        print(f"  {letters(source_of(pair)):23} → {letters(given.tokens):23} {mark}")
    right = sum(map(is_right, answers, pairs))
    print(f"\n{right / TESTED:.1%} of {TESTED} unseen sequences are right from the first symbol to the last.")
    longest = max(range(5), key=lambda number: len(pairs[number].target))
    print("Where it looked: a column for each symbol read, a row for each symbol written.\n")
    print(picture(pairs[longest], answers[longest]))


def answer_all(model: EncoderDecoder, pairs: list[Pair]) -> list[Answer]:
    requests = [
        Request(id=number, source=pair.source, max_length=20, attention=True) for number, pair in enumerate(pairs)
    ]
    return answer(Search(ModelStepper(model.eval())), requests)


def picture(pair: Pair, given: Answer) -> str:
    """Attention as a table of shades."""
    rows = ["    " + " ".join(letters(source_of(pair)).split())]
    for token, weights in zip(given.tokens, given.attention or (), strict=False):
        cells = ["·░▒▓█"[min(4, int(weight * 5))] for weight in weights]
        rows.append(f"  {letters([token])} " + " ".join(cells))
    return "\n".join(rows)


def is_right(given: Answer, pair: Pair) -> bool:
    return given.tokens == tuple(pair.target)


def source_of(pair: Pair) -> tuple[int, ...]:
    return tuple(pair.source.parts["text"])


def letters(ids: Sequence[int]) -> str:
    return " ".join(chr(ord("a") + number - 4) for number in ids)


def parse_options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="A small model learns to copy, reverse or sort.")
    parser.add_argument("--task", choices=["copy", "reverse", "sort"], default="copy")
    parser.add_argument("--family", choices=list(FAMILIES), default="transformer")
    return parser.parse_args()


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        sys.exit(130)
