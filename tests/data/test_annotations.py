"""What a row has beyond a source and its targets: read, checked, cleaned, numbered and cut with its words."""

from __future__ import annotations

import io
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from seqloom.core.errors import DataError, RecipeError
from seqloom.data.annotations import Annotations, FactorColumn, FurtherSource, follow
from seqloom.data.batches import BatchStream, ordered_batches
from seqloom.data.cleaning import Cleaner, CleaningSettings
from seqloom.data.corpus import Corpus
from seqloom.data.epoch import BatchSettings
from seqloom.data.ledger import Ledger
from seqloom.data.numbered import Numbered
from seqloom.data.numbering import Numbering
from seqloom.data.readers import Columns, read_pairs, read_rows
from seqloom.data.rows import BadLine, Row
from seqloom.data.settings import DataSettings
from seqloom.data.tokenizers import TextTokenizer
from seqloom.data.tokenizers.characters import CharacterSettings
from seqloom.data.tokenizers.octets import ByteSettings
from seqloom.data.tokenizers.subwords import BpeSettings
from seqloom.data.tokenizers.surfaces import word_numbers
from seqloom.data.tokenizers.words import WordSettings

POS = Annotations(factors={"pos": FactorColumn()})
INLINE = Annotations(factors={"pos": FactorColumn(), "case": FactorColumn()}, separator="￨")


def row(source: str, target: str = "x", **extras: Any) -> Row:
    return Row(source=source, targets=(target,), extras=extras, file="a.tsv", line=7)


# ---- reading ---------------------------------------------------------------------------------------------------------


def write(folder: Path, name: str, text: str) -> str:
    (folder / name).write_text(text, encoding="utf-8")
    return str(folder / name)


def extras(file: str, columns: Columns, *, sources_only: bool = False) -> list[Mapping[str, Any] | str]:
    rows = read_rows(file, columns=columns, sources_only=sources_only)
    return [each.what if isinstance(each, BadLine) else dict(each.extras) for each in rows]


def test_every_format_has_further_columns(tmp_path: Path) -> None:
    named, third = Columns(extras={"pos": "tags"}), Columns(extras={"pos": 3})
    table = write(tmp_path, "a.tsv", "source\ttags\ttarget\na b\tN V\tx\nc\tN\ty\n")
    assert extras(table, named) == [{"pos": "N V"}, {"pos": "N"}]
    assert extras(write(tmp_path, "b.tsv", "a b\tx\tN V\nc\ty\n"), third) == [
        {"pos": "N V"},
        "expected at least 3 tab-separated columns, found 2",
    ]
    assert extras(write(tmp_path, "a.csv", "source,target,tags\na,x,N\n"), named) == [{"pos": "N"}]
    line = json.dumps({"source": "a", "target": "x", "tags": "N", "id": 3})
    assert extras(write(tmp_path, "a.jsonl", line), named) == [{"pos": "N", "tags": "N", "id": 3}]
    assert extras(write(tmp_path, "b.jsonl", '{"source": "a", "target": "x", "pos": "N"}'), third) == [{"pos": "N"}]
    files = [write(tmp_path, f"a.{end}", f"{text}\n") for end, text in (("de", "a"), ("en", "x"), ("pos", "N"))]
    [parallel] = read_rows(",".join(files), columns=third)
    assert isinstance(parallel, Row)
    assert (parallel.targets, parallel.extras) == (("x",), {"pos": "N"})
    [further] = read_rows(",".join(files))
    assert isinstance(further, Row)
    assert (further.targets, further.extras) == (("x", "N"), {})
    [given] = read_pairs([{"source": "a", "target": "x", "tags": "N"}], columns=named)
    assert isinstance(given, Row)
    assert given.extras["pos"] == "N"


