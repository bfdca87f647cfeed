"""BLEU, chrF and TER: sacreBLEU counts each sentence and signs; the corpus' value is a formula of the sums."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from itertools import zip_longest
from typing import TYPE_CHECKING

import numpy as np

from seqloom.core.errors import MissingExtraError
from seqloom.metrics.bootstrap import Floats
from seqloom.metrics.corpus import Corpus
from seqloom.metrics.counts import Counts, percent
from seqloom.metrics.words import Writing

if TYPE_CHECKING:
    from sacrebleu.metrics.base import Metric

__all__ = ["bleu", "bleu_alone", "chrf", "ter"]

_ORDERS = 4
_CHARACTER_ORDERS = 6

_TOKENIZERS: Mapping[Writing, str] = {
    "spaced": "13a",
    "chinese": "zh",
    # MeCab would be better, but a score must not depend on what happens to be installed.
    "japanese": "char",
    "korean": "char",
    "spaceless": "char",
}

_EXTRAS: Mapping[str, str] = {"ja-mecab": "japanese", "ko-mecab": "korean"}


def bleu(corpus: Corpus) -> Counts:
    """Papineni et al. 2002, with the tokenizer that the references' writing asks for."""
    from sacrebleu.metrics.bleu import BLEU

    tokenizer = corpus.bleu_tokenizer or _TOKENIZERS[corpus.writing]
    try:
        metric = BLEU(tokenize=tokenizer, force=True)
    except RuntimeError as error:  # so sacreBLEU says that MeCab is missing
        raise MissingExtraError(f'bleu_tokenizer = "{tokenizer}"', extra=_EXTRAS[tokenizer]) from error
    rows_NK, signature = _counted(metric, corpus)
    sums_K = rows_NK.sum(0)
    answer_length, reference_length = int(sums_K[0]), int(sums_K[1])
    details = {
        "precisions": (100 * _precisions(sums_K)).tolist(),
        "brevity_penalty": float(_brevity(sums_K)),
        "answer_length": answer_length,
        "reference_length": reference_length,
    }
    return Counts(name="BLEU", rows_NK=rows_NK, formula=_bleu, signature=signature, details=details)


def bleu_alone(corpus: Corpus) -> Counts:
    """BLEU for answers that are measured each by itself: of the orders that an answer is long enough for."""
    counts = bleu(corpus)
    return replace(counts, formula=_bleu_alone, signature=counts.signature.replace("eff:no", "eff:yes"))


def chrf(corpus: Corpus) -> Counts:
    """Popović 2015: F of character n-grams up to 6, recall counting twice as much."""
    from sacrebleu.metrics.chrf import CHRF

    rows_NK, signature = _counted(CHRF(char_order=_CHARACTER_ORDERS), corpus)
    return Counts(name="chrF2", rows_NK=rows_NK, formula=_chrf, signature=signature)


def ter(corpus: Corpus) -> Counts:
    """Snover et al. 2006: edits and shifts a word of the reference; a Chinese word is a character."""
    from sacrebleu.metrics.ter import TER

    by_character = corpus.writing in ("chinese", "japanese")
    rows_NK, signature = _counted(TER(normalized=by_character, asian_support=by_character), corpus)
    details = {"edits": int(rows_NK[:, 0].sum()), "reference_length": float(rows_NK[:, 1].sum())}
    return Counts(
        name="TER", rows_NK=rows_NK, formula=_ter, signature=signature, higher_is_better=False, details=details
    )


def _counted(metric: Metric, corpus: Corpus) -> tuple[Floats, str]:
    """sacreBLEU's statistics of each sentence, and its signature.

    It has no public way to them but one sentence at a time, and then only for BLEU.
    """
    streams = list(zip_longest(*corpus.references))
    rows = metric._extract_corpus_statistics(corpus.answers, streams)
    return np.array(rows, dtype=np.float64), str(metric.get_signature())


def _brevity(sums_NK: Floats) -> Floats:
    """Papineni et al. 2002, section 2.3."""
    answer, reference = sums_NK[..., 0], sums_NK[..., 1]
    return np.exp(np.minimum(0, 1 - reference / np.maximum(answer, 1))) * (answer > 0)


def _precisions(sums_NK: Floats) -> Floats:
    """Of each order; the i-th without a match counts as 1 / 2ⁱ matches (Chen & Cherry 2014, method 3)."""
    correct, total = sums_NK[..., 2 : 2 + _ORDERS], sums_NK[..., 2 + _ORDERS :]
    unmatched = correct == 0
    matches = np.where(unmatched, 0.5 ** np.cumsum(unmatched, axis=-1), correct)
    return np.where(total > 0, matches / np.maximum(total, 1), 0) * (correct.sum(-1, keepdims=True) > 0)


def _bleu(sums_NK: Floats) -> Floats:
    precisions = _precisions(sums_NK)
    return 100 * _brevity(sums_NK) * np.prod(precisions, axis=-1) ** (1 / _ORDERS)


def _bleu_alone(sums_NK: Floats) -> Floats:
    """The geometric mean over the orders that the answer has, which an answer of less than four words needs."""
    has = sums_NK[..., 2 + _ORDERS :] > 0
    precisions = np.where(has, _precisions(sums_NK), 1)
    return 100 * _brevity(sums_NK) * np.prod(precisions, axis=-1) ** (1 / np.maximum(has.sum(-1), 1))


def _chrf(sums_NK: Floats) -> Floats:
    """The mean over the orders that both sides have."""
    answer, reference, match = (sums_NK[..., column::3] for column in range(3))
    both = (answer > 0) & (reference > 0)
    orders = np.maximum(both.sum(-1), 1)
    precision = np.where(both, match / np.maximum(answer, 1), 0).sum(-1) / orders
    recall = np.where(both, match / np.maximum(reference, 1), 0).sum(-1) / orders
    weighted = 4 * precision + recall
    return 100 * np.divide(5 * precision * recall, weighted, out=np.zeros_like(weighted), where=weighted > 0)


def _ter(sums_NK: Floats) -> Floats:
    """Where the references have no words, any edit makes it 100."""
    edits, length = sums_NK[..., 0], sums_NK[..., 1]
    return np.where(length > 0, percent(sums_NK), 100.0 * (edits > 0))
