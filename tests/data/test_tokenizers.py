"""Text to ids and back, losing nothing, for every kind of tokenizer."""

import json
import math
import subprocess
import sys
from collections import Counter
from collections.abc import Callable
from functools import cache
from pathlib import Path
from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seqloom.core.errors import DataError, MissingExtraError, ModelFolderError, RecipeError
from seqloom.data.tokenizers import TextTokenizer, TokenizerSettings, load_tokenizer, subwords
from seqloom.data.tokenizers.characters import CharacterSettings
from seqloom.data.tokenizers.octets import ByteSettings
from seqloom.data.tokenizers.sampling import Lattice, Merges
from seqloom.data.tokenizers.sides import load_sides, name_sides
from seqloom.data.tokenizers.subwords import BpeSettings, SubwordTokenizer, UnigramSettings
from seqloom.data.tokenizers.words import WordSettings

TEXTS = [
    "Two young men are outside near many bushes.",
    "Zwei junge weiße Männer sind im Freien in der Nähe vieler Büsche.",
    "我喜欢用 Python 写代码。",
    "今日はいい天気ですね。",
    "A man, (tall) — and so on; 3.14 km/h!",
] * 3
SPECIAL = ("<2de>", "<2en>", "<2de>x")
SETTINGS: list[TokenizerSettings] = [
    BpeSettings(size=400, sampling=0.3),
    UnigramSettings(size=340, sampling=0.9, alpha=0.5),
    WordSettings(),
    WordSettings(segmenter="jieba"),
    WordSettings(split="space"),
    CharacterSettings(),
    CharacterSettings(whole=r"V;\w+|x*"),
    ByteSettings(),
]
HARD = [
    "",
    " ",
    "  a  b ",
    "\t\n",
    "a\r\nb\x0b\x1c\u2028",
    "▁ ▁▁x",
    "\uf8f1s\uf8f1",
    "👨‍👩‍👧👍🏽",
    "हिन्दी में",
    "สวัสดีครับ",
    "cafe\u0301",
]
HARD += [
    "<2de>",
    "<2de> Hallo",
    "<2de>Hallo",
    " <2de>  x<2en>",
    "x<2de>x<2de>",
    "<2zh>你好",
    "\u0301",
    "か\u3099",
    "\u2585",
]
HARD += ["<s></s><pad><bos><eos><unk>", "<0x41>", "<join>", 'don\'t "say" it', "ＡＢＣ１２", "\ufeff\ufffd"]
TEXT = st.text() | st.lists(st.sampled_from([*HARD, *TEXTS[:5], " ", "a", "好", "<2de>"])).map("".join)


@cache
def fitted(settings: TokenizerSettings) -> TextTokenizer:
    return settings.fit([*TEXTS, *HARD], special_tokens=SPECIAL)


def covers(tokenizer: TextTokenizer, text: str) -> bool:
    return tokenizer.specials.unk not in tokenizer.encode(text)


every_kind = pytest.mark.parametrize("settings", SETTINGS, ids=repr)


@every_kind
@given(text=TEXT)
def test_nothing_is_lost(settings: TokenizerSettings, text: str) -> None:
    tokenizer = fitted(settings)
    pieces = tokenizer.pieces(text)
    assert tokenizer.join(pieces) == text
    assert len(pieces) == len(tokenizer.encode(text))
    if settings.kind in ("bpe", "unigram", "byte"):
        assert covers(tokenizer, text)
    if covers(tokenizer, text):
        assert tokenizer.decode(tokenizer.encode(text)) == text
        assert tokenizer.show(tokenizer.encode(text)) == pieces
        assert [tokenizer.id_of(piece) for piece in pieces] == tokenizer.encode(text)


@every_kind
def test_what_was_learnt_from_is_covered(settings: TokenizerSettings) -> None:
    tokenizer = fitted(settings)
    for text in [*TEXTS, *HARD]:
        assert covers(tokenizer, text), text
        assert tokenizer.decode(tokenizer.encode(text)) == text
    assert tokenizer.encode_all(HARD) == [tokenizer.encode(text) for text in HARD]


@every_kind
def test_text_never_becomes_a_control(settings: TokenizerSettings) -> None:
    text = "<pad> <bos> <eos> <unk> <s> </s>"
    ids = settings.fit([text]).encode(text)
    assert min(ids) > 3


@every_kind
def test_special_tokens_are_whole_and_only_themselves(settings: TokenizerSettings) -> None:
    tokenizer = fitted(settings)
    special, longer = tokenizer.id_of("<2de>"), tokenizer.id_of("<2de>x")
    assert tokenizer.special_tokens == SPECIAL
    assert tokenizer.encode("<2de> Zwei")[0] == special
    assert tokenizer.encode("<2de>x")[0] == longer
    assert special not in tokenizer.encode("<2 de> <2de 2de>")
    assert tokenizer.decode([special or 0]) == "<2de>"