def test_columns_that_are_not_there_are_named(tmp_path: Path) -> None:
    table = write(tmp_path, "a.tsv", "source\ttarget\tnote\na\tx\ty\n")
    with pytest.raises(DataError, match=r"no column is named `pos`; .*Name one of them in the column of `pos`"):
        extras(table, Columns(extras={"pos": "pos"}))
    with pytest.raises(DataError, match=r"column 4 is asked for, but no line has more than 2.*the column of `pos`"):
        extras(write(tmp_path, "b.tsv", "a\tx\n"), Columns(extras={"pos": 4}))
    with pytest.raises(DataError, match="the column of `pos` must be numbers of these files, 1 to 2"):
        extras(f"{table},{table}", Columns(extras={"pos": 3}))
    with pytest.raises(RecipeError, match="the column of `pos` must be a name or a number from 1, but is 0"):
        Columns(extras={"pos": 0})
    asked = write(tmp_path, "asked.tsv", "a b\tN V\n")
    assert extras(asked, Columns(extras={"pos": 2}), sources_only=True) == [{"pos": "N V"}]


# ---- checking --------------------------------------------------------------------------------------------------------


def test_factors_are_as_many_as_words() -> None:
    assert POS.row(row("a  b", pos=" N   V ")) == row("a  b", pos="N V")
    assert POS.row(row("a b", pos=["N", "V"])) == row("a b", pos="N V")
    assert POS.row(row("", pos="")) == row("", pos="")
    for given, what in (
        (row("a b c", pos="N V"), "`pos` must have a value for each of the source's 3 words, but has 2"),
        (row("a"), "the column of `pos` is missing"),
        (row("a", pos=3), "`pos` must be a text of values with spaces between them, but is 3"),
    ):
        assert str(POS.row(given)) == f"a.tsv:7: {what}"


def test_factors_behind_each_word() -> None:
    made = INLINE.row(row("Das￨ART￨up Haus￨N￨up"))
    assert made == row("Das Haus", pos="ART N", case="up up")
    assert isinstance(made, Row)
    assert INLINE.row(made) == made
    for text, found in (("Das￨ART Haus￨N￨up", "Das￨ART"), ("Das￨￨up", "Das￨￨up"), ("a￨b￨c d", '"d"')):
        bad = INLINE.row(row(text))
        assert isinstance(bad, BadLine)
        assert found in bad.what


def test_an_alignment_stays_within_its_words() -> None:
    aligned = Annotations(alignment="align")
    made = aligned.row(row("a b", "x y", alignment="0-1 1-0"))
    assert isinstance(made, Row)
    assert made.extras["alignment"] == [(0, 1), (1, 0)]
    assert aligned.row(made) == made
    for text, what in (("0-2", "2 of the target, counted from 0, but has 0-2"), ("0:1", 'but has "0:1"')):
        bad = aligned.row(row("a b", "x y", alignment=text))
        assert isinstance(bad, BadLine)
        assert what in bad.what


def test_recipes_that_cannot_be() -> None:
    for settings, what in (
        ({"factors": {"text": FactorColumn()}}, "names of letters, digits and _ that are none of"),
        ({"factors": {"a.b": FactorColumn()}}, "names of letters"),
        ({"factors": {"a": FactorColumn()}, "sources": {"a": FurtherSource()}}, "other names than `data.factors`"),
        ({"factor_separator": "|"}, "must be empty without `data.factors`"),
        ({"factors": {"a": FactorColumn(column=3)}, "factor_separator": "|"}, "must not be given with"),
        ({"sources": {"a": FurtherSource()}, "on_long": "split"}, "cannot be split"),
        ({"source": "none", "factors": {"a": FactorColumn()}}, "`factors` must not be given"),
        ({"source": "none", "joint": False}, "joint must be true"),
        ({"rows": "texts", "target_columns": (1,)}, "target_columns must not be given"),
        ({"rows": "texts", "cleaning": CleaningSettings(identical="drop")}, 'must be "keep"'),
    ):
        with pytest.raises(RecipeError, match=what):
            DataSettings(**settings)  # type: ignore[arg-type]


# ---- cleaning --------------------------------------------------------------------------------------------------------


