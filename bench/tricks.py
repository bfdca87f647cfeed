"""What each trick of the training step brings here, measured one by one: the step as it is against the step without it.

    python bench/tricks.py                   # the Transformer of bench/training.py on made-up sentences; two minutes
    python bench/tricks.py --rounds 20
    python bench/tricks.py --quality MULTI30K --seeds 3 --steps 400      # what all of them together cost in BLEU

All variants learn from the same batches in turns, a step each, in one process; the table shows the median of the ratios
of a step's time without the trick to its time with it, and the middle half of them. The quality is that of the recipe
`translation` after so many steps on the validation pairs, greedily, with all tricks and without any, seed by seed.
"""

import argparse
import json
import math
import statistics
import tempfile
import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from math import inf
from pathlib import Path
from typing import Any
from unittest.mock import patch

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

import seqloom
from seqloom.core import settings
from seqloom.core.specials import Specials
from seqloom.data.batches import BatchStream
from seqloom.data.corpus import Corpus
from seqloom.data.epoch import BatchSettings
from seqloom.data.numbered import TARGET, TEXT, Numbered
from seqloom.models.heads import generator
from seqloom.nn import chance
from seqloom.nn.contracts import Batch, Scored
from seqloom.training import loop, pieces
from seqloom.training.loop import Learner
from seqloom.workflow.recipe import Recipe

VOCABULARY = Specials(size=8000, pad=0, unk=1, bos=2, eos=3)
LAYERS = {"kind": "transformer", "layers": 3, "width": 256, "heads": 4, "feed_forward": 1024, "dropout": 0.3}
RECIPE = {
    "data": {"joint": True},
    "model": {"tie": "all", "source": {"width": 256}, "target": {"width": 256}, "encoder": LAYERS, "decoder": LAYERS},
    "training": {"steps": 1000, "warmup": 1, "rate": 1e-4, "smoothing": 0.1, "optimizer": {"kind": "adam"}},
}
TOKENS = 4096
SHORT = {
    "training.epochs": 0.0,
    "training.warmup": 100,
    "training.optimizer.kind": "muon",
    "data.batches.tokens": 1024,
    "evaluation.pairs": 1,
    "answers.beam": 1,
}
"""Of a training that comes far in a few hundred steps."""


@dataclass(frozen=True, kw_only=True)
class Trick:
    name: str
    undone: Callable[[], Any] = ExitStack
    """While open, the step does without it."""
    team: pieces.Team | None = None
    """What computes the pieces without it, where it is about them."""


def sentences(number: int) -> Corpus:
    """Ids at random, in lengths like those of captions."""
    dice = np.random.default_rng(1)

    def one(length: int) -> list[int]:
        ids: list[int] = dice.integers(4, VOCABULARY.size, length).tolist()
        return ids

    lengths = np.clip(dice.normal(14, 4, number), 4, 40).astype(int)
    others = np.clip(lengths + dice.normal(0, 2, number), 4, 40).astype(int)
    return Corpus.of(
        [
            Numbered(columns={TEXT: [*one(here), 3], TARGET: one(there)})
            for here, there in zip(lengths, others, strict=True)
        ]
    )


def written_out(logits_PV: Tensor, target_P: Tensor, *, never: int) -> Scored:
    """The loss with all log-probabilities, as one would write it."""
    never_V = torch.arange(logits_PV.shape[1]) == never
    logp_PV = logits_PV.masked_fill(never_V, float("-inf")).log_softmax(-1)
    total_P = logp_PV.masked_fill(never_V, 0.0).sum(-1)
    return Scored(
        logp_P=logp_PV.gather(-1, target_P[:, None]).squeeze(-1), mean_logp_P=total_P / (logp_PV.shape[1] - 1)
    )


def torch_s_dropout(x: Tensor, rate: float, *, training: bool = True) -> Tensor:
    return functional.dropout(x, rate, training)


