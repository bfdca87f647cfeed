"""A CTranslate2 model that is asked in numbers: its files know tokens by strings alone. No torch here."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from seqloom.core.errors import DecodingError, MissingExtraError, ModelFolderError
from seqloom.decoding.request import LengthPenalty, Scored
from seqloom.engines.ctranslate2_files import CTranslate2Files

if TYPE_CHECKING:
    import ctranslate2

__all__ = ["CTranslate2Model", "Hypothesis", "Listener", "Way"]

Listener = Callable[[int, int], bool]
"""Told of a source's place in its batch and a token of its answer; True: nobody wants any more of it."""


@dataclass(frozen=True, kw_only=True)
class Way:
    """How sources are searched that share a batch."""

    beams: int
    min_length: int
    length_penalty: LengthPenalty


@dataclass(frozen=True, kw_only=True)
class Hypothesis:
    """What CTranslate2 found, without the end."""

    tokens: tuple[int, ...]
    ended: bool
    """Whether it took the end; otherwise the limit has cut it."""
    logp: float = 0.0
    """Of a beam's: as searched with, which is after what is barred has been left out, and of what was cut without the
    end's."""
    token_logps: tuple[float, ...] | None = None
    """Each one's and the end's, in the model's own words; None: nobody knows them yet."""


class CTranslate2Model:
    """Searches and scores batches. Several threads may ask at a time; each batch is one worker's."""

    def __init__(
        self,
        folder: Path,
        *,
        workers: int,
        threads: int,
        compute_type: str = "default",
        device: str = "cpu",
        shortlist: bool = True,
        patience: float = 2.0,
    ) -> None:
        self.patience = patience
        try:
            import ctranslate2
        except ImportError:
            raise MissingExtraError("the engine CTranslate2", extra="ctranslate2") from None
        self.files = CTranslate2Files.read(folder)
        self._source_words, self._target_words = self.files.tokens(folder)
        self._ids = {word: number for number, word in enumerate(self._target_words)}
        self._shortlist = shortlist and (folder / "vmap.txt").exists()
        try:
            self._translator: ctranslate2.Translator = ctranslate2.Translator(
                str(folder), device=device, compute_type=compute_type, inter_threads=workers, intra_threads=threads
            )
        except (RuntimeError, ValueError) as error:
            raise ModelFolderError(f"{folder} cannot be read by CTranslate2: {error}. Export the model anew.") from None
        target = self.files.target
        self._never = None if target.bos == target.eos else [[self._target_words[target.bos]]]
        """No answer says the beginning again."""

    # ---- search ------------------------------------------------------------------------------------------------------

    def search(
        self, sources: Sequence[Sequence[int]], way: Way, limits: Sequence[int], *, listener: Listener | None = None
    ) -> list[list[Hypothesis]]:
        """For each source what a beam of this width finds, with at most so many tokens.

        A batch has one limit for all: a narrower one is kept to by cutting what a greedy search found, which is the
        same as far as it goes, and by searching anew where a beam has gone on for longer than that.
        """
        widest = max(limits)
        if way.beams == 1:
            greedy = self._frank(sources, widest) if self._may_be_frank(way, listener) else []
            greedy = greedy or [one for [one] in self._search(sources, way, widest, listener)]
            return [[_cut(one, limit)] for one, limit in zip(greedy, limits, strict=True)]
        found = self._search(sources, way, widest, None)
        for limit in sorted({limit for limit in limits if limit < widest}):
            again = [
                place
                for place, own in enumerate(limits)
                if own == limit and any(len(each.tokens) + 1 >= limit for each in found[place])
            ]
            if again:
                anew = self._search([sources[place] for place in again], way, limit, None)
                for place, hypotheses in zip(again, anew, strict=True):
                    found[place] = hypotheses
        return found

    def _may_be_frank(self, way: Way, listener: Listener | None) -> bool:
        """Whether a search where nothing is barred says each token's log-probability as the model has it."""
        return way.min_length == 0 and listener is None and not self._shortlist

    def _frank(self, sources: Sequence[Sequence[int]], limit: int) -> list[Hypothesis]:
        """Greedy search with nothing barred; the few that say the beginning again are searched anew."""
        said: list[list[tuple[int, float]]] = [[] for _ in sources]

        def note(step: Any) -> bool:
            said[step.batch_id].append((step.token_id, step.log_prob))
            return False

        if limit:
            self._translate(sources, beam_size=1, max_decoding_length=limit, return_scores=True, callback=note)
        found: dict[int, Hypothesis] = {}
        for place, each in enumerate(said):
            tokens, logps = tuple(token for token, _ in each), tuple(logp for _, logp in each)
            if self.files.target.bos not in tokens or self._never is None:
                found[place] = self._hypothesis(tokens, token_logps=logps)
        left = [place for place in range(len(sources)) if place not in found]
        if left:
            way = Way(beams=1, min_length=0, length_penalty=LengthPenalty(kind="none"))
            anew = self._search([sources[place] for place in left], way, limit, None)
            found |= {place: one for place, [one] in zip(left, anew, strict=True)}
        return [found[place] for place in range(len(sources))]

    def _search(
        self, sources: Sequence[Sequence[int]], way: Way, limit: int, listener: Listener | None
    ) -> list[list[Hypothesis]]:
        if limit == 0:
            return [[Hypothesis(tokens=(), ended=False)] for _ in sources]
        alpha = _alpha(way)
        results = self._translate(
            sources,
            beam_size=way.beams,
            patience=self.patience,
            # All that it finds: which is best is found by our own penalty.
            num_hypotheses=round(way.beams * self.patience) if way.beams > 1 else 1,
            length_penalty=alpha,
            min_decoding_length=way.min_length,
            max_decoding_length=limit,
            suppress_sequences=self._never,
            return_scores=way.beams > 1,
            use_vmap=self._shortlist,
            callback=None if listener is None else lambda step: listener(step.batch_id, step.token_id),
        )
        ids_of = self._ids.__getitem__
        found = []
        for result in results:
            ids = [tuple(map(ids_of, words)) for words in result.hypotheses]
            scores = result.scores or [0.0] * len(ids)
            found.append(
                [
                    self._hypothesis(each, logp=score * len(each) ** alpha)
                    for each, score in zip(ids, scores, strict=True)
                ]
            )
        return found

    def _translate(self, sources: Sequence[Sequence[int]], **how: Any) -> list[ctranslate2.TranslationResult]:
        """With the end among the tokens, and without its defaults, which shorten sources and lengthen answers."""
        options = {"min_decoding_length": 0, "max_input_length": 0, "return_end_token": True} | how
        return self._translator.translate_batch(self._words(sources), **options)

    def _hypothesis(
        self, ids: tuple[int, ...], *, logp: float = 0.0, token_logps: tuple[float, ...] | None = None
    ) -> Hypothesis:
        if ids and ids[-1] == self.files.target.eos:
            return Hypothesis(tokens=ids[:-1], ended=True, logp=logp, token_logps=token_logps)
        return Hypothesis(tokens=ids, ended=False, logp=logp)

    # ---- scores ------------------------------------------------------------------------------------------------------

    def score(self, sources: Sequence[Sequence[int]], targets: Sequence[Sequence[int]]) -> list[Scored]:
        """The log-probabilities of these targets and of their ends, each read in one go."""
        size = self.files.target.size
        unknown = self._target_words[self.files.target.unk]
        words = [[self._target_words[token] if token < size else unknown for token in target] for target in targets]
        if not words:
            return []
        results = self._translator.score_batch(self._words(sources), words, max_input_length=0)
        return [_scored(result.log_probs, target, size) for result, target in zip(results, targets, strict=True)]

    def _words(self, sources: Sequence[Sequence[int]]) -> list[list[str]]:
        words, size, unk = self._source_words, self.files.source.size, self.files.source.unk
        return [[words[number if number < size else unk] for number in source] for source in sources]


def _alpha(way: Way) -> float:
    """Its only penalty is our "average". Without any it ends a search with its first beam, so there is one that is too
    small to change a number.
    """
    alpha = way.length_penalty.alpha if way.length_penalty.kind != "none" else 0.0
    return alpha or 1e-12


def _cut(found: Hypothesis, limit: int) -> Hypothesis:
    return found if len(found.tokens) <= limit else Hypothesis(tokens=found.tokens[:limit], ended=False)


def _scored(logps: Sequence[float], target: Sequence[int], size: int) -> Scored:
    if any(map(math.isnan, logps)):
        raise DecodingError(
            "the model's log-probabilities must be numbers, but one is NaN. Look for NaN in its weights."
        )
    each = tuple(
        logp if place == len(target) or target[place] < size else -math.inf for place, logp in enumerate(logps)
    )
    return Scored(logp=math.fsum(each), token_logps=each)