def test_annotations_follow_the_words_that_are_cleaned() -> None:
    both = Annotations(factors={"pos": FactorColumn()}, alignment="align")
    settings = CleaningSettings(unicode="nfkc", remove_punctuation="both", spaces="collapse", lower="both")
    cleaner = Cleaner(settings, Ledger(), both)
    # "¨" becomes a space with an accent; "—" goes.
    given = both.row(row(" Die   Katze —  schläft", "The cat — sleeps", pos="D N X V", alignment="0-0 1-1 2-2 3-3"))
    assert isinstance(given, Row)
    made = cleaner.row(given)
    assert isinstance(made, Row)
    assert (made.source, made.extras["pos"]) == ("die katze schläft", "D N V")
    assert made.extras["alignment"] == [(0, 0), (1, 1), (2, 2)]
    further = Annotations(sources={"mt": FurtherSource(like="target")})
    lower = Cleaner(CleaningSettings(lower="target"), Ledger(), further)
    assert lower.row(row("Ab", "Cd", mt="Ef")) == row("Ab", "cd", mt="ef")


def test_words_that_nobody_can_follow_are_a_bad_line() -> None:
    cleaner = Cleaner(CleaningSettings(source_spaces="remove"), ledger := Ledger(on_bad_line="skip"), POS)
    assert [*cleaner.rows(ledger.rows([row("h e", pos="A B"), row("x", pos="C")]))] == [row("x", pos="C")]
    assert (ledger.read, ledger.bad) == (1, 1)
    assert ledger.first_bad[0].startswith("a.tsv:7: cleaning leaves other words of the source")
    assert follow("a b c", "a c", lambda text: text.replace("b", "").strip()) == [1, 0, 1]
    assert follow("a b", "abc d e", lambda text: text + "!") is None


def test_the_same_words_with_other_factors_are_no_duplicate() -> None:
    cleaner = Cleaner(CleaningSettings(duplicates="drop"), Ledger(), POS)
    rows = [row("a", pos="N"), row("a", pos="V"), row("a", pos="N")]
    assert [each.extras["pos"] for each in cleaner.rows(rows)] == ["N", "V"]


# ---- tokens and words ------------------------------------------------------------------------------------------------

TEXTS = [
    "the cat, sees 2 dogs",
    "  leading and  double ",
    "我们 去 shopping。",
    "tab\there\u3000wide\nline",
    "<2de> a<2de>b 鑫",
    "x",
]


def tokenizers() -> list[TextTokenizer]:
    special = ["<2de>"]
    learnt = [kind.fit(TEXTS[:3] * 3, special_tokens=special) for kind in (WordSettings(), WordSettings(split="space"))]
    more = [CharacterSettings(), ByteSettings(), BpeSettings(size=330), BpeSettings(size=330, sampling=0.5)]
    return learnt + [kind.fit(TEXTS[:3] * 3, special_tokens=special) for kind in more]


@pytest.mark.parametrize("tokenizer", tokenizers(), ids=lambda each: each.settings.kind)
@pytest.mark.parametrize("text", TEXTS)
def test_the_word_of_each_token(tokenizer: TextTokenizer, text: str) -> None:
    """Against the plain way: how many words has the text that the tokens up to this one spell?"""
    if tokenizer.settings == WordSettings(split="space"):  # whose tokens may hold any space but one
        text = " ".join(text.split())
    ids = tokenizer.encode(text)
    pieces = tokenizer.pieces(text)
    plain = [max(0, len(tokenizer.join(pieces[: end + 1]).split()) - 1) for end in range(len(ids))]
    if tokenizer.settings.kind != "byte":  # half a character is no space, whatever the rest will make of it
        assert tokenizer.words_of(text, ids) == plain
    assert tokenizer.words_of(text, ids) == sorted(tokenizer.words_of(text, ids))
    assert set(tokenizer.words_of(text, ids)) == set(range(len(text.split())))
    [sampled] = tokenizer.sample([text], seed=3)
    assert set(tokenizer.words_of(text, sampled)) == set(range(len(text.split())))
    assert len(tokenizer.words_of(text, sampled)) == len(sampled)


def test_spaces_belong_to_the_word_before_them() -> None:
    assert word_numbers([" ", "a", "b", " ", " ", "c d", "", "e", " f"]) == [0, 0, 0, 0, 0, 2, 2, 2, 3]
    characters, text = CharacterSettings().fit(["ab cd"]), "ab cd"
    assert characters.words_of(text, characters.encode(text)) == [0, 0, 0, 1, 1]


