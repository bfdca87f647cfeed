"""Rows to numbers and back, with words that only the source knows."""

from collections import Counter

import pytest

from seqloom.core.errors import DataError, RecipeError
from seqloom.data.numbered import Numbered
from seqloom.data.numbering import Numbering
from seqloom.data.rows import Row
from seqloom.data.tokenizers import TextTokenizer
from seqloom.data.tokenizers.characters import CharacterSettings
from seqloom.data.tokenizers.subwords import BpeSettings
from seqloom.data.tokenizers.words import WordSettings

SOURCES = WordSettings(minimum_count=2).fit(["the cat sees the dog"] * 2 + ["Maria Kowalski"], special_tokens=["<2de>"])
TARGETS = WordSettings(minimum_count=2).fit(["die Katze sieht dog ."] * 2)
CHARACTERS = CharacterSettings().fit(["abcdefgh .!。<"], special_tokens=["<2de>"])
V = TARGETS.specials.size


def row(source: str, target: str) -> Row:
    return Row(source=source, targets=(target,))


def numbered(numbering: Numbering, *rows: Row) -> tuple[list[Numbered], Counter[str]]:
    counts: Counter[str] = Counter()

    def count(what: str, number: int) -> None:
        counts[what] += number

    return list(numbering.pairs(rows, count=count)), counts


def test_pairs_are_what_the_tokenizers_say() -> None:
    [pair], counts = numbered(Numbering(SOURCES, TARGETS), row("the cat", "die Katze"))
    assert pair == Numbered(columns={"text": SOURCES.encode("the cat"), "target": TARGETS.encode("die Katze")})
    assert not counts


def test_own_words_have_the_same_ids_on_both_sides() -> None:
    numbering = Numbering(SOURCES, TARGETS, copies=True)
    text = "Maria sees dog Kowalski Maria"
    [pair], _ = numbered(numbering, row(text, "Kowalski sieht Maria Anna"))
    dog, sieht = TARGETS.id_of("dog"), TARGETS.id_of("sieht")
    # "sees" is known to the source alone, so it is an own word too.
    assert pair.copy == [V, V + 1, dog, V + 2, V]
    assert pair.target == [V + 2, sieht, V, TARGETS.specials.unk]
    source, own = numbering.source(text)
    assert own == ("Maria", "sees", "Kowalski")
    assert (source.copy, source.parts["text"]) == (pair.copy, pair.text)
    assert numbering.text(pair.target, own) == "Kowalski sieht Maria <unk>"
    assert numbering.text([1, V + 7, V, 2, 0], own) == "<unk> Maria"
    assert numbering.text([V], ()) == "<unk>"


def test_a_word_unknown_to_the_source_but_known_to_the_target_is_no_own_word() -> None:
    [pair], _ = numbered(Numbering(SOURCES, TARGETS, copies=True), row("Katze", "Katze"))
    assert pair.text == [SOURCES.specials.unk]
    assert pair.copy == pair.target == [TARGETS.id_of("Katze")]


def test_long_pairs() -> None:
    long, short = row("abcdefgh", "abcd"), row("ab", "a")

    def at_most(on_long: str) -> tuple[list[Numbered], Counter[str]]:
        numbering = Numbering(CHARACTERS, CHARACTERS, max_source=5, max_target=3, on_long=on_long)  # type: ignore[arg-type]
        return numbered(numbering, long, short)

    pairs, counts = at_most("drop")
    assert len(pairs) == 1
    assert counts == {"pairs that are too long left out": 1}
    pairs, counts = at_most("truncate")
    assert [CHARACTERS.decode(pair.text) for pair in pairs] == ["abcde", "ab"]
    assert [CHARACTERS.decode(pair.target) for pair in pairs] == ["abc", "a"]
    assert counts == {"pairs cut to the longest length": 1}
    pairs, counts = numbered(Numbering(CHARACTERS, CHARACTERS), long)
    assert len(pairs) == 1


def test_split_regroups_sentences_of_both_sides() -> None:
    numbering = Numbering(CHARACTERS, CHARACTERS, max_source=14, max_target=6, on_long="split")
    pairs, counts = numbered(numbering, row("<2de> Ab. Cd. Ef! Gh", "A。B。C。D"))
    sources = [CHARACTERS.join(CHARACTERS.show(pair.text)) for pair in pairs]
    assert all(source.startswith("<2de> ") for source in sources)
    assert [CHARACTERS.decode(pair.target) for pair in pairs] == ["<unk>。<unk>。<unk>。", "<unk>"]
    assert counts == {"long pairs split into sentences": 1}
    for bad in (row("a. b. c. d. e. f", "a"), row("abcdefgh abcdefgh. A.", "a. A.")):
        pairs, counts = numbered(numbering, bad)
        assert (pairs, counts) == ([], {"pairs that are too long left out": 1})


def test_source_in_parts_loses_nothing() -> None:
    numbering = Numbering(CHARACTERS, CHARACTERS)
    text = "<2de> Ab cd. Efg! 你好。abcdefghabcdefgh"
    parts = [part.source for part in numbering.split_row(Row(source=text), limit=10)]
    assert all(len(CHARACTERS.encode(part)) <= 10 for part in parts)
    assert all(part.startswith("<2de> ") for part in parts)
    assert "".join(part.removeprefix("<2de> ") for part in parts) == text.removeprefix("<2de> ")
    assert numbering.split_row(Row(source=text)) == [Row(source=text)]


def subwords(sampling: float) -> TextTokenizer:
    return BpeSettings(size=330, sampling=sampling).fit(["the cat sees the dog", "where is the other one?"] * 3)


def test_another_segmentation_of_the_same_text() -> None:
    bpe = subwords(0.4)
    numbering = Numbering(bpe, bpe, copies=True, max_source=40)
    pairs, _ = numbered(numbering, *[row("the cat sees the dog", "where is the other one?")] * 5)
    first, other = numbering.again(pairs, seed=1), numbering.again(pairs, seed=2)
    assert first == numbering.again(pairs, seed=1) != other
    assert {bpe.decode(pair.text) for pair in first + other} == {"the cat sees the dog"}
    assert {bpe.decode(pair.target) for pair in first + other} == {"where is the other one?"}
    assert all(pair.copy == pair.text for pair in first)
    tight = Numbering(bpe, bpe, copies=True, max_source=len(pairs[0].text), max_target=len(pairs[0].target))
    assert all(len(pair.text) <= tight.max_source for pair in tight.again(pairs, seed=1))


def test_mistakes() -> None:
    with pytest.raises(DataError, match="<pairs>:0: has no target"):
        numbered(Numbering(SOURCES, TARGETS), Row(source="a"))
    with pytest.raises(RecipeError, match=r"`data.tokenizer.sampling` must be 0"):
        Numbering(subwords(0.1), TARGETS, copies=True)
    _, counts = numbered(Numbering(SOURCES, TARGETS), row("", "a"), row("a", ""))
    assert counts == {"pairs with an empty side left out": 2}
