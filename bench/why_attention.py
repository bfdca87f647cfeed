"""Why attention exists: copying by one fixed vector against copying by attention, by the length of what is copied.

    python bench/why_attention.py            # prints the table, draws docs/pictures/why_attention.png

Three GRU models that differ in one setting learn from the same pairs for as many steps: the vector is the decoder's
first state (Sutskever et al. 2014), is read at every step too (Cho et al. 2014), or attention chooses anew at each step
(Bahdanau et al. 2015).
"""

import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path

import torch
from matplotlib import pyplot

from seqloom.core.seeding import seed_everything
from seqloom.data.batches import batches_of
from seqloom.data.synthetic import SyntheticSettings
from seqloom.decoding.request import Request, answer
from seqloom.decoding.search import Search
from seqloom.models.decoders import (
    AdditiveAttentionSettings,
    AttentionSettings,
    NoAttentionSettings,
    RecurrentDecoderSettings,
)
from seqloom.models.encoder_decoder import EncoderDecoder, ModelSettings
from seqloom.models.encoders import RecurrentEncoderSettings
from seqloom.models.sources import TextSourceSettings
from seqloom.models.stepper import ModelStepper
from seqloom.nn.embedding import EmbeddingSettings
from seqloom.training.loop import train
from seqloom.training.settings import TrainingSettings

PICTURE = Path(__file__).parents[1] / "docs/pictures/why_attention.png"
TASK = SyntheticSettings(task="copy", symbols=16, shortest=3, longest=24)
LENGTHS = range(3, 25, 3)
TRAINING = TrainingSettings(steps=600, rate=3e-3, warmup=100)
PAIRS_A_STEP = 64
PAIRS_A_LENGTH = 100


@dataclass(frozen=True, kw_only=True)
class Variant:
    """One line of the picture; the colours are told apart without colour vision too (Okabe & Ito)."""

    name: str
    attention: AttentionSettings
    colour: str
    marker: str


VARIANTS = (
    Variant(name="additive attention", attention=AdditiveAttentionSettings(), colour="#0072B2", marker="o"),
    Variant(
        name="fixed vector, read at every step",
        attention=NoAttentionSettings(context="every"),
        colour="#E69F00",
        marker="s",
    ),
    Variant(name="fixed vector, first state only", attention=NoAttentionSettings(), colour="#D55E00", marker="^"),
)


@dataclass(frozen=True, kw_only=True)
class Score:
    """Of one length: the share of sequences, and of their symbols, that came back right."""

    exact: float
    symbols: float


def main() -> None:
    torch.set_num_threads(1)  # so small a model is fastest on one
    begun = time.perf_counter()
    scores = {variant.name: measure(trained(variant)) for variant in VARIANTS}
    print(table(scores))
    draw(scores)
    print(f"\n{time.perf_counter() - begun:.0f} s for {TRAINING.steps} steps each, drawn in {PICTURE.name}.")


def trained(variant: Variant) -> EncoderDecoder:
    seed_everything(1)
    settings = ModelSettings(
        source=TextSourceSettings(width=64),
        target=EmbeddingSettings(width=64),
        encoder=RecurrentEncoderSettings(cell="gru", width=128),
        decoder=RecurrentDecoderSettings(cell="gru", width=128, attention=variant.attention),
    )
    model = settings.build(source=TASK.vocabulary, target=TASK.vocabulary)
    batches = batches_of(TASK.pairs("training"), size=PAIRS_A_STEP, vocabulary=TASK.vocabulary)
    for _ in train(model, batches, TRAINING):
        pass
    return model.eval()


def measure(model: EncoderDecoder) -> list[Score]:
    return [score(model, length) for length in LENGTHS]


def score(model: EncoderDecoder, length: int) -> Score:
    pairs = list(islice(replace(TASK, shortest=length, longest=length).pairs("test"), PAIRS_A_LENGTH))
    requests = [Request(id=number, source=pair.source, max_length=2 * length) for number, pair in enumerate(pairs)]
    given = [each.tokens for each in answer(Search(ModelStepper(model), max_rows=PAIRS_A_LENGTH), requests)]
    wanted = [tuple(pair.target) for pair in pairs]
    return Score(
        exact=sum(a == b for a, b in zip(given, wanted, strict=True)) / len(pairs),
        symbols=sum(agreeing(a, b) for a, b in zip(given, wanted, strict=True)) / (length * len(pairs)),
    )


def agreeing(given: Sequence[int], wanted: Sequence[int]) -> int:
    return sum(a == b for a, b in zip(given, wanted, strict=False))


def table(scores: dict[str, list[Score]]) -> str:
    """Exact match and, in brackets, right symbols, in per cent."""
    width = max(map(len, scores))
    lines = [f"{'length':{width}}" + "".join(f"{length:>11}" for length in LENGTHS)]
    for name, of_lengths in scores.items():
        cells = "".join(f"{each.exact:>5.0%} ({each.symbols:>3.0%})".rjust(11) for each in of_lengths)
        lines.append(f"{name:{width}}{cells}")
    return "\n".join(["exact match (right symbols) on unseen sequences", "", *lines])


def draw(scores: dict[str, list[Score]]) -> None:
    figure, axes = pyplot.subplots(1, 2, figsize=(10, 4), sharey=True, layout="constrained")
    for variant in VARIANTS:
        style = {"color": variant.colour, "marker": variant.marker, "linewidth": 2, "label": variant.name}
        axes[0].plot(LENGTHS, [each.exact for each in scores[variant.name]], **style)
        axes[1].plot(LENGTHS, [each.symbols for each in scores[variant.name]], **style)
    for axis, title in zip(axes, ("Whole sequences copied right", "Symbols copied right"), strict=True):
        axis.set_title(title)
        axis.set_xlabel("length of the source")
        axis.set_xticks(LENGTHS)
        axis.grid(alpha=0.3)
        axis.spines[["top", "right"]].set_visible(False)
    axes[0].yaxis.set_major_formatter(lambda share, _: f"{share:.0%}")
    axes[0].set_ylabel("share of unseen sequences")
    figure.legend(*axes[0].get_legend_handles_labels(), loc="outside lower center", ncols=3, frameon=False)
    PICTURE.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(PICTURE, dpi=150)


if __name__ == "__main__":
    main()