# ---- numbering -------------------------------------------------------------------------------------------------------

WORDS = WordSettings().fit(["a b c d e f g h . "])
LETTERS = CharacterSettings().fit(["abcdefgh .!"], special_tokens=["<2de>"])
TAGS = WordSettings(split="space").fit(["N V X"])
N, V, X = (TAGS.encode(tag)[0] for tag in "NVX")


def numbered(numbering: Numbering, *rows: Row) -> list[Numbered]:
    return [*numbering.pairs(rows, count=lambda *_: None)]


def test_each_token_has_the_factor_of_its_word() -> None:
    numbering = Numbering(LETTERS, LETTERS, factors={"pos": TAGS})
    [pair] = numbered(numbering, row("ab c", "d", pos="N V"))
    assert pair.columns["text.pos"] == [N, N, N, V]
    source, _ = numbering.source("ab c", {"pos": "N Q"})
    assert source.parts["text.pos"] == [N, N, N, TAGS.specials.unk]
    assert list(numbering.stored) == list(pair.columns)
    with pytest.raises(DataError, match=r"must have `pos` beside its text, but has none\. Give its column"):
        numbering.source("ab c")
    with pytest.raises(DataError, match="a value for each of the source's 2 words, but has 1"):
        numbering.source("ab c", {"pos": "N"})


def test_long_texts_are_cut_with_their_factors() -> None:
    given = row("<2de> ab cd. Ef gh! ab", "a. b! c", pos="X N V V N X")
    cut = Numbering(LETTERS, LETTERS, factors={"pos": TAGS}, max_source=5, max_target=9, on_long="truncate")
    [pair] = numbered(cut, given)
    assert (len(pair.text), pair.columns["text.pos"]) == (5, [X, X, N, N, N])
    split = Numbering(LETTERS, LETTERS, factors={"pos": TAGS}, max_source=12, max_target=9, on_long="split")
    parts = split.split_row(given)
    assert [(part.source, part.extras["pos"]) for part in parts] == [
        ("<2de> ab cd. ", "X N V"),
        ("<2de> Ef gh! ab", "X V N X"),
    ]
    assert [pair.columns["text.pos"][-1] for pair in numbered(split, row("ab cd. Ef gh!", "a. B!", pos="N V V X"))] == [
        V,
        X,
    ]
    # A word that is cut in two has its factor in both halves.
    assert [(part.source, part.extras["pos"]) for part in split.split_row(row("abcdefgh" * 2, pos="N"), limit=8)] == [
        ("abcdefgh", "N")
    ] * 2


def test_further_sources_are_parts_of_their_own() -> None:
    numbering = Numbering(LETTERS, LETTERS, further={"draft": WORDS}, max_source=4)
    [pair] = numbered(numbering, row("ab", "d", draft="a b c"))
    assert pair.parts == {"text": LETTERS.encode("ab"), "draft": WORDS.encode("a b c")}
    assert numbering.part_vocabularies == {"draft": WORDS.specials}
    assert numbered(numbering, row("ab", "d", draft="a b c d e")) == []
    assert numbered(numbering, row("ab", "d", draft="")) == []
    with pytest.raises(DataError, match=r"with draft must have at most 4 tokens together, but has 5\. Shorten it"):
        numbering.split_row(row("ab", draft="a b c"))
    with pytest.raises(DataError, match="must have `draft` beside its text"):
        numbering.source("ab")


