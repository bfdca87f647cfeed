"""Error rates: the edits (Levenshtein 1966) that turn the nearest reference into the answer, by its length."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from seqloom.metrics.bootstrap import Floats
from seqloom.metrics.corpus import Corpus
from seqloom.metrics.counts import Counts
from seqloom.metrics.words import plain

__all__ = ["cer", "per", "wer"]


def wer(corpus: Corpus) -> Counts:
    """Word error rate; a word of Chinese is a character, unless a tokenizer is given."""
    return _rate(corpus, name="WER", split=corpus.split, how=f"tok:{corpus.split_name}")


def cer(corpus: Corpus) -> Counts:
    """Character error rate; spaces are characters."""
    return _rate(corpus, name="CER", split=lambda text: list(plain(text)), how="tok:character|space:yes")


def per(corpus: Corpus) -> Counts:
    """Phoneme error rate, of phonemes between spaces."""
    return _rate(corpus, name="PER", split=lambda text: plain(text).split(), how="tok:space")


def _rate(corpus: Corpus, *, name: str, split: Callable[[str], Sequence[str]], how: str) -> Counts:
    from importlib.metadata import version  # with it come sockets and e-mail, which few commands need

    rows_NK = np.array(_nearest(corpus, split), dtype=np.float64)
    substitutions, deletions, insertions, length = (int(number) for number in rows_NK.sum(0))
    return Counts(
        name=name,
        rows_NK=rows_NK,
        formula=_errors,
        signature=f"nrefs:{corpus.nrefs}|case:mixed|norm:nfc|{how}{corpus.several}|version:jiwer {version('jiwer')}",
        higher_is_better=False,
        details={
            "substitutions": substitutions,
            "deletions": deletions,
            "insertions": insertions,
            "reference_length": length,
        },
    )


def _nearest(corpus: Corpus, split: Callable[[str], Sequence[str]]) -> list[list[int]]:
    """Substitutions, deletions, insertions and length, to the reference with the fewest edits; of such the longest."""
    import jiwer

    class Split(jiwer.AbstractTransform):
        def process_string(self, s: str) -> list[str]:
            return list(split(s))

    pairs = [
        (row, text, answer)
        for row, (answer, texts) in enumerate(zip(corpus.answers, corpus.references, strict=True))
        for text in texts
    ]
    aligned = jiwer.process_words(
        [text for _, text, _ in pairs],
        [answer for _, _, answer in pairs],
        reference_transform=Split(),
        hypothesis_transform=Split(),
    )
    best: dict[int, list[int]] = {}
    for (row, _, _), chunks, reference in zip(pairs, aligned.alignments, aligned.references, strict=True):
        edits = {"substitute": 0, "delete": 0, "insert": 0, "equal": 0}
        for chunk in chunks:
            longer = max(chunk.ref_end_idx - chunk.ref_start_idx, chunk.hyp_end_idx - chunk.hyp_start_idx)
            edits[chunk.type] += longer
        found = [edits["substitute"], edits["delete"], edits["insert"], len(reference)]
        if row not in best or (sum(found[:3]), -found[3]) < (sum(best[row][:3]), -best[row][3]):
            best[row] = found
    return list(best.values())


def _errors(sums_NK: Floats) -> Floats:
    """References without a token count as one, so that insertions into silence are errors."""
    return 100 * sums_NK[..., :3].sum(-1) / np.maximum(sums_NK[..., 3], 1)
