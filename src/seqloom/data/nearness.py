"""Texts that say almost the same: found among millions by MinHash and banding, then verified.

Broder 1997 for the signatures, Leskovec, Rajaraman & Ullman (*Mining of Massive Datasets*, section 3.4) for the bands.
A text is the set of its runs of three characters, once case, digits and punctuation are folded, so that no language
needs its words cut. Nothing is drawn by chance: the same texts give the same pairs everywhere.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from hashlib import blake2b
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

__all__ = [
    "NEAR",
    "Signatures",
    "Texts",
    "fold",
    "jaccard",
    "near_pairs",
    "pairs_between",
    "pairs_within",
    "signatures",
]

NEAR = 0.75
"""The Jaccard similarity from which two texts count as near-duplicates: a word of ten differs."""

_BANDS, _ROWS = 12, 4
"""Two texts are compared if all values of a band agree: of those at 0.75 99 % are, at 0.5 half, at 0.2 one in fifty."""
_TOGETHER = 4096
_CHARACTERS = 1 << 18
_REACH = 6
"""How many neighbours in its bucket a text is compared with, besides the first: a bucket of thousands stays linear."""
_END = "\0"
_SPACE, _ZERO, _BEYOND = ord(" "), ord("0"), 0x10000
_DICE = np.random.Generator(np.random.PCG64(20_260_101))
_XOR = _DICE.integers(0, 1 << 32, size=_BANDS * _ROWS, dtype=np.uint32)
_TIMES = _DICE.integers(0, 1 << 32, size=_BANDS * _ROWS, dtype=np.uint32) | np.uint32(1)
_MIX = np.uint64(0x9E3779B97F4A7C15)

_Pairs = NDArray[np.int64]


class Texts(Protocol):
    """What can be asked for a text by its number: a list, or a file that knows where each begins."""

    def __len__(self) -> int: ...
    def __getitem__(self, index: int, /) -> str: ...


@dataclass(frozen=True, kw_only=True)
class Signatures:
    """What is remembered of each text: 104 bytes, however long it is."""

    bands: NDArray[np.uint32]
    """(texts, bands)"""
    least: NDArray[np.uint8]
    """(texts, permutations): of two texts about as many are equal as their shingles are alike."""
    folded: NDArray[np.uint64]
    """A hash of the folded text, which equal ones share; 0: blank, and near to nothing."""

    def __len__(self) -> int:
        return len(self.folded)


def fold(texts: Sequence[str]) -> list[str]:
    """The texts in small letters, every number as 0, and spaces for whatever is neither letter nor digit.

    One of nothing but signs stays as it is: an emoji is no other emoji.
    """
    whole = _END.join([text.replace(_END, " ") for text in texts]) + _END
    if not whole.isascii():
        whole = unicodedata.normalize("NFKC", whole)
    codes = np.frombuffer(whole.casefold().encode("utf-32-le", "surrogatepass"), np.uint32)
    codes = _plain()[np.minimum(codes, _BEYOND)] | np.where(codes < _BEYOND, 0, codes)
    blank = (codes == _SPACE) | (codes == 0)
    # Of spaces and of zeros in a row the last stays, and no space beside an end.
    spare = np.zeros(len(codes), bool)
    spare[:-1] = (codes[:-1] == _SPACE) & blank[1:] | (codes[:-1] == _ZERO) & (codes[1:] == _ZERO)
    kept = codes[~spare].astype("<u4").tobytes().decode("utf-32-le", "surrogatepass")
    folded = kept.split(_END)[:-1]
    return [done.removeprefix(" ") or text.strip() for done, text in zip(folded, texts, strict=True)]


@cache
def _plain() -> NDArray[np.uint32]:
    """What each character becomes; 0 for those beyond the first plane, which stay: scripts of old, emoji."""
    table = [
        _ZERO if character.isdecimal() else number if character.isalnum() else _SPACE
        for number, character in enumerate(map(chr, range(_BEYOND)))
    ]
    table[0] = 0
    return np.array([*table, 0], np.uint32)


def signatures(texts: Iterable[str]) -> Signatures:
    """Read once, in order; a hundred thousand short texts take a second or two."""
    bands, least, folded = [], [], []
    for batch in _batches(texts):
        said = fold(batch)
        folded.append(np.array([_hash(text) for text in said], np.uint64))
        minima = _minima(*_shingles(said))
        least.append(minima.astype(np.uint8))
        bands.append(_band_keys(minima))
    if not folded:
        return Signatures(
            bands=np.zeros((0, _BANDS), np.uint32),
            least=np.zeros((0, _BANDS * _ROWS), np.uint8),
            folded=np.zeros(0, np.uint64),
        )
    return Signatures(bands=np.concatenate(bands), least=np.concatenate(least), folded=np.concatenate(folded))


def pairs_within(found: Signatures, texts: Texts, *, threshold: float = NEAR) -> _Pairs:
    """(pairs, 2): two numbers of texts, the lower one first, that are equal once folded or at least so similar.

    Enough of them that whoever joins pairs into groups has the groups, not every pair of a large group. With a
    threshold of 1 only equal ones.
    """
    known = np.flatnonzero(found.folded)  # blank ones are near to nothing
    equal = _neighbours(found.folded[known], known, reach=0)
    if threshold >= 1 or len(known) < 2:
        return _sorted(equal)
    # A band at a time: most of what shares a band is not near, and need not be held for long.
    likely = [
        _likely(_neighbours(found.bands[known, band], known, reach=_REACH), found, found, threshold)
        for band in range(_BANDS)
    ]
    unsure = _sorted(np.concatenate(likely))
    near = unsure[jaccard(unsure, texts) >= threshold]
    return _sorted(np.concatenate([equal, near]))


def pairs_between(
    ours: Signatures, theirs: Signatures, texts: Texts, others: Texts, *, threshold: float = NEAR
) -> _Pairs:
    """(pairs, 2): a number of ours and one of theirs that is near to it; each of ours with at least one if it has any.

    At least one with the chance that banding gives: see ``_BANDS``.
    """
    known, among = np.flatnonzero(ours.folded), np.flatnonzero(theirs.folded)
    equal = _matches(ours.folded[known], theirs.folded[among], known, among, reach=1)
    if threshold >= 1 or not len(known) or not len(among):
        return _sorted(equal)
    likely = [
        _likely(
            _matches(ours.bands[known, band], theirs.bands[among, band], known, among, reach=_REACH),
            ours,
            theirs,
            threshold,
        )
        for band in range(_BANDS)
    ]
    unsure = _sorted(np.concatenate(likely))
    near = unsure[jaccard(unsure, texts, others) >= threshold]
    return _sorted(np.concatenate([equal, near]))


def near_pairs(texts: Sequence[str], *, threshold: float = NEAR) -> _Pairs:
    """``pairs_within`` of texts that are at hand."""
    return pairs_within(signatures(texts), texts, threshold=threshold)


def jaccard(pairs: _Pairs, texts: Texts, others: Texts | None = None) -> NDArray[np.float64]:
    """(pairs,): the similarity of each pair's two sets of shingles, exactly."""
    others = texts if others is None else others
    found = [_jaccard(pairs[at : at + _TOGETHER], texts, others) for at in range(0, len(pairs), _TOGETHER)]
    return np.concatenate(found) if found else np.zeros(0)