@every_kind
def test_saved_and_loaded_it_is_the_same(settings: TokenizerSettings, tmp_path: Path) -> None:
    tokenizer = fitted(settings)
    tokenizer.save(tmp_path)
    loaded = load_tokenizer(tmp_path)
    assert loaded.settings == settings
    assert loaded.encode_all([*TEXTS, *HARD]) == tokenizer.encode_all([*TEXTS, *HARD])
    lines = (tmp_path / "vocabulary.tsv").read_bytes().decode().split("\n")[:-1]
    assert len(lines) == tokenizer.specials.size
    assert sum(int(line.rpartition("\t")[2]) for line in lines) > 0
    loaded.save(tmp_path / "again")
    assert (tmp_path / "again" / "vocabulary.tsv").read_bytes() == (tmp_path / "vocabulary.tsv").read_bytes()


def test_fitting_is_the_same_every_time(tmp_path: Path) -> None:
    for settings in (BpeSettings(size=350, sample=4), UnigramSettings(size=320)):
        settings.fit(TEXTS).save(tmp_path / "first")
        settings.fit(iter(TEXTS)).save(tmp_path / "second")
        assert (tmp_path / "first/sentencepiece.model").read_bytes() == (
            tmp_path / "second/sentencepiece.model"
        ).read_bytes()


# ---- subwords --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("settings", SETTINGS[:2], ids=repr)
def test_sampling_follows_its_seed_and_keeps_the_text(settings: TokenizerSettings) -> None:
    tokenizer = fitted(settings)
    texts = [*TEXTS, *HARD]
    first, other = tokenizer.sample(texts, seed=1), tokenizer.sample(texts, seed=2)
    assert tokenizer.sample(texts, seed=1) == first  # whatever was drawn between
    assert first != other
    assert first != tokenizer.encode_all(texts)
    assert [tokenizer.decode(ids) for ids in first + other] == texts + texts
    assert sum(map(len, first)) > sum(map(len, tokenizer.encode_all(texts)))
    for text, ids in zip(texts, first, strict=True):
        assert ids.count(tokenizer.id_of("<2de>") or 0) == tokenizer.encode(text).count(tokenizer.id_of("<2de>") or 0)


def test_another_process_samples_the_same() -> None:
    code = (
        "from seqloom.data.tokenizers.subwords import BpeSettings\n"
        f"texts = {TEXTS!r}\n"
        "print(BpeSettings(size=400, sampling=0.3).fit(texts).sample(texts, seed=5))"
    )
    outputs = [subprocess.run([sys.executable, "-c", code], capture_output=True, text=True) for _ in range(2)]
    assert outputs[0].stdout == outputs[1].stdout != ""
    assert outputs[0].stderr == ""


def test_merges_without_dropout_are_the_models_own() -> None:
    tokenizer = fitted(BpeSettings(size=400, sampling=0.3))
    assert isinstance(tokenizer, SubwordTokenizer)
    scores = tokenizer._drawn.scores
    kept, none = Merges(scores=scores, dropout=0.0), Merges(scores=scores, dropout=1.0)
    for word in " ".join(TEXTS[:5]).split(" "):
        known = [piece if piece in scores else None for piece in kept.cut(f"▁{word}", Random(1))]
        assert known == [None if piece.startswith("<0x") else piece for piece in _characters(tokenizer, word)]
        assert none.cut(f"▁{word}", Random(1)) == list(f"▁{word}")


def _characters(tokenizer: TextTokenizer, word: str) -> list[str]:
    """The pieces of a word, those bytes that are one character together being one."""
    pieces = tokenizer.pieces(word)
    return [piece for piece in pieces if not (piece.startswith("<0x") and 0x80 <= int(piece[3:5], 16) < 0xC0)]


def test_lattice_draws_in_proportion() -> None:
    """Kudo 2018, section 3.2, counted over every segmentation of a word of three characters."""
    scores = {"a": -1.0, "b": -2.0, "ab": -1.5, "bc": -2.5, "abc": -3.0}
    lattice = Lattice(scores=scores, alpha=0.5, longest=3, unknown=-4.0)
    ways = {("a", "b", "c"): -7.0, ("ab", "c"): -5.5, ("a", "bc"): -3.5, ("abc",): -3.0}
    total = sum(math.exp(0.5 * score) for score in ways.values())
    dice = Random(1)
    drawn = Counter(tuple(lattice.cut("abc", dice)) for _ in range(20_000))
    assert drawn.keys() == ways.keys()
    for way, score in ways.items():
        assert drawn[way] / 20_000 == pytest.approx(math.exp(0.5 * score) / total, abs=0.01)


