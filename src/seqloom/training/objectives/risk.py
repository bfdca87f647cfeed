"""Minimum risk: the answers that the model itself gives are to be good ones, by a score of whole answers."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Annotated, ClassVar, Literal

import torch
from torch import Tensor, nn

from seqloom.core.settings import Count, Scale, Within
from seqloom.decoding.collate import pad
from seqloom.decoding.request import Finished, Request, Sampling, Source
from seqloom.decoding.search import Search
from seqloom.metrics.sentences import SentenceMetric, sentence_scores
from seqloom.models.encoder_decoder import EncoderDecoder
from seqloom.models.stepper import ModelStepper
from seqloom.nn import chance
from seqloom.nn.contracts import Batch, Loss, Reads, Run
from seqloom.nn.memory import SourceBatch
from seqloom.training.objectives.targets import Targets
from seqloom.training.objectives.weight import WeightSettings

__all__ = ["Risk", "RiskSettings"]

Tokens = tuple[int, ...]


@dataclass(frozen=True, kw_only=True)
class RiskSettings(WeightSettings):
    """The minimum risk."""

    kind: Literal["risk"] = "risk"
    utility: SentenceMetric = "bleu"
    """What makes an answer good: the score of it alone against the target."""
    samples: Annotated[int, Within(ge=2)] = 20
    """Answers drawn for each source; those that are alike count once, and the target is always one more."""
    sharpness: Scale = 0.005
    """α: how much the likelier of them count more; 1 is the model's own distribution among them."""
    length_ratio: Scale = 1.5
    """An answer is drawn to at most so many tokens for each of its target …"""
    length_extra: Count = 5
    """… and these."""

    def build(self, targets: Targets) -> Risk:
        targets.check_tokens(self.kind)
        return Risk(self, targets)


class Risk:
    """Shen et al. 2016, equations 9 and 10: Σ_{y ∈ S} Q(y | x) Δ(y), Q(y | x) = p(y | x)^α / Σ_{y' ∈ S} p(y' | x)^α,

    where Δ is 1 - utility, and S is drawn from the model as it stands, without dropout. The memory is read once: the
    answers of a source are its beams.
    """

    reads: ClassVar[Reads] = "memory"
    alone: ClassVar[bool] = True

    def __init__(self, settings: RiskSettings, targets: Targets) -> None:
        self.settings = settings
        self.targets = targets

    def count(self, batch: Batch) -> Tensor:
        return torch.tensor(len(batch.target_BT))

    def __call__(self, run: Run) -> Loss:
        model = run.model
        assert isinstance(model, EncoderDecoder)
        references = _references(run.batch)
        candidates = [
            list(dict.fromkeys([reference, *drawn]))
            for reference, drawn in zip(references, self._drawn(model, run.batch, references), strict=True)
        ]
        beams = max(map(len, candidates))
        logp_BK = self._logp_BK(run, candidates, beams)
        real_BK = torch.tensor([[place < len(row) for place in range(beams)] for row in candidates]).to(logp_BK.device)
        cost_BK = torch.tensor(self._costs(references, candidates, beams), dtype=logp_BK.dtype, device=logp_BK.device)
        share_BK = (self.settings.sharpness * logp_BK).masked_fill(~real_BK, -math.inf).softmax(-1)
        return Loss(total=(share_BK * cost_BK).sum(), count=self.count(run.batch))

    def _drawn(self, model: EncoderDecoder, batch: Batch, references: Sequence[Tokens]) -> list[list[Tokens]]:
        """The answers drawn for each source."""
        settings, number = self.settings, self.settings.samples
        seeds = chance.seeds(len(references))
        requests = [
            Request(
                id=row,
                source=source,
                beams=number,
                nbest=number,
                search=Sampling(seed=seed),
                max_length=math.ceil(settings.length_ratio * len(reference)) + settings.length_extra,
            )
            for row, (source, seed, reference) in enumerate(zip(_sources(batch.source), seeds, references, strict=True))
        ]
        drawn: list[list[Tokens]] = [[] for _ in requests]
        with _answering(model):
            search = Search(ModelStepper(model), max_rows=number * len(requests), device=batch.target_BT.device)
            search.admit(requests)
            left = len(requests)
            while left:
                for event in search.step():
                    left -= 1
                    # One that fails has the target alone: where the model says what is no number, so does its loss.
                    if isinstance(event, Finished):
                        assert isinstance(event.id, int)
                        drawn[event.id] = [event.answer.tokens, *(each.tokens for each in event.answer.alternatives)]
        return drawn

    def _logp_BK(self, run: Run, candidates: Sequence[Sequence[Tokens]], beams: int) -> Tensor:
        """log p(y | x) of every candidate; those of a source are its beams, the first one again where it has fewer."""
        model, vocabulary = run.model, run.vocabulary
        assert isinstance(model, EncoderDecoder)
        full = [[*row, *([row[0]] * (beams - len(row)))] for row in candidates]
        rows = [[vocabulary.bos, *tokens, vocabulary.eos] for row in full for tokens in row]
        target_NT = pad(rows, fill=vocabulary.pad, device=run.batch.target_BT.device)
        lengths_N = torch.tensor([len(row) - 1 for row in rows], device=target_NT.device)
        keep_NT = torch.arange(target_NT.shape[1] - 1, device=target_NT.device) < lengths_N[:, None]
        state = model.decoder.start(run.memory, beams=beams, attention=model.head.attention)
        output = model.decoder(target_NT[:, :-1], state)
        logp_P = model.head.logp_of(output.pick(keep_NT), run.memory, target_NT[:, 1:][keep_NT])
        row_P = torch.arange(len(rows), device=target_NT.device).repeat_interleave(lengths_N)
        logp_N = logp_P.new_zeros(len(rows)).index_add(0, row_P, logp_P)
        return logp_N.view(-1, beams)

    def _costs(
        self, references: Sequence[Tokens], candidates: Sequence[Sequence[Tokens]], beams: int
    ) -> list[list[float]]:
        """1 - utility of every candidate, 0 where a source has fewer."""
        said = [self.targets.text(tokens) for row in candidates for tokens in row]
        wanted = [
            self.targets.text(reference) for reference, row in zip(references, candidates, strict=True) for _ in row
        ]
        scores = iter(sentence_scores(self.settings.utility, said, wanted))
        return [[1 - next(scores) / 100 if place < len(row) else 0.0 for place in range(beams)] for row in candidates]


def _references(batch: Batch) -> list[Tokens]:
    """The targets without bos and eos."""
    lengths = batch.target_mask_BT.sum(1).tolist()
    return [tuple(row[1 : length - 1]) for row, length in zip(batch.target_BT.tolist(), lengths, strict=True)]


def _sources(source: SourceBatch) -> Iterator[Source]:
    """The rows of a batch of sources, as they were before they were padded."""
    for row in range(len(next(iter(source.parts.values())).mask_BS)):
        text = {name: part.values[row][part.mask_BS[row]] for name, part in source.parts.items()}
        first = next(iter(text.values()))
        yield Source(
            parts=text,
            copy=None if source.copy_BS is None else source.copy_BS[row, : len(first)].tolist(),
            units=None if source.units_BU is None else [unit for unit in source.units_BU[row].tolist() if unit >= 0],
        )


@contextmanager
def _answering(model: nn.Module) -> Iterator[None]:
    """While open, the model is as when it answers."""
    learning = [part for part in model.modules() if part.training]
    model.eval()
    try:
        yield
    finally:
        for part in learning:
            part.training = True
