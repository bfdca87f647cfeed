"""A trained model as its user meets it: it answers, is measured, scores pairs and is saved."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import Any, Unpack

import torch

from seqloom.core.devices import DeviceName, pick_device
from seqloom.core.errors import DataError
from seqloom.data.batches import make_batch
from seqloom.data.cleaning import Cleaner
from seqloom.data.ledger import Ledger
from seqloom.data.numbering import Numbering
from seqloom.data.rows import Row
from seqloom.decoding.request import Pair, Source
from seqloom.decoding.search import Search
from seqloom.models.encoder_decoder import EncoderDecoder
from seqloom.models.stepper import ModelStepper
from seqloom.workflow.answering import Answerer, Asked, Asking, Feed, Ready, asking_of
from seqloom.workflow.answers import Answer, Attention, PairScore, confidence_of
from seqloom.workflow.evaluating import Report, gather, report_on
from seqloom.workflow.folder import begin_folder, open_folder, put_metrics, put_weights
from seqloom.workflow.recipe import Recipe
from seqloom.workflow.rows import Pairs, rows_of
from seqloom.workflow.summary import summary_of

__all__ = ["Model", "load"]

_ROWS = 64
"""Sources that are searched side by side; each has its beam."""
_SCORED = 256


class Model:
    """What ``seqloom.train`` and ``seqloom.load`` give back."""

    def __init__(
        self,
        recipe: Recipe,
        numbering: Numbering,
        network: EncoderDecoder,
        *,
        longest_source: int = 0,
        metrics: Mapping[str, Any] | None = None,
    ) -> None:
        self.recipe = recipe
        self.numbering = numbering
        self.network = network.eval()
        self.longest_source = longest_source
        """Tokens; a longer source is answered in parts. 0: any length is answered whole."""
        self.metrics: Mapping[str, Any] = metrics or {}

    # ---- answering ---------------------------------------------------------------------------------------------------

    def predict(self, sources: str | Iterable[str], **how: Unpack[Asked]) -> list[Answer]:
        """The answers, in the order of the sources. ``how`` is any field of ``Asking``: beam, nbest, sample, seed …"""
        texts = [sources] if isinstance(sources, str) else [*sources]
        for text in texts:
            if not isinstance(text, str):
                raise DataError(f"a source must be a string, but one is {type(text).__name__}: {text!r:.60}.")
        return [*self.answers(Ready(texts), asking_of(**how))]

    def answers(self, feed: Feed, asking: Asking | None = None) -> Iterator[Answer]:
        """The same for sources that come one after the other; each answer as soon as those before it are there."""
        asking = asking or Asking()
        beam = asking.nbest if asking.sample else max(asking.beam or self.recipe.answers.beam, asking.nbest)
        stepper = ModelStepper(self.network)
        answerer = Answerer(
            Search(stepper, max_rows=_ROWS * beam, device=self.device),
            self.numbering,
            self.recipe.answers,
            longest_source=self.longest_source,
            looks=self._look,
        )
        cleaned = _Cleaned(feed, self._cleaner)
        for answer in answerer.answer(cleaned, asking):
            yield replace(answer, source=cleaned.original())

    @torch.inference_mode()
    def _look(self, source: Source, tokens: Sequence[int]) -> Attention | None:
        """The tokens are said once more in one call, and the decoder shows where it looks."""
        batch = make_batch([Pair(source=source, target=tokens)], vocabulary=self.network.vocabulary, device=self.device)
        state = self.network.decoder.start(self.network.encode(batch.source), attention="one")
        attention_NTS = self.network.decoder(batch.inputs_BT, state).attention_NTS
        return None if attention_NTS is None else tuple(map(tuple, attention_NTS[0].tolist()))

    # ---- measuring ---------------------------------------------------------------------------------------------------

    def evaluate(self, pairs: Pairs, **how: Unpack[Asked]) -> Report:
        """Scores on a file or on pairs, answered as ``how`` or the recipe's `answers` say."""
        tested = gather(self.rows(pairs), one_source=self.recipe.evaluation.one_source)
        return self.report(tested, asking_of(**how))

    def report(self, tested: Sequence[Any], asking: Asking, *, samples: int = 1000) -> Report:
        begun = time.perf_counter()
        answers = [*self.answers(Ready(each.source for each in tested), asking)]
        seconds = time.perf_counter() - begun
        beam = asking.beam or self.recipe.answers.beam
        searched = f"sampled with seed {asking.seed}" if asking.sample else ("greedy" if beam == 1 else f"beam {beam}")
        return report_on(tested, answers, self.recipe.evaluation, searched=searched, seconds=seconds, samples=samples)

    def score(self, pairs: Pairs) -> list[PairScore]:
        """The log-probability and confidence of given pairs, the first target of each."""
        return [*self.scores(self.rows(pairs))]

    def scores(self, rows: Iterable[Row]) -> Iterator[PairScore]:
        engine = Search(ModelStepper(self.network), max_rows=_SCORED, device=self.device)
        waiting: list[Row] = []
        for row in rows:
            if not row.targets:
                raise DataError(f"{row.file}:{row.line}: expected a source and a target, found a source alone.")
            waiting.append(row)
            if len(waiting) == _SCORED:
                yield from self._scored(engine, waiting)
                waiting = []
        yield from self._scored(engine, waiting)

    def _scored(self, engine: Search, rows: Sequence[Row]) -> Iterator[PairScore]:
        if not rows:
            return
        cleaned = [
            replace(row, source=self._cleaner.source(row.source), targets=(self._cleaner.target(row.targets[0]),))
            for row in rows
        ]
        for row in cleaned:
            if not row.source.strip():
                raise DataError(f"{row.file}:{row.line}: the source is empty. Give one, or delete the line.")
        numbered = [self._pair(row) for row in cleaned]
        scores = engine.score([pair for pair, _ in numbered])
        for row, (pair, own_words), scored in zip(rows, numbered, scores, strict=True):
            yield PairScore(
                source=row.source,
                target=row.targets[0],
                logp=scored.logp,
                confidence=confidence_of(scored.token_logps),
                tokens=tuple(self.numbering.show(pair.target, own_words)),
                token_logps=scored.token_logps,
            )

    def _pair(self, row: Row) -> tuple[Pair, tuple[str, ...]]:
        source, own_words = self.numbering.source(row.source)
        return Pair(source=source, target=self.numbering.target(row.targets[0], own_words)), own_words

    def rows(self, pairs: Pairs) -> Iterator[Row]:
        """The rows of a file or of pairs, read as the recipe reads its data."""
        return Ledger(on_bad_line=self.recipe.data.on_bad_line).rows(rows_of(pairs, self.recipe))

    # ---- the rest ----------------------------------------------------------------------------------------------------

    def summary(self) -> str:
        """The parts, and how many parameters each has."""
        return summary_of(self.network)

    def save(self, folder: str | Path) -> None:
        """Write a model folder that stands alone."""
        path = Path(folder)
        begin_folder(path, self.recipe, self.numbering, longest_source=self.longest_source, seen={}, trained={})
        put_weights(path, self.network)
        put_metrics(path, self.metrics)

    def to(self, device: DeviceName) -> Model:
        self.network.to(pick_device(device))
        return self

    @property
    def device(self) -> torch.device:
        return next(self.network.parameters()).device

    @cached_property
    def _cleaner(self) -> Cleaner:
        return Cleaner(self.recipe.data.cleaning, Ledger())


class _Cleaned:
    """A feed whose texts are cleaned as those were that the model learnt from; it keeps what they were."""

    def __init__(self, feed: Feed, cleaner: Cleaner) -> None:
        self._feed = feed
        self._cleaner = cleaner
        self._originals: deque[str] = deque()

    def take(self, most: int, *, wait: bool) -> list[str] | None:
        texts = self._feed.take(most, wait=wait)
        if texts is None:
            return None
        self._originals.extend(texts)
        return [self._cleaner.source(text) for text in texts]

    def original(self) -> str:
        """The next text as it came."""
        return self._originals.popleft()


def load(folder: str | Path, *, device: DeviceName = "cpu", trust: Iterable[str] | None = ()) -> Model:
    """Read a model folder. ``trust`` names the packages whose parts a model from elsewhere may run; None trusts all."""
    opened = open_folder(Path(folder), trust=None if trust is None else frozenset(trust))
    model = Model(
        opened.recipe,
        opened.numbering,
        opened.model,
        longest_source=opened.manifest["longest_source"],
        metrics=opened.metrics,
    )
    return model.to(device)
