"""One call of ``fit``: batches of so many pairs, epochs, and what became of each."""

from __future__ import annotations

import random
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

from rich.console import Console

from seqloom.core.errors import DataError, RecipeError, TrainingError
from seqloom.core.logging import logger
from seqloom.data.batches import make_batch
from seqloom.data.cleaning import Cleaner
from seqloom.data.ledger import Ledger
from seqloom.data.numbered import Numbered
from seqloom.data.numbering import Numbering
from seqloom.data.rows import Row
from seqloom.data.settings import DataSettings
from seqloom.decoding.request import Pair, Source
from seqloom.models.encoder_decoder import EncoderDecoder
from seqloom.nn.contracts import Batch
from seqloom.training.budget import make_plan
from seqloom.training.checkpoints import has_checkpoints
from seqloom.training.events import Event, Recovered, Stepped, Stopped, Validated
from seqloom.training.run import run
from seqloom.training.streams import RepeatedBatches
from seqloom.training.trainer import Trainer
from seqloom.training.validation import Validate, Validation
from seqloom.workflow.asking import quick
from seqloom.workflow.evaluating import gather
from seqloom.workflow.model import Model
from seqloom.workflow.recipe import Recipe
from seqloom.workflow.sequences import Sequences, read_pair_of_sequences

__all__ = ["History", "batches_of_pairs", "clean_rows", "divided", "fitted", "validating"]

History = dict[str, list[float]]
"""A number an epoch, by what it is: "loss", and each score of a validation."""

_POOL = 50
"""Batches among whose pairs those of like length are brought together."""


def clean_rows(source: Sequences, target: Sequences) -> list[Row]:
    """The pairs, clean; those of which a side is empty are left out, with a line in the log."""
    given = (
        Row(source=one, targets=(other,), file="the pairs given", line=number)
        for number, (one, other) in enumerate(zip(source.texts, target.texts, strict=True), start=1)
    )
    rows = [*Cleaner(DataSettings().cleaning, Ledger()).rows(given)]
    if not rows:
        raise DataError("there is nothing to learn from: of every pair a side is empty. Look at what was given.")
    if missing := len(source.texts) - len(rows):
        logger.warning("%d of %d pairs are left out: one of their sides is empty.", missing, len(source.texts))
    return rows


def divided(
    rows: Sequence[Row], validation: object | None, share: float, *, seed: int, padding: int | None
) -> tuple[list[Row], list[Row]]:
    """What is learnt from, and what the best is chosen on: pairs given for that, or a share of the rows."""
    if validation is not None:
        if share:
            raise RecipeError("`validation_share` must be 0 with `validation`, which says what to choose on.")
        given = validation if isinstance(validation, tuple) and len(validation) == 2 else (validation, None)
        return [*rows], clean_rows(*read_pair_of_sequences(*given, padding=padding))
    number = min(len(rows) - 1, max(1, round(share * len(rows)))) if share else 0
    chosen = set(random.Random(seed).sample(range(len(rows)), number))
    learnt = [row for place, row in enumerate(rows) if place not in chosen]
    return learnt, [rows[place] for place in sorted(chosen)]