# ---- shingles --------------------------------------------------------------------------------------------------------


def _batches(texts: Iterable[str]) -> Iterator[list[str]]:
    """So many texts that numpy is not called for each, and so few that they stay in the processor's cache."""
    texts = iter(texts)
    batch: list[str] = []
    size = 0
    for text in texts:
        batch.append(text)
        size += len(text)
        if size >= _CHARACTERS or len(batch) == _TOGETHER:
            yield batch
            batch, size = [], 0
    if batch:
        yield batch


def _hash(text: str) -> int:
    if not text:
        return 0
    return int.from_bytes(blake2b(text.encode("utf-8", "surrogatepass"), digest_size=8).digest(), "little") or 1


def _shingles(folded: Sequence[str]) -> tuple[NDArray[np.uint32], NDArray[np.int64]]:
    """A number for each three characters around a character, of all texts in turn; and where each text begins.

    The ends of a text are a character of their own, so that a text of n characters has n shingles; a blank one has one.
    """
    whole = _END + _END.join([text or "\1" for text in folded]) + _END
    codes = np.frombuffer(whole.encode("utf-32-le", "surrogatepass"), np.uint32).astype(np.uint64)
    # Three characters of 21 bits each are one number, so that mixing alone can make two shingles one.
    around = (codes[:-2] << np.uint64(42)) | (codes[1:-1] << np.uint64(21)) | codes[2:]
    mixed = ((around * _MIX) >> np.uint64(32)).astype(np.uint32)
    inside = codes[1:-1] != 0
    ends = np.flatnonzero(~inside)
    starts = np.concatenate([np.zeros(1, np.int64), ends - np.arange(len(ends))])
    return mixed[inside], starts


def _minima(shingles: NDArray[np.uint32], starts: NDArray[np.int64]) -> NDArray[np.uint32]:
    """(texts, permutations): the least value of each text's shingles under every permutation."""
    minima = np.zeros((len(starts), _BANDS * _ROWS), np.uint32)
    permuted = np.empty_like(shingles)
    for number in range(_BANDS * _ROWS):
        np.bitwise_xor(shingles, _XOR[number], out=permuted)
        np.multiply(permuted, _TIMES[number], out=permuted)
        minima[:, number] = np.minimum.reduceat(permuted, starts)
    return minima


