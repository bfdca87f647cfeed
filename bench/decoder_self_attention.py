"""What a Transformer decoder's step costs by where it stands: attention to the tokens before, their average, an SSRU.

    python bench/decoder_self_attention.py   # prints the table, draws docs/pictures/decoder_self_attention.png

One decoder a kind, alike but for what its layers know the earlier tokens by (Vaswani et al. 2017; Zhang et al. 2018;
Kim et al. 2019), answers for a batch of hypotheses. The kinds take turns, so that whatever else the machine does falls
on all of them; each figure is the fastest of a few steps from its position on.
"""

import time
from dataclasses import dataclass
from pathlib import Path

import torch
from matplotlib import pyplot

from seqloom.core.specials import Specials
from seqloom.models.decoders import TransformerDecoder, TransformerDecoderSettings
from seqloom.models.decoders.transformer import SelfAttentionSettings
from seqloom.nn.embedding import EmbeddingSettings
from seqloom.nn.memory import Memory, MemoryShape
from seqloom.nn.self_average import AverageSelfSettings
from seqloom.nn.self_cached import AttentionSelfSettings
from seqloom.nn.self_ssru import SsruSelfSettings

PICTURE = Path(__file__).parents[1] / "docs/pictures/decoder_self_attention.png"
LAYERS, WIDTH, HEADS, INNER = 3, 256, 4, 1024
SOURCES, BEAMS, SOURCE_LENGTH, VOCABULARY = 4, 4, 25, 1000
POSITIONS = (10, 50, 100, 250, 500)
STEPS = 12
ROUNDS = 2


@dataclass(frozen=True, kw_only=True)
class Variant:
    """One line of the picture; the colours are told apart without colour vision too (Okabe & Ito)."""

    name: str
    kind: SelfAttentionSettings
    colour: str
    marker: str


VARIANTS = (
    Variant(name="attention", kind=AttentionSelfSettings(), colour="#0072B2", marker="o"),
    Variant(name="average", kind=AverageSelfSettings(), colour="#E69F00", marker="s"),
    Variant(
        name="average, no feed-forward part",
        kind=AverageSelfSettings(feed_forward=False),
        colour="#009E73",
        marker="D",
    ),
    Variant(name="SSRU", kind=SsruSelfSettings(), colour="#D55E00", marker="^"),
)


def main() -> None:
    torch.set_num_threads(1)
    decoders = {variant.name: built(variant) for variant in VARIANTS}
    seconds: dict[str, dict[int, list[float]]] = {name: {position: [] for position in POSITIONS} for name in decoders}
    for _ in range(ROUNDS):
        for position in POSITIONS:
            for name, decoder in decoders.items():
                seconds[name][position] += steps(decoder, position)
    costs = {name: [1000 * min(of_kind[position]) for position in POSITIONS] for name, of_kind in seconds.items()}
    print(table(costs))
    draw(costs)
    print(f"\ndrawn in {PICTURE.name}")


def built(variant: Variant) -> TransformerDecoder:
    torch.manual_seed(1)
    settings = TransformerDecoderSettings(
        layers=LAYERS, width=WIDTH, heads=HEADS, feed_forward=INNER, self_attention=variant.kind
    )
    embedding = EmbeddingSettings(width=WIDTH).build(Specials(size=VOCABULARY))
    return settings.build(memory=MemoryShape(width=WIDTH), embedding=embedding).eval()


@torch.inference_mode()
def steps(decoder: TransformerDecoder, position: int) -> list[float]:
    """Seconds of some steps behind so many tokens, a beam's choice of parents among them."""
    torch.manual_seed(2)
    memory = Memory(
        states_BSD=torch.randn(SOURCES, SOURCE_LENGTH, WIDTH),
        mask_BS=torch.ones(SOURCES, SOURCE_LENGTH, dtype=torch.bool),
    )
    tokens_NT = torch.randint(4, VOCABULARY, (SOURCES * BEAMS, position + STEPS))
    parents_N = torch.arange(SOURCES * BEAMS)
    state = decoder(tokens_NT[:, :position], decoder.start(memory, beams=BEAMS)).state
    taken = []
    for tokens_N1 in tokens_NT[:, position:].split(1, 1):
        begun = time.perf_counter()
        state = decoder(tokens_N1, state).state.reorder(parents_N)
        taken.append(time.perf_counter() - begun)
    return taken[1:]  # the first one makes room for the others


def table(costs: dict[str, list[float]]) -> str:
    """Milliseconds a step; the last column sets the last position against 50."""
    width = max(map(len, costs))
    first = POSITIONS.index(50)
    lines = [f"{'position':{width}}" + "".join(f"{position:>8}" for position in POSITIONS) + f"{'500 : 50':>11}"]
    for name, of_positions in costs.items():
        cells = "".join(f"{cost:>8.2f}" for cost in of_positions)
        lines.append(f"{name:{width}}{cells}{of_positions[-1] / of_positions[first]:>11.2f}")
    return "\n".join([f"milliseconds a step of {SOURCES} sources with {BEAMS} beams", "", *lines])


def draw(costs: dict[str, list[float]]) -> None:
    figure, axis = pyplot.subplots(figsize=(6.5, 4), layout="constrained")
    for variant in VARIANTS:
        axis.plot(
            POSITIONS,
            costs[variant.name],
            color=variant.colour,
            marker=variant.marker,
            linewidth=2,
            label=variant.name,
        )
    axis.set_title("A decoder's step, by where it stands")
    axis.set_xlabel("tokens before it")
    axis.set_ylabel("milliseconds")
    axis.set_ylim(bottom=0)
    axis.grid(alpha=0.3)
    axis.spines[["top", "right"]].set_visible(False)
    figure.legend(loc="outside lower center", ncols=2, frameon=False)
    PICTURE.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(PICTURE, dpi=150)


if __name__ == "__main__":
    main()