def batches_of_pairs(rows: Sequence[Row], numbering: Numbering, *, size: int, seed: int) -> RepeatedBatches:
    """Every pair once an epoch, ``size`` a batch, in an order that is the epoch's own."""
    left_out: Counter[str] = Counter()
    numbered = [*numbering.pairs(rows, count=lambda what, number: left_out.update({what: number}))]
    for what, number in left_out.items():
        logger.warning("%d %s.", number, what)

    def make(epoch: int) -> Iterator[Batch]:
        dice = random.Random(f"{seed} {epoch}")
        pairs = numbering.again(numbered, seed=dice.getrandbits(32)) if numbering.samples else numbered
        for places in _orders(pairs, size=size, dice=dice):
            yield make_batch([_pair(pairs[place]) for place in places], vocabulary=numbering.target_vocabulary)

    return RepeatedBatches(make, batches_per_epoch=-(-len(numbered) // size))


def _pair(numbered: Numbered) -> Pair:
    return Pair(source=Source(parts=numbered.parts, copy=numbered.copy), target=numbered.target)


def _orders(pairs: Sequence[Numbered], *, size: int, dice: random.Random) -> Iterator[Sequence[int]]:
    """Batches as places of their pairs: at random, but sorted by length within pools, so that little is padding."""
    places = [*range(len(pairs))]
    dice.shuffle(places)
    batches: list[Sequence[int]] = []
    for first in range(0, len(places), size * _POOL):
        pool = places[first : first + size * _POOL]
        pool.sort(key=lambda place: (len(pairs[place].text), len(pairs[place].target)))
        batches += [pool[start : start + size] for start in range(0, len(pool), size)]
    dice.shuffle(batches)
    return iter(batches)


def validating(recipe: Recipe, numbering: Numbering, rows: Sequence[Row]) -> Validate:
    """A score by real decoding, on pairs spread evenly over those given."""
    tested = gather(rows, recipe)
    most = recipe.evaluation.pairs or len(tested)
    chosen = tested[:: max(1, -(-len(tested) // most))]

    def validate(network: EncoderDecoder) -> Validation:
        asking = quick(recipe.answers, beam=recipe.evaluation.beam)
        report = Model(recipe, numbering, network).report(chosen, asking, samples=0)
        first = report.scores[0]
        return Validation(score=first.value, higher_is_better=first.higher_is_better, scores=report.numbers)

    return validate


def fitted(trainer: Trainer, *, validate: Validate | None, out: Path | None, verbose: bool) -> History:
    """Train to the end of the plan; the model has its final weights then. ``out`` keeps the log and checkpoints."""
    if out is not None and has_checkpoints(out):
        raise TrainingError(f"{out}: holds a run already. Choose another `out`.")
    trainer.plan = plan = make_plan(trainer, validate=validate)
    if validate is None:  # then a milestone is only what is gone back to when the loss is lost
        trainer.plan = replace(plan, validate_every=max(plan.validate_every, -(-plan.steps // _MILESTONES)))
    console = Console(stderr=True, highlight=False, markup=False, soft_wrap=True, quiet=not verbose)
    with TemporaryDirectory(prefix="seqloom-") as beside:
        events = run(trainer, Path(beside) if out is None else out, validate=validate)
        return _told(events, trainer, validated=validate is not None, tell=console.print)


_MILESTONES = 10
_EVERY = 1.0
"""Seconds between two lines: short epochs are not all told of."""


def _told(events: Iterable[Event], trainer: Trainer, *, validated: bool, tell: Callable[[str], None]) -> History:
    """What each epoch came to, told in a line unless the last one was just now."""
    assert trainer.plan is not None
    every, last = trainer.stream.batches_per_epoch, trainer.plan.steps
    history: History = {"loss": []}
    total, tokens = 0.0, 0
    begun = told = time.monotonic()
    for event in events:
        match event:
            case Stepped(progress=progress):
                total, tokens = total + progress.loss * progress.tokens, tokens + progress.tokens
            case Validated(validation=validation):
                for name, value in validation.scores.items():
                    history.setdefault(name, []).append(value)
            case Recovered():
                tell(f"step {event.step:,}: {event.what} Back to step {event.restored:,}, at a lower rate.")
            case Stopped(reason="patience"):
                tell(f"no better for a while, so it ended at step {event.step:,}")
            case Stopped(reason="interrupted"):
                tell(f"interrupted at step {event.step:,}; the model is as it was then")
        ends = isinstance(event, Stepped | Recovered) and (trainer.step % every == 0 or trainer.step == last)
        if ends:
            history["loss"].append(total / tokens if tokens else float("nan"))
            total, tokens = 0.0, 0
        over = isinstance(event, Validated) if validated else ends
        now = time.monotonic()
        if over and (now - told >= _EVERY or trainer.step == last):
            told = now
            figures = "  ".join(f"{name.replace('_', ' ')} {values[-1]:.4g}" for name, values in history.items())
            tell(f"epoch {trainer.stream.epoch:.3g}  {figures}  {now - begun:.0f} s")
    return history
