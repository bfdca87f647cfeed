"""Why gates exist: how much of the gradient reaches an input, by how far back it lies.

    python bench/why_gates.py                # prints the tables, draws docs/pictures/why_gates.png

The task is to remember: one of 50 symbols is marked, and after the last one the model says which it was. The first two
panels show the norm of the gradient of the last state, along one direction, with respect to the marked input: before
and after training, with and without clipping. Clipping shortens a gradient and keeps its direction, so it does not
bring back what vanished on the way; the third panel shows what it is for, in a recurrence whose gradient grows with
every step.
"""

import math
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import torch
from matplotlib import pyplot
from matplotlib.axes import Axes
from torch import Tensor, nn
from torch.nn import functional

from seqloom.core.seeding import seed_everything
from seqloom.models.encoders import EncoderSettings, RecurrentEncoderSettings, TransformerEncoderSettings
from seqloom.nn.memory import Memory, MemoryShape

PICTURE = Path(__file__).parents[1] / "docs/pictures/why_gates.png"
WIDTH, SYMBOLS, LENGTH, ROWS = 64, 8, 50, 64
DISTANCES = range(0, LENGTH, 7)
AFAR = 21
STEPS, CLIP = 300, 1.0
STEEP, STEEP_STEPS, STEEP_RATE = 1.05, 100, 0.02


@dataclass(frozen=True, kw_only=True)
class Variant:
    """One line; the colours are told apart without colour vision too (Okabe & Ito)."""

    name: str
    encoder: EncoderSettings
    colour: str
    marker: str
    rate: float = 3e-3


VARIANTS = (
    Variant(
        name="tanh",
        encoder=RecurrentEncoderSettings(cell="tanh", width=WIDTH, bidirectional=False),
        colour="#D55E00",
        marker="^",
    ),
    Variant(
        name="LSTM",
        encoder=RecurrentEncoderSettings(cell="lstm", width=WIDTH, bidirectional=False),
        colour="#E69F00",
        marker="s",
    ),
    Variant(
        name="GRU",
        encoder=RecurrentEncoderSettings(cell="gru", width=WIDTH, bidirectional=False),
        colour="#009E73",
        marker="D",
    ),
    Variant(
        name="Transformer",
        encoder=TransformerEncoderSettings(layers=2, width=WIDTH, feed_forward=2 * WIDTH, dropout=0.0),
        colour="#0072B2",
        marker="o",
        rate=1e-3,
    ),
)
EXPLODING = RecurrentEncoderSettings(cell="linear", width=WIDTH, bidirectional=False)


class Recall(nn.Module):
    """Reads the symbols, and says from the last state which one was marked."""

    def __init__(self, encoder: EncoderSettings) -> None:
        super().__init__()
        self.embedding = nn.Embedding(2 * SYMBOLS, WIDTH)  # each symbol, and each symbol marked
        self.encoder = encoder.build(memory=MemoryShape(width=WIDTH))
        self.out = nn.Linear(WIDTH, SYMBOLS)

    def last(self, embedded_BSD: Tensor) -> Tensor:
        mask_BS = torch.ones(embedded_BSD.shape[:2], dtype=torch.bool)
        return self.encoder(Memory(states_BSD=embedded_BSD, mask_BS=mask_BS)).states_BSD[:, -1]

    def forward(self, ids_BS: Tensor) -> Tensor:
        scores_BV: Tensor = self.out(self.last(self.embedding(ids_BS)))
        return scores_BV


@dataclass(frozen=True, kw_only=True)
class Curve:
    """By distance: the gradient's norm, and the share of marked symbols that are recalled."""

    norms: list[float]
    recalled: list[float]

    @property
    def recalled_from_afar(self) -> float:
        afar = [share for distance, share in zip(DISTANCES, self.recalled, strict=True) if distance >= AFAR]
        return sum(afar) / len(afar)