def test_sampling_off_is_the_best_segmentation() -> None:
    tokenizer = BpeSettings(size=400).fit(TEXTS)
    assert not tokenizer.samples
    assert tokenizer.sample(TEXTS, seed=1) == tokenizer.encode_all(TEXTS)


def test_too_large_a_vocabulary_is_made_smaller_and_told(caplog: pytest.LogCaptureFixture) -> None:
    for settings in (BpeSettings(size=8000), UnigramSettings(size=8000)):
        with caplog.at_level("INFO", logger="seqloom"):
            tokenizer = settings.fit(["hello world", "good day"], special_tokens=["<2de>"])
        assert 261 < tokenizer.specials.size < 400
        assert f"the vocabulary's size is {tokenizer.specials.size}" in caplog.messages[-1]


def test_more_characters_than_tokens_leaves_the_rare_to_bytes() -> None:
    rare = "".join(chr(0x4E00 + number) for number in range(2000))
    tokenizer = BpeSettings(size=400).fit([rare, *["我们 我们 喜欢"] * 50])
    assert tokenizer.specials.size == 400
    assert tokenizer.pieces("我们") == ["▁我们"]
    assert tokenizer.decode(tokenizer.encode(rare)) == rare


def test_words_in_a_row_are_what_the_model_says_of_the_whole(tmp_path: Path) -> None:
    import sentencepiece

    tokenizer = BpeSettings(size=400).fit(TEXTS)
    tokenizer.save(tmp_path)
    model = sentencepiece.SentencePieceProcessor(model_file=str(tmp_path / "sentencepiece.model"))
    for text in [*TEXTS, " a  b ", "x " * 300, "y" * 300]:
        assert tokenizer.encode(text) == model.encode(text)


def test_many_texts_at_once_are_read_as_each_of_them_is() -> None:
    odd = ["", " ", " a  b ", "a\tb\nc", "▁ \uf8f1 ▅", "x\u00a0y", "y" * 300, "\ud800", "Büsche."]
    texts = [f"{text}{number}" for number in range(30) for text in odd] + odd
    for special in ((), SPECIAL):
        one, many = (BpeSettings(size=400).fit(TEXTS, special_tokens=special) for _ in range(2))
        assert many.encode_all(texts) == [one.encode(text) for text in texts]
        assert one.encode(texts[0]) == many.encode(texts[0])


def test_counts_are_those_of_the_texts_it_was_learnt_from() -> None:
    texts = [*TEXTS, "two  spaces", " around "]
    tokenizer = BpeSettings(size=400).fit(texts)
    counts = Counter(number for text in texts for number in tokenizer.encode(text.strip()))
    assert dict(enumerate(tokenizer.vocabulary.counts)) == {id_: counts[id_] for id_ in range(tokenizer.specials.size)}
    assert max(counts.values()) > 10


def test_both_sides_in_a_folder_are_one_tokenizer_or_two(tmp_path: Path) -> None:
    source, target = (CharacterSettings().fit([text]) for text in ("ab", "cd"))
    for name, sides in (("one", (source, source)), ("two", (source, target))):
        for folder, tokenizer in name_sides(*sides).items():
            tokenizer.save(tmp_path / name / folder)
        loaded = load_sides(tmp_path / name)
        assert [each.specials for each in loaded] == [each.specials for each in sides]
        assert (loaded[0] is loaded[1]) == (name == "one")
        assert loaded[1].id_of("c") == sides[1].id_of("c")


def test_half_of_a_surrogate_pair_is_read_as_no_character() -> None:
    for settings in SETTINGS:
        assert fitted(settings).decode(fitted(settings).encode("a \ud800")) in ("a \ufffd", "a <unk>", "a<unk>")


def test_words_of_another_vocabulary_join() -> None:
    tokenizer = BpeSettings(size=400).fit(TEXTS)
    assert tokenizer.join(["▁Ünknown", "ᚠ", "▁are"]) == "Ünknownᚠ are"


# ---- words and characters --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "tokens"),
    [
        ("A man, (tall), runs.", ["A", "man", ",", "(", "tall", ")", ",", "runs", "."]),
        ("l'eau; don't", ["l", "'", "eau", ";", "don", "'", "t"]),
        ("我用Python。", ["我", "用", "Python", "。"]),
        ("3km", ["3", "<join>", "km"]),
        ("a  b", ["a", " ", " ", "b"]),
        ("a\nb", ["a", "\n", "b"]),
        ("हिन्दी में", ["हिन्दी", "में"]),
        ("한국어 문장", ["한국어", "문장"]),
    ],
)
def test_words_have_one_form_and_only_unusual_spaces_are_tokens(text: str, tokens: list[str]) -> None:
    assert WordSettings().fit([text]).pieces(text) == tokens