def _band_keys(minima: NDArray[np.uint32]) -> NDArray[np.uint32]:
    """(texts, bands): the values of each band as one."""
    rows = minima.reshape(len(minima), _BANDS, _ROWS)
    keys = np.zeros((len(minima), _BANDS), np.uint32)
    for row in range(_ROWS):
        keys = keys * np.uint32(0x01000193) ^ rows[:, :, row] ^ (rows[:, :, row] >> np.uint32(15))
    return keys


def _jaccard(pairs: _Pairs, texts: Texts, others: Texts) -> NDArray[np.float64]:
    ours = _sets([texts[index] for index in pairs[:, 0].tolist()])
    theirs = _sets([others[index] for index in pairs[:, 1].tolist()])
    both = np.sort(np.concatenate([ours, theirs]))
    shared = both[:-1][both[1:] == both[:-1]]
    common = _counts(shared, len(pairs))
    return common / (_counts(ours, len(pairs)) + _counts(theirs, len(pairs)) - common)


def _sets(texts: Sequence[str]) -> NDArray[np.uint64]:
    """Each text's shingles once, marked with the text's number."""
    shingles, starts = _shingles(fold(texts))
    lengths = np.diff(starts, append=len(shingles))
    numbers = np.repeat(np.arange(len(texts), dtype=np.uint64), lengths)
    marked = np.sort((numbers << np.uint64(32)) | shingles)
    return marked[np.concatenate([np.ones(1, bool), marked[1:] != marked[:-1]])]


def _counts(marked: NDArray[np.uint64], number: int) -> NDArray[np.int64]:
    return np.bincount((marked >> np.uint64(32)).astype(np.int64), minlength=number)


# ---- candidates ------------------------------------------------------------------------------------------------------


def _neighbours(keys: NDArray[np.generic], numbers: _Pairs, *, reach: int) -> _Pairs:
    """Texts with the same key: each with the first of them, and with as many before it as it reaches."""
    order = np.argsort(keys, kind="stable")
    keys, numbers = keys[order], numbers[order]
    begins = np.ones(len(keys), bool)
    begins[1:] = keys[1:] != keys[:-1]
    first = np.maximum.accumulate(np.where(begins, np.arange(len(keys)), 0))
    pairs = [np.stack([numbers[first[~begins]], numbers[~begins]], axis=1)]
    for lag in range(1, reach + 1):
        same = np.flatnonzero(first[lag:] <= np.arange(len(keys) - lag)) if lag < len(keys) else np.zeros(0, np.int64)
        pairs.append(np.stack([numbers[same], numbers[same + lag]], axis=1))
    return np.concatenate(pairs)


def _matches(
    keys: NDArray[np.generic], others: NDArray[np.generic], numbers: _Pairs, among: _Pairs, *, reach: int
) -> _Pairs:
    """Each of ours with as many of theirs that have its key as it reaches."""
    order = np.argsort(others, kind="stable")
    others, among = others[order], among[order]
    begin, end = np.searchsorted(others, keys, side="left"), np.searchsorted(others, keys, side="right")
    pairs = []
    for lag in range(reach):
        there = np.flatnonzero(begin + lag < end)
        pairs.append(np.stack([numbers[there], among[begin[there] + lag]], axis=1))
    return np.concatenate(pairs)


def _likely(pairs: _Pairs, ours: Signatures, theirs: Signatures, threshold: float) -> _Pairs:
    """Those that are not equal anyway, and whose signatures do not say that they are surely less alike."""
    pairs = pairs[ours.folded[pairs[:, 0]] != theirs.folded[pairs[:, 1]]]
    number = _BANDS * _ROWS
    # Three standard deviations of a share of so many, so that one near pair of a thousand is missed.
    fewest = number * threshold - 3 * (number * threshold * (1 - threshold)) ** 0.5
    kept = []
    for at in range(0, len(pairs), _CHARACTERS):
        some = pairs[at : at + _CHARACTERS]
        alike = np.count_nonzero(ours.least[some[:, 0]] == theirs.least[some[:, 1]], axis=1)
        kept.append(some[alike >= fewest])
    return np.concatenate(kept) if kept else pairs


def _sorted(pairs: _Pairs) -> _Pairs:
    """Each once, in order."""
    if not len(pairs):
        return pairs.reshape(0, 2).astype(np.int64)
    width = np.int64(pairs[:, 1].max() + 1)
    packed = np.unique(pairs[:, 0] * width + pairs[:, 1])
    return np.stack([packed // width, packed % width], axis=1)