TRICKS = (
    Trick(name="pieces side by side, a thread each", team=pieces.Team(1)),
    Trick(
        name="pieces at all: one pass over the batch, its operators shared by the threads",
        team=pieces.Team(1, most=inf),
    ),
    Trick(name="dropout from four draws at once", undone=lambda: patch.object(chance, "dropout", torch_s_dropout)),
    Trick(
        name="the loss without log-probabilities", undone=lambda: patch.object(generator, "score_targets", written_out)
    ),
)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=8)
    parser.add_argument("--quality", type=Path, metavar="MULTI30K", help="compare BLEU, not speed")
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--steps", type=int, default=400)
    asked = parser.parse_args()
    if asked.quality:
        compare_quality(asked.quality, seeds=asked.seeds, steps=asked.steps)
    else:
        compare_speed(asked.rounds)


def compare_quality(data: Path, *, seeds: int, steps: int) -> None:
    print("| seed | BLEU as it is | without any trick | difference |\n|---|---|---|---|")
    differences = []
    for seed in range(1, seeds + 1):
        here = bleu(data, seed=seed, steps=steps)
        with ExitStack() as undone:
            for trick in TRICKS:
                undone.enter_context(trick.undone())
            undone.enter_context(patch.object(loop, "team_for", lambda *_, **__: pieces.Team(1, most=inf)))
            without = bleu(data, seed=seed, steps=steps)
        differences.append(here - without)
        print(f"| {seed} | {here:.2f} | {without:.2f} | {differences[-1]:+.2f} |", flush=True)
    spread = statistics.stdev(differences) if seeds > 1 else math.nan
    print(f"| mean | | | {statistics.mean(differences):+.2f} ± {spread:.2f} (standard deviation) |")


def bleu(data: Path, *, seed: int, steps: int) -> float:
    with tempfile.TemporaryDirectory() as folder:
        seqloom.train(
            "translation",
            train=f"{data / 'train.de'},{data / 'train.en'}",
            valid=f"{data / 'val.de'},{data / 'val.en'}",
            out=Path(folder) / "model",
            set={"training.seed": seed, "training.steps": steps, "training.validate_every": steps, **SHORT},
            device="cpu",
            verbose=False,
        )
        kept = json.loads((Path(folder) / "model" / "metrics.json").read_text("utf-8"))
    return float(kept["scores"]["validation"]["scores"]["bleu"]["value"])


def compare_speed(rounds: int) -> None:
    recipe = settings.parse(Recipe, RECIPE)
    stream = BatchStream([sentences(6000)], BatchSettings(tokens=TOKENS), vocabulary=VOCABULARY, seed=1)
    torch.manual_seed(1)
    learner = Learner(recipe.model.build(source=VOCABULARY, target=VOCABULARY), recipe.training)
    team = learner.team

    def seconds(batch: Batch, trick: Trick | None) -> float:
        learner.team = (trick and trick.team) or team
        with ExitStack() if trick is None else trick.undone():
            begun = time.perf_counter()
            learner.learn([batch], step=1, rate=1e-4)
            return time.perf_counter() - begun

    for trick in (None, *TRICKS):
        seconds(next(stream), trick)  # memory is found
    ratios: dict[str, list[float]] = {trick.name: [] for trick in TRICKS}
    speeds = []
    for _ in range(rounds):
        batch = next(stream)
        for trick in TRICKS:
            plain = seconds(batch, None)
            speeds.append(int(batch.keep_BT.sum()) / plain)
            ratios[trick.name].append(seconds(batch, trick) / plain)
    print(f"{statistics.median(speeds):,.0f} target tokens/s as it is, on {team.size} threads\n")
    print("| without | takes so many times as long | middle half |\n|---|---|---|")
    for name, found in ratios.items():
        low, middle, high = np.quantile(found, [0.25, 0.5, 0.75])
        print(f"| {name} | {middle:.2f} | {low:.2f}-{high:.2f} |")


if __name__ == "__main__":
    main()