def test_an_alignment_of_words_becomes_one_of_tokens() -> None:
    numbering = Numbering(LETTERS, WORDS, aligned=True)
    rows = [row("ab c", "d e", alignment=[(0, 1), (1, 0)]), row("ab", "f g")]
    pairs = numbered(numbering, *rows)
    assert pairs[0].columns["alignment"] == [(0, 1), (1, 1), (2, 1), (3, 0)]
    corpus = Corpus.of(pairs, numbering.stored)
    [batch] = ordered_batches(corpus, tokens=64, vocabulary=WORDS.specials)
    assert batch.alignment_BTS is not None
    long = int(batch.source.parts["text"].mask_BS.sum(1).argmax())
    # d, e and the end look at the four letters "ab c"; the other row says nothing of where it looks.
    assert batch.alignment_BTS[long].int().tolist() == [[0, 0, 0, 1], [1, 1, 1, 0], [0, 0, 0, 0]]
    assert not batch.alignment_BTS[1 - long].any()
    short = Numbering(LETTERS, WORDS, aligned=True, max_source=2, on_long="truncate")
    assert numbered(short, rows[0])[0].columns["alignment"] == [(0, 1), (1, 1)]


def test_annotations_move_with_another_segmentation() -> None:
    texts = ["the cat sees the dog", "where is the other one?"]
    bpe = BpeSettings(size=330, sampling=0.6).fit(texts * 3)
    numbering = Numbering(bpe, bpe, factors={"pos": TAGS}, aligned=True)
    given = row(*texts, pos="X N V X N", alignment=[(0, 2), (4, 4)])
    pairs = numbered(numbering, *[given] * 8)
    again = numbering.again(pairs, seed=1)
    assert len({tuple(pair.text) for pair in again}) > 1
    for pair in again:
        words = bpe.words_of(texts[0], pair.text)
        said = bpe.words_of(texts[1], pair.target)
        assert pair.columns["text.pos"] == [[X, N, V, X, N][word] for word in words]
        assert {(words[one], said[other]) for one, other in pair.columns["alignment"]} == {(0, 2), (4, 4)}
        assert len(pair.columns["alignment"]) == words.count(0) * said.count(2) + words.count(4) * said.count(4)
    stream = BatchStream(
        [Corpus.of(pairs, numbering.stored)],
        BatchSettings(tokens=200),
        vocabulary=bpe.specials,
        seed=1,
        again=lambda pairs, seed: numbering.again(pairs, seed=seed),
    )
    batch = next(stream)
    parts = batch.source.parts
    assert parts["text"].values.shape == parts["text.pos"].values.shape
    assert batch.alignment_BTS is not None
    assert batch.alignment_BTS.any()


def test_a_language_model_reads_one_token_whatever_is_asked() -> None:
    numbering = Numbering(LETTERS, LETTERS, sourceless=True, max_source=2)
    bos = LETTERS.specials.bos
    [pair] = numbered(numbering, row("abcdefgh", "abcdefgh"))
    assert pair.columns == {"text": [bos], "target": LETTERS.encode("abcdefgh")}
    source, own = numbering.source("anything. At all.")
    assert (source.parts, own) == ({"text": [bos]}, ())
    assert numbering.split_row(row("anything. At all."), limit=3) == [row("anything. At all.")]


def test_a_pipe_with_columns_is_answered_as_it_comes() -> None:
    """Its second line need not be there for the first to be read."""
    stream = io.BytesIO(b"a b\tN V\nc\tX\n")
    columns = Columns(source=(1,), extras={"pos": 2})
    made = read_rows("-", columns=columns, sources_only=True, stdin=stream)
    assert [(each.source, each.extras) for each in made if isinstance(each, Row)] == [
        ("a b", {"pos": "N V"}),
        ("c", {"pos": "X"}),
    ]
    plain = read_rows("-", columns=columns, sources_only=True, stdin=io.BytesIO(b"a b\n"))
    assert [each.extras for each in plain if isinstance(each, Row)] == [{}]


def test_a_side_that_is_always_cut_alike_keeps_its_tokens() -> None:
    """Unknown words too, whose text their ids no longer know."""
    bpe = BpeSettings(size=330, sampling=0.6).fit(["the cat sees the dog"] * 3)
    numbering = Numbering(bpe, WORDS, aligned=True)
    given = row("the cat sees the dog", "a unknownword b", alignment=[(1, 1), (4, 2)])
    for pair in numbering.again(numbered(numbering, *[given] * 5), seed=1):
        words = bpe.words_of(given.source, pair.text)
        assert {(words[one], other) for one, other in pair.columns["alignment"]} == {(1, 1), (4, 2)}