def main() -> None:
    torch.set_num_threads(1)  # so small a model is fastest on one
    begun = time.perf_counter()
    before = {variant.name: curve(fresh(variant.encoder)) for variant in VARIANTS}
    after = {clip: {variant.name: curve(trained(variant, clip=clip)) for variant in VARIANTS} for clip in (CLIP, None)}
    steep = {clip: list(descend(clip=clip)) for clip in (CLIP, None)}
    print(table("before training", before))
    print(table(f"after {STEPS} steps, clipped at {CLIP:g}", after[CLIP]))
    print(table(f"after {STEPS} steps, not clipped", after[None]))
    print(steep_table(steep))
    draw(before, after, steep)
    print(f"\n{time.perf_counter() - begun:.0f} s, drawn in {PICTURE.name}.")


# ---- measure ---------------------------------------------------------------------------------------------------------


def fresh(encoder: EncoderSettings) -> Recall:
    seed_everything(1)
    return Recall(encoder)


def batches(distances: Callable[[torch.Generator], Tensor], *, seed: int) -> Iterator[tuple[Tensor, Tensor]]:
    """Symbols of which the one at that distance from the last is marked, and which it is."""
    dice = torch.Generator().manual_seed(seed)
    rows_B = torch.arange(ROWS)
    while True:
        ids_BS = torch.randint(SYMBOLS, (ROWS, LENGTH), generator=dice)
        place_B = LENGTH - 1 - distances(dice)
        answer_B = ids_BS[rows_B, place_B]
        ids_BS[rows_B, place_B] += SYMBOLS
        yield ids_BS, answer_B


def anywhere(dice: torch.Generator) -> Tensor:
    return torch.randint(LENGTH, (ROWS,), generator=dice)


def at(distance: int) -> Callable[[torch.Generator], Tensor]:
    return lambda _: torch.full((ROWS,), distance)


def trained(variant: Variant, *, clip: float | None) -> Recall:
    model = fresh(variant.encoder)
    optimizer = torch.optim.Adam(model.parameters(), lr=variant.rate, fused=True)
    for ids_BS, answer_B in islice(batches(anywhere, seed=1), STEPS):
        step(model, optimizer, ids_BS, answer_B, clip=clip)
    return model


def step(
    model: Recall, optimizer: torch.optim.Optimizer, ids_BS: Tensor, answer_B: Tensor, *, clip: float | None
) -> tuple[float, float]:
    """The loss, and the gradient's norm before it was clipped."""
    optimizer.zero_grad()
    loss = functional.cross_entropy(model(ids_BS), answer_B)
    loss.backward()
    norm = nn.utils.clip_grad_norm_(model.parameters(), float("inf") if clip is None else clip)
    optimizer.step()
    return loss.item(), norm.item()


def curve(model: Recall) -> Curve:
    norms, recalled = [], []
    for distance in DISTANCES:
        ids_BS, answer_B = next(batches(at(distance), seed=2))
        embedded_BSD = model.embedding(ids_BS).detach().requires_grad_()
        last_BD = model.last(embedded_BSD)
        direction_D = functional.normalize(torch.randn(WIDTH, generator=torch.Generator().manual_seed(3)), dim=0)
        (gradient_BSD,) = torch.autograd.grad((last_BD @ direction_D).sum(), embedded_BSD)
        norms.append(gradient_BSD[:, LENGTH - 1 - distance].norm(dim=-1).mean().item())
        recalled.append((model.out(last_BD).argmax(-1) == answer_B).float().mean().item())
    return Curve(norms=norms, recalled=recalled)


def descend(*, clip: float | None) -> Iterator[tuple[float, float]]:
    """Loss and gradient's norm at each step of plain gradient descent on a linear recurrence that grows."""
    model = fresh(EXPLODING)
    with torch.no_grad():
        for name, weight in model.named_parameters():
            if name.endswith("cell.hidden.weight"):
                weight.mul_(STEEP)
    optimizer = torch.optim.SGD(model.parameters(), lr=STEEP_RATE)
    for ids_BS, answer_B in islice(batches(anywhere, seed=1), STEEP_STEPS):
        yield step(model, optimizer, ids_BS, answer_B, clip=clip)


# ---- tell ------------------------------------------------------------------------------------------------------------


