"""The phrasebook as a corpus: what it holds, and what its test keeps from training."""

import hashlib
import os
import re
import subprocess
import sys
from collections import Counter
from itertools import chain
from pathlib import Path

import pytest

from seqloom.data import phrasebook
from seqloom.data.phrasebook.corpus import HELD_OUT, PATTERNS, pairs_of, sentences, words_of
from seqloom.data.phrasebook.english import contracted

SPLITS: tuple[phrasebook.Split, ...] = ("train", "valid", "test")
EVERYTHING = [pair for split in SPLITS for pair in phrasebook.pairs(split)]


def pairs_in(split: phrasebook.Split) -> set[tuple[str, str]]:
    return set(chain.from_iterable(pairs_of(each.contents) for each in sentences(split)))


def test_how_much_there_is() -> None:
    assert 20_500 <= len(phrasebook.pairs("train")) <= 40_000
    assert len(phrasebook.pairs("valid")) == len(phrasebook.pairs("test")) == HELD_OUT
    assert len(PATTERNS) >= 60
    lengths = [len(words_of(english)) for english, _ in EVERYTHING]
    assert min(lengths) == 1
    assert max(lengths) <= 15
    assert len({word for english, _ in EVERYTHING for word in words_of(english)}) > 850


def test_no_sentence_twice_and_one_translation_each() -> None:
    assert len({english for english, _ in EVERYTHING}) == len(EVERYTHING)
    spoken: dict[str, set[str]] = {}
    for english, french in EVERYTHING:
        spoken.setdefault(contracted(english), set()).add(french)
    assert all(len(translations) == 1 for translations in spoken.values())


def test_the_two_sentences_it_is_asked_for() -> None:
    train = dict(phrasebook.pairs("train"))
    assert train["I love coding"] == "J'aime coder"
    assert train["Hello World"] == "Bonjour le monde"


def test_what_test_combines_is_never_in_training() -> None:
    train, valid = pairs_in("train"), pairs_in("valid")
    for each in sentences("test"):
        assert set(pairs_of(each.contents)) - train - valid, each.english
    for each in sentences("valid"):
        assert set(pairs_of(each.contents)) - train, each.english


# Words that tell nothing of what a sentence is about, and what is said of a verb or to somebody.
SMALL_WORDS = """
a an the this that these those some any no not never longer my your his her our their i you he she it we they me him us
them who what which where when why how do does did is are am was were be been will would can cannot could should must
just middle of in to going used often always sometimes already yet please and but now today tomorrow yesterday soon
morning afternoon evening every day week year next last moment at on t m re s ll d let isn aren don doesn didn won
wouldn shouldn couldn hasn haven wasn weren
"""
SMALL = frozenset(SMALL_WORDS.split())
# Of the small words, these tell at times what it is about: what one does, what one would like, a clock time.
DOING = re.compile(r"\bdo (?=at |in |anything)")
ORDERING = re.compile(r"(\bwould|'d) like (?!to )")
CLOCK = re.compile(r"\b(five|ten|quarter|twenty) to\b")
NUMBERS = re.compile(r"(hundred|thousand|million)")
SAID_OF_VERBS = re.compile(r"\b(wants?|needs?|hopes?|would like|knows? how|trying|started|decided|forgot) to\b")
ADDRESSED = re.compile(r", (sir|madam|my friends?|Paul|Marie)(?=[.?!])")


def test_no_test_sentence_is_a_training_one_but_for_small_words() -> None:
    """Seen from outside, by the English words alone: a pronoun, a tense or a full stop makes no new sentence."""

    def bare(english: str) -> tuple[str, ...]:
        shown = SAID_OF_VERBS.sub("", ADDRESSED.sub("", english))
        shown = CLOCK.sub(r"\1 before", ORDERING.sub(" want ", DOING.sub("act ", shown)))
        told = [word for word in words_of(shown) if word not in SMALL]
        # Nine hundred and one is not one hundred and nine; of all else, the order tells nothing new.
        return tuple(told if NUMBERS.search(english) else sorted(told))

    taught = {bare(english) for english, _ in phrasebook.pairs("train")}
    tested = [english for english, _ in phrasebook.pairs("test")]
    assert [english for english in tested if bare(english) in taught] == []