def test_jieba_knows_words() -> None:
    assert fitted(WordSettings(segmenter="jieba")).pieces("我喜欢写代码。") == ["我", "喜欢", "写", "代码", "。"]


def test_jieba_missing_is_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "jieba", None)
    with pytest.raises(MissingExtraError, match="needs the extra `chinese`"):
        WordSettings(segmenter="jieba").fit(["我"])


def test_phonemes_stand_between_spaces() -> None:
    tokenizer = WordSettings(split="space").fit(["HH AH0 L OW1"])
    assert tokenizer.pieces("HH AH0 L") == ["HH", "AH0", "L"]
    assert tokenizer.specials.size == 4 + 4


def test_tags_are_whole() -> None:
    pieces = CharacterSettings(whole=r"\w+(?:;[\w(),]+)+").fit(["a V;IMP;NOM(2,PL)"]).pieces("ab V;IMP;NOM(2,PL)")
    assert pieces == ["a", "b", " ", "V;IMP;NOM(2,PL)"]


def test_rare_words_are_unknown_and_the_commonest_are_kept() -> None:
    texts = ["a a a b b c"]
    assert WordSettings(minimum_count=2).fit(texts).encode("a b c d")[2:] == [3, 3]
    small = WordSettings(split="space", size=5).fit(texts)
    assert small.encode("a b") == [4, 3]
    assert small.decode([4, 3, 99, 0, 1, 2]) == "a <unk> <unk>"
    assert small.pieces("a zebra") == ["a", "zebra"]


# ---- mistakes --------------------------------------------------------------------------------------------------------


@every_kind
def test_nothing_to_learn_from(settings: TokenizerSettings) -> None:
    if settings.kind != "byte":
        with pytest.raises(DataError, match="must be fitted on texts"):
            settings.fit(["", ""])


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: BpeSettings(size=299), "size must be at least 300"),
        (lambda: CharacterSettings(whole="("), "whole must be a regular expression"),
        (lambda: WordSettings(split="space", segmenter="jieba"), "segmenter must be"),
        (lambda: WordSettings().fit(["a"], special_tokens=["a b"]), "must be a word without spaces"),
        (lambda: WordSettings().fit(["a"], special_tokens=["<unk>"]), "that is none of <pad>"),
        (lambda: WordSettings().fit(["a"], special_tokens=["<join>"]), "must not be <join>"),
        (lambda: ByteSettings().fit(["a"], special_tokens=["a", "a"]), "must differ"),
        (lambda: BpeSettings(size=300).fit(["a"], special_tokens=[f"<{n}>" for n in range(40)]), "Raise `size`"),
    ],
)
def test_what_cannot_be_is_one_line(make: Callable[[], Any], message: str) -> None:
    with pytest.raises((RecipeError, DataError), match=message) as error:
        make()
    assert "\n" not in str(error.value)


def test_damaged_folders_are_one_line(tmp_path: Path) -> None:
    def refused(message: str) -> None:
        with pytest.raises(ModelFolderError, match=message) as error:
            load_tokenizer(tmp_path)
        assert "\n" not in str(error.value)

    refused("has no tokenizer.json")
    fitted(SETTINGS[0]).save(tmp_path)
    model = tmp_path / "sentencepiece.model"
    whole = model.read_bytes()
    model.write_bytes(whole[:-100])
    refused("sentencepiece.model is damaged")
    model.unlink()
    refused("sentencepiece.model is missing")
    model.write_bytes(whole)
    about = tmp_path / "tokenizer.json"
    said = json.loads(about.read_text())
    for change, message in [
        ({"format": 2}, "must be of format 1"),
        ({"settings": {"kind": "neural"}}, 'its kind is "neural"'),
        ({"settings": {"kind": "bpe", "sice": 3}}, "`sice` is not a setting"),
        ({"files": 3}, "damaged or of another program"),
    ]:
        about.write_text(json.dumps(said | change))
        refused(message)
    about.write_text(about.read_text()[:30])
    refused("damaged or of another program")


def test_words_that_were_let_go_of_are_read_as_before(monkeypatch: pytest.MonkeyPatch) -> None:
    """A file of any length takes the same memory; whichever words are kept just then, ids are the same."""
    texts = [f"{text} word{place % 70} other{place % 31}" for place, text in enumerate(TEXTS * 40)]
    settings = BpeSettings(size=400)
    expected = settings.fit(TEXTS).encode_all(texts)
    monkeypatch.setattr(subwords, "_MOST_WORDS", 20)
    few = settings.fit(TEXTS)
    assert [few.encode(text) for text in texts] == expected
    assert [few.encode_all([text])[0] for text in texts] == expected
