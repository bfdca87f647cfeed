from __future__ import annotations

import random

import numpy as np
import pytest

from seqloom.data.nearness import fold, jaccard, near_pairs, pairs_between, pairs_within, signatures

WORDS = ["the", "a", "of", "house", "river", "morning", "seldom", "carries", "yellow", "windows", "against", "music"]
WORDS += ["letters", "under", "mountain", "slowly", "between", "copper", "finds", "every", "quarrel", "with", "journey"]


def sentences(number: int, *, seed: int, words: int = 12) -> list[str]:
    dice = random.Random(seed)
    return [" ".join(dice.choices(WORDS, k=words)) for _ in range(number)]


def shingles(text: str) -> set[str]:
    [folded] = fold([text])
    whole = f"\0{folded}\0"
    return {whole[at : at + 3] for at in range(len(whole) - 2)}


@pytest.mark.parametrize(
    ("text", "folded"),
    [
        ("Hello,  World!", "hello world"),
        (" 12 of 3,456.", "0 of 0 0"),
        ("Straße ＡＢＣ ⅷ", "strasse abc viii"),
        ("snake_case", "snake case"),
        ("١٢٣ كتاب", "0 كتاب"),
        ("我有３个苹果。", "我有0个苹果"),
        ("!!!", "!!!"),
        ("😀", "😀"),
        ("𐍈𐍂", "𐍈𐍂"),
        (" \t", ""),
        ("", ""),
        ("a\0b", "a b"),
    ],
)
def test_case_digits_and_punctuation_are_folded(text: str, folded: str) -> None:
    assert fold([text]) == [folded]
    assert fold(["before.", text, " after"]) == ["before", folded, "after"]


def test_jaccard_is_that_of_the_sets() -> None:
    texts = [*sentences(20, seed=1), "a", "é", "我喜欢苹果", "", "the house of music"]
    pairs = np.array([(one, other) for one in range(len(texts)) for other in range(one, len(texts))])
    expected = [
        len(shingles(texts[one]) & shingles(texts[other])) / len(shingles(texts[one]) | shingles(texts[other]))
        for one, other in pairs.tolist()
        if texts[one] and texts[other]
    ]
    there = [bool(texts[one] and texts[other]) for one, other in pairs.tolist()]
    np.testing.assert_allclose(jaccard(pairs, texts)[there], expected, atol=1e-6)


def test_what_differs_in_case_digits_or_signs_alone_is_found_at_any_threshold() -> None:
    texts = ["Page 1 of 20", "something else", "page 3 of 7.", "", "  ", "我在 2024 年来的", "我在2019年来的！"]
    assert near_pairs(texts, threshold=1.0).tolist() == [[0, 2]]
    assert [0, 2] in near_pairs(texts).tolist()


def test_nearly_all_near_pairs_are_found_and_nothing_else() -> None:
    texts = sentences(400, seed=2)
    dice = random.Random(3)
    for text in texts[:200]:
        words = text.split()
        words[dice.randrange(len(words))] = "unexpected"
        texts.append(" ".join(words))
    everything = np.stack(np.triu_indices(len(texts), 1), axis=1)
    alike = jaccard(everything, texts)
    expected = {tuple(pair) for pair in everything[alike >= 0.75].tolist()}
    found = {tuple(pair) for pair in near_pairs(texts).tolist()}
    assert len(expected) > 50
    assert found <= expected
    assert len(found) >= 0.97 * len(expected)


def test_between_two_sets_each_that_has_a_near_one_is_paired_with_it() -> None:
    ours, theirs = sentences(100, seed=4), sentences(100, seed=5)
    theirs[7] = ours[3].upper()
    theirs[9] = ours[5] + "s"
    found = pairs_between(signatures(ours), signatures(theirs), ours, theirs).tolist()
    assert [3, 7] in found
    assert [5, 9] in found
    assert pairs_between(signatures(ours), signatures(theirs), ours, theirs, threshold=1.0).tolist() == [[3, 7]]


def test_a_thousand_equal_texts_give_no_million_pairs() -> None:
    texts = ["the same thing every time"] * 1000 + ["the same thing every day"] * 1000
    found = near_pairs(texts, threshold=0.5)
    assert len(found) < 20_000
    joined = {0}
    for one, other in sorted(found.tolist()):
        if one in joined or other in joined:
            joined |= {one, other}
    assert len(joined) == 2000


def test_it_is_the_same_however_it_is_read() -> None:
    texts = [*sentences(9000, seed=6, words=5), "x" * 300_000]
    whole = signatures(iter(texts))
    part = signatures(texts[5000:])
    assert len(whole) == len(texts)
    np.testing.assert_array_equal(whole.bands[5000:], part.bands)
    np.testing.assert_array_equal(whole.folded[5000:], part.folded)


def test_nothing_is_near_to_nothing() -> None:
    none = signatures([])
    assert len(none) == 0
    assert pairs_within(none, []).shape == (0, 2)
    assert pairs_between(none, signatures(["a"]), [], ["a"]).shape == (0, 2)
    assert near_pairs(["", " ", "a"]).shape == (0, 2)