def test_every_word_of_a_test_is_taught() -> None:
    """And often enough to be learnt."""
    for side in (0, 1):
        taught = Counter(word for pair in phrasebook.pairs("train") for word in words_of(pair[side]))
        for split in ("valid", "test"):
            asked = {word for pair in phrasebook.pairs(split) for word in words_of(pair[side])}
            assert min(taught[word] for word in asked) >= 12


def test_nearly_every_pattern_is_tested() -> None:
    """No kind of sentence makes up the test alone: its lengths are those of training, within a word."""
    means = [
        sum(len(words_of(english)) for english, _ in phrasebook.pairs(split)) / len(phrasebook.pairs(split))
        for split in ("train", "test")
    ]
    assert abs(means[0] - means[1]) < 1


def test_spelling() -> None:
    """Of every sentence: the apostrophe, the space before ? and !, elision, contraction, and no word left whole."""
    for english, french in EVERYTHING:
        assert french[0].isupper(), french
        assert english[0].isupper(), english
        assert not re.search(r"\s\s|[^ ][?!]|[\t’]| [.,]", french), french
        assert not re.search(r"\s\s|[\t’]| [.,?!]", english), english
        assert english[-1] in ".?!" or (english, french) in (
            ("I love coding", "J'aime coder"),
            ("Hello World", "Bonjour le monde"),
            ("Hello world", "Bonjour le monde"),
        )
        assert english.endswith("?") == french.endswith(" ?"), english
    vowels = r"[aàâeéèêiîoôuœy]"
    whole = re.compile(rf"(?<![\w'-])(je|me|te|se|de|ne|que|ma|ta|sa) (?={vowels})(?!onze|oui|yaourt)", re.IGNORECASE)
    assert [french for _, french in EVERYTHING if whole.search(french)] == []
    assert [french for _, french in EVERYTHING if re.search(r"(?<!-)\b(à les|de les|à le|de le)\b", french)] == []


def test_politeness_is_one() -> None:
    """Nobody is tu and vous in one breath."""
    familiar = re.compile(r"\b(tu|te|toi|ton|ta|tes|t)\b(?!-(il|elle))", re.IGNORECASE)
    for english, french in EVERYTHING:
        if french.endswith((", monsieur.", ", madame.", ", monsieur ?", ", madame ?", ", mes amis.", ", mes amis ?")):
            assert not familiar.search(re.sub(r"-t-", "-", french)), french
        if re.search(r", (my friend|Paul|Marie)[.?]$", english) and "tion" not in english:
            assert not re.search(r"\b(vous|votre|vos)\b", french), french


def test_always_the_same_whatever_the_hashes_are() -> None:
    code = (
        "import hashlib; from seqloom.data import phrasebook;"
        "print(hashlib.sha256(repr([phrasebook.pairs(s) for s in ('train', 'valid', 'test')]).encode()).hexdigest())"
    )
    here = hashlib.sha256(repr([phrasebook.pairs(split) for split in SPLITS]).encode()).hexdigest()
    environment = {**os.environ, "PYTHONHASHSEED": "12345"}
    ran = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True)
    assert ran.stdout.strip() == here


def test_needs_no_torch() -> None:
    code = "import sys, seqloom.data.phrasebook; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code]).returncode == 0


def test_written_as_tables(tmp_path: Path) -> None:
    phrasebook.write(tmp_path / "new" / "folder")
    written = sorted(each.name for each in (tmp_path / "new" / "folder").iterdir())
    assert written == ["test.tsv", "train.tsv", "valid.tsv"]
    for split in SPLITS:
        text = (tmp_path / "new" / "folder" / f"{split}.tsv").read_text(encoding="utf-8")
        assert [tuple(line.split("\t")) for line in text.splitlines()] == phrasebook.pairs(split)


def test_says_what_it_is() -> None:
    assert "made by a grammar" in phrasebook.ABOUT


@pytest.mark.parametrize(
    ("english", "french"),
    [
        ("Good morning!", "Bonjour !"),
        ("How are you, my friend?", "Comment vas-tu, mon ami ?"),
        ("What time is it?", "Quelle heure est-il ?"),
        ("I do not understand.", "Je ne comprends pas."),
    ],
)
def test_greetings(english: str, french: str) -> None:
    assert dict(phrasebook.pairs("train"))[english] == french
