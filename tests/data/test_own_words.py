"""Words that only the source knows, and the ids and texts that they get."""

from seqloom.data.own_words import OwnWords, own_text, own_tokens
from seqloom.data.tokenizers.words import WordSettings

SOURCES = WordSettings().fit(["the cat sees dog Katze"])
TARGETS = WordSettings().fit(["die Katze sieht dog ."])
V = TARGETS.specials.size


def test_each_own_word_has_one_id_in_a_row_on_both_sides() -> None:
    words, text = OwnWords(SOURCES, TARGETS), "Anna sees dog Bo Anna Katze"
    copy, own = words.copied(SOURCES.encode(text), text)
    assert own == ["Anna", "sees", "Bo"]
    assert copy == [V, V + 1, TARGETS.id_of("dog"), V + 2, V, TARGETS.id_of("Katze")]
    said = "Bo sieht Anna Eva"
    unknown = TARGETS.specials.unk
    assert words.said(TARGETS.encode(said), said, own) == [V + 2, TARGETS.id_of("sieht"), V, unknown]


def test_what_the_source_knows_needs_no_text() -> None:
    words = OwnWords(SOURCES, TARGETS)
    assert words.copied(SOURCES.encode("dog sees"), None) == ([TARGETS.id_of("dog"), V], ["sees"])


def test_an_id_beyond_the_own_words_is_unknown_and_controls_say_nothing() -> None:
    ids = [V + 1, TARGETS.specials.eos, V + 2]
    assert own_tokens(TARGETS, ids[:2], ["Anna", "Bo"]) == ["Bo", "<eos>"]
    assert own_text(TARGETS, ids, ["Anna", "Bo"]) == "Bo <unk>"
    assert own_text(TARGETS, [V], []) == "<unk>"