def table(title: str, curves: dict[str, Curve]) -> str:
    lines = [f"\n{title}: the gradient's norm (recalled)", ""]
    lines.append(f"{'distance':12}" + "".join(f"{distance:>16}" for distance in DISTANCES))
    for name, of in curves.items():
        cells = (f"{norm:.1e} ({share:.0%})" for norm, share in zip(of.norms, of.recalled, strict=True))
        lines.append(f"{name:12}" + "".join(f"{cell:>16}" for cell in cells))
    return "\n".join(lines)


def steep_table(steep: dict[float | None, list[tuple[float, float]]]) -> str:
    lines = [f"\nlinear recurrence × {STEEP:g}: loss (gradient's norm before clipping)", ""]
    shown = (0, 1, 2, 3, 10, 30, STEEP_STEPS - 1)
    lines.append(f"{'step':12}" + "".join(f"{number + 1:>20}" for number in shown))
    for clip, steps in steep.items():
        cells = (f"{steps[number][0]:.2e} ({steps[number][1]:.1e})" for number in shown)
        lines.append(
            f"{'not clipped' if clip is None else f'clipped at {clip:g}':12}" + "".join(f"{each:>20}" for each in cells)
        )
    return "\n".join(lines)


def draw(
    before: dict[str, Curve],
    after: dict[float | None, dict[str, Curve]],
    steep: dict[float | None, list[tuple[float, float]]],
) -> None:
    figure, (first, second, third) = pyplot.subplots(1, 3, figsize=(14, 4.6), layout="constrained")
    second.sharey(first)
    for variant in VARIANTS:
        style = {"color": variant.colour, "marker": variant.marker, "linewidth": 2}
        clipped, free = after[CLIP][variant.name], after[None][variant.name]
        first.plot(DISTANCES, before[variant.name].norms, label=variant.name, **style)
        second.plot(DISTANCES, clipped.norms, label=f"{variant.name}: {clipped.recalled_from_afar:.0%}", **style)
        second.plot(DISTANCES, free.norms, **style | {"linestyle": ":", "markerfacecolor": "white"})
    for axis, title in ((first, "Before training"), (second, f"After {STEPS} steps (dotted: not clipped)")):
        axis.set_title(title)
        axis.set_yscale("log")
        axis.set_xlabel("how many steps back the input lies")
    first.set_ylabel("norm of the last state's gradient")
    first.legend(loc="lower left", frameon=False)
    title = f"recalled from {AFAR} steps back\nand more (chance: {1 / SYMBOLS:.0%})"
    second.legend(loc="lower left", frameon=False, title=title, alignment="left")
    draw_steep(third, steep)
    for axis in (first, second, third):
        axis.grid(alpha=0.3)
        axis.spines[["top", "right"]].set_visible(False)
    PICTURE.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(PICTURE, dpi=150)


def draw_steep(axis: Axes, steep: dict[float | None, list[tuple[float, float]]]) -> None:
    steps = range(1, STEEP_STEPS + 1)
    free = [norm for _, norm in steep[None] if math.isfinite(norm)]
    clipped = [norm for _, norm in steep[CLIP]]
    axis.plot(steps[: len(free)], free, color="#D55E00", marker="^", linewidth=2, label="not clipped")
    axis.annotate(
        f"no number any more\nafter step {len(free)}",
        (len(free), free[-1]),
        xytext=(10, 0),
        textcoords="offset points",
        verticalalignment="center",
    )
    axis.plot(steps, clipped, color="#0072B2", linewidth=2, label="clipped: what was computed")
    used = [min(norm, CLIP) for norm in clipped]
    axis.plot(steps, used, color="#0072B2", linewidth=2, linestyle="--", label="clipped: what was used")
    axis.set_title(f"What clipping is for: a linear recurrence × {STEEP:g}")
    axis.set_yscale("log")
    axis.set_xlabel("step of plain gradient descent")
    axis.set_ylabel("norm of the whole gradient")
    axis.legend(loc="lower left", bbox_to_anchor=(0.02, 0.06), frameon=False)


if __name__ == "__main__":
    main()
