"""What cleaning changes, what it drops, and what it leaves alone."""

from __future__ import annotations

import os
import re
import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seqloom.core.errors import MissingExtraError, RecipeError
from seqloom.core.settings import parse
from seqloom.data.cleaning import Cleaner, CleaningSettings
from seqloom.data.ledger import Ledger
from seqloom.data.lengths import _UNITS, length_of
from seqloom.data.normalising import _AS_SPACE, _INVISIBLE, collapse_spaces, remove_control
from seqloom.data.rows import Row
from seqloom.data.seen import Seen

DATA = Path(os.environ.get("SEQLOOM_DATA", Path(__file__).parents[3] / "shared" / "data"))


def cleaned(*rows: tuple[str, ...], **settings: Any) -> tuple[list[tuple[str, ...]], dict[str, int]]:
    ledger = Ledger()
    cleaner = Cleaner(CleaningSettings(**settings), ledger)
    found = list(cleaner.rows(Row(source=source, targets=tuple(targets)) for source, *targets in rows))
    for row in found:
        # What a source becomes in training, it becomes when it is asked for; and once is enough.
        assert cleaner.source(row.source) == row.source
    return [(row.source, *row.targets) for row in found], dict(ledger.counts)


def source(text: str, **settings: Any) -> str:
    return Cleaner(CleaningSettings(**settings), Ledger()).source(text)


def target(text: str, **settings: Any) -> str:
    return Cleaner(CleaningSettings(**settings), Ledger()).target(text)


def test_by_default_only_canonical_forms_and_empty_sides() -> None:
    rows = [(" A\u200bB  ＣＤ\t", "schÃ¶n ﬁ ①"), ("", "b"), ("c", " \t"), ("cafe\u0301", "x", "re\u0301f")]
    assert cleaned(*rows) == (
        [rows[0], ("café", "x", "réf")],
        {"dropped: empty source": 1, "dropped: empty target": 1, "changed: Unicode form NFC": 1},
    )
    assert source("cafe\u0301", unicode="none") == "cafe\u0301"
    assert source("ﬁ①", unicode="nfkc") == "fi1"


def test_a_row_that_needs_no_change_is_the_same_row() -> None:
    row = Row(source="a", targets=("b", "c"), file="f", line=3)
    [same] = Cleaner(CleaningSettings(control=True, spaces="collapse"), Ledger()).rows([row])
    assert same is row
    [changed] = Cleaner(CleaningSettings(lower="both"), Ledger()).rows([Row(source="A", targets=("B", "C"), line=3)])
    assert changed == Row(source="a", targets=("b", "c"), line=3)


@given(st.text(alphabet=st.one_of(st.characters(), st.sampled_from(" \t\n\u00a0\u3000我ไ"))))
def test_what_needs_no_change_is_seen_without_a_pattern(text: str) -> None:
    bare = "".join(char for char in text if char not in "\t\n\r")
    assert remove_control(bare) == _INVISIBLE.sub("", _AS_SPACE.sub(" ", bare))
    assert collapse_spaces(bare) == " ".join(bare.split())
    assert length_of(text) == len(re.findall(_UNITS, text))


def test_nothing_that_can_be_printed_is_a_control() -> None:
    printed = "".join(char for char in map(chr, range(0x110000)) if char.isprintable())
    assert _AS_SPACE.search(printed) is None
    assert not [char for char in printed if _INVISIBLE.match(char)]
    assert printed.split() == ["".join(printed[1:])]  # the space alone is white


def test_sources_without_targets() -> None:
    found, counts = cleaned(("a",), ("",), ("a",), duplicates="drop", identical="drop", max_ratio=2.0)
    assert (found, counts) == ([("a",)], {"dropped: empty source": 1, "dropped: duplicate": 1})


@pytest.mark.parametrize(
    ("side", "texts"), [("none", ("A", "B")), ("source", ("a", "B")), ("target", ("A", "b")), ("both", ("a", "b"))]
)
def test_sides(side: str, texts: tuple[str, str]) -> None:
    assert cleaned(("A", "B"), lower=side)[0] == [texts]
    assert cleaned(("A!", "B!"), remove_punctuation=side, lower="both")[0] == [
        ("a" if side in ("source", "both") else "a!", "b" if side in ("target", "both") else "b!")
    ]


def test_full_width() -> None:
    assert source("ＡＢＣ，１２３！\u3000（￥５）。、「カ」", width="half") == "ABC,123! (¥5)。、「カ」"


def test_chinese_in_one_form_by_words_and_not_by_characters() -> None:
    rows = [("皇后的頭髮乾淨。", "Clean hair, her 髮"), ("干部发展", "cadres")]
    assert cleaned(*rows, chinese="simplified") == (
        [("皇后的头发干净。", "Clean hair, her 发"), rows[1]],
        {"changed: Chinese made simplified": 1},
    )
    assert source("头发很干净，干部发展。", chinese="traditional") == "頭髮很乾淨，幹部發展。"


def test_chinese_in_one_form_without_its_extra_is_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "opencc", None)
    with pytest.raises(MissingExtraError, match=r"^`chinese = \"simplified\"` needs the extra `chinese`"):
        Cleaner(CleaningSettings(chinese="simplified"), Ledger())


def test_mojibake() -> None:
    text = "schÃ¶n, cafÃ©, ä½ å¥½"
    assert source(text.split(",")[0], mojibake=True) == "schön"
    # Nothing else that could be put right: quotes, ligatures, width and entities stay.
    for same in ["“quoted”", "ﬁne", "ＡＢＣ", "&amp;", "naïve café", "你好，世界", "Ā̆", "ça va…"]:
        assert source(same, mojibake=True) == same


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("a\x00b\x07c\x7fd\x9f", "abcd"),
        ("a\tb\nc\rd", "a\tb\nc\rd"),
        ("a\x0bb\u2028c\x85d", "a b c d"),
        ("\ufeffa\u200bb\u2060c\u00add\u200ee\u202af", "abcdef"),
        ("好\u200d好\u200c", "好好"),
        ("می\u200cخواهم", "می\u200cخواهم"),
        ("क्\u200dष", "क्\u200dष"),
        ("👨\u200d👩\u200d👧 ❤️\u200d🔥 🏴\u200d☠️", "👨\u200d👩\u200d👧 ❤️\u200d🔥 🏴\u200d☠️"),
        ("ភាសា\u200bខ្មែរ", "ភាសា\u200bខ្មែរ"),
    ],
)
def test_control_and_zero_width_characters(text: str, left: str) -> None:
    assert source(text, control=True) == left


def test_spaces() -> None:
    assert source("  a \u3000 b\n\nc ", spaces="collapse") == "a b c"
    # Columns that were joined stay apart.
    assert source("a  b \t c ", spaces="collapse") == "a b\tc"
    assert source("h e l l o\tN; P L", source_spaces="remove") == "hello\tN;PL"
    assert target("h e l l o", source_spaces="remove") == "h e l l o"


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("Hello, world! (yes)", "Hello world yes"),
        ("yes,no - maybe …", "yes no maybe"),
        ("“3.14” and 10,000: don’t e-mail", "3.14 and 10,000 don’t e-mail"),
        ("好，的。你？", "好的你"),
        ("卡尔·马克思，你好,world", "卡尔·马克思你好 world"),
        ("1 + 1 = 2 €", "1 + 1 = 2 €"),
        ("a.\t!b", "a\tb"),
        ("?!", ""),
    ],
)
def test_punctuation(text: str, left: str) -> None:
    assert source(text, remove_punctuation="both") == left


@pytest.mark.parametrize(
    ("language", "text", "left"),
    [
        ("en", "What is the capital of France?", "capital France?"),
        ("en", "I don't like it’s colour, it’s not up-to-date", "don't like colour, not up-to-date"),
        ("en", "Theatre others Ithaca", "Theatre others Ithaca"),
        ("en", "Is it?", "Is it?"),
        ("fr", "L'homme d’affaires n'est pas là", "homme affaires n'est pas"),
        ("de", "Ich habe das Haus nicht gesehen", "Haus nicht gesehen"),
        ("zh", "我的目的地是北京", "目的地北京"),
        ("zh", "他不是我的朋友", "不是朋友"),
        ("zh", "你是不是学生", "学生"),
        ("zh", "他了解过去的事情", "了解过去事情"),
        ("zh", "這家飯店的服務很好，但是房間太小了", "家飯店服務好，房間小"),
        ("zh", "是的", "是的"),
    ],
)
def test_stop_words(language: str, text: str, left: str) -> None:
    assert source(text, stop_words=(language,)) == left
    assert target(text, stop_words=(language,)) == text


def test_stop_words_of_several_languages() -> None:
    assert source("the Haus 的 maison", stop_words=("zh", "en", "de")) == "Haus  maison"
    assert source("The Haus 的 maison", stop_words=("zh", "en", "de"), spaces="collapse") == "Haus maison"


def test_lengths() -> None:
    assert [length_of(text) for text in ["我有3 apples", "hello world", "안녕 하세요", "", " ", "日本語。"]] == [
        4,
        2,
        2,
        0,
        0,
        4,
    ]


def test_what_is_dropped_and_why() -> None:
    rows = [("a b", "c d"), ("a", "c d"), ("a b c d e", "f g"), ("a b", "一二三四"), ("a b", "a b"), ("a b", "c d")]
    settings = {"min_length": 2, "max_length": 4, "max_ratio": 1.5, "identical": "drop", "duplicates": "drop"}
    found, counts = cleaned(*rows, **settings)
    assert found == [("a b", "c d")]
    assert list(counts) == [
        f"dropped: {why}"
        for why in ("too short", "too long", "lengths too different", "target same as source", "duplicate")
    ]
    assert set(counts.values()) == {1}


def test_a_limit_is_the_last_length_that_stays() -> None:
    rows = [("a b", "c d e f"), ("a b c", "d e f g")]
    assert len(cleaned(*rows, min_length=2, max_length=4, max_ratio=2.0)[0]) == 2


def test_pairs_are_duplicates_when_they_are_alike_once_clean() -> None:
    found, counts = cleaned(
        ("A", "b"), ("a", "b"), ("a", "c"), ("ab", "c"), ("a", "bc"), lower="both", duplicates="drop"
    )
    assert found == [("a", "b"), ("a", "c"), ("ab", "c"), ("a", "bc")]
    assert counts == {"changed: made lower case": 1, "dropped: duplicate": 1}


def test_steps_are_counted_once_a_row() -> None:
    _, counts = cleaned(("A  ！", "B  ！", "C"), ("a", "b"), lower="both", spaces="collapse", width="half")
    assert counts == {f"changed: {what}": 1 for what in ("full width made half", "made lower case", "spaces collapsed")}


@given(texts=st.lists(st.text(max_size=3), max_size=400))
def test_seen_is_a_set(texts: list[str]) -> None:
    seen, known = Seen(), set[str]()
    for text in texts:
        assert seen.add(text) == (text not in known)
        known.add(text)
    assert len(seen) == len(known)


def test_seen_grows_and_stays_small() -> None:
    seen = Seen()
    assert all(seen.add(str(number)) for number in range(20_000))
    assert not any(seen.add(str(number)) for number in range(20_000))
    assert seen.bytes_used <= 24 * 20_000


CJK = st.characters(min_codepoint=0x4E00, max_codepoint=0x9FFF) | st.sampled_from("，。！？「」Ａ１　的是了")


@given(text=st.text(st.characters(exclude_categories=["Cs"]) | CJK))
def test_normalising_twice_is_normalising_once(text: str) -> None:
    everything: dict[str, Any] = {"unicode": "nfkc", "control": True, "width": "half", "spaces": "collapse"}
    once = source(text, **everything)
    assert source(once, **everything) == once


@pytest.mark.parametrize(
    ("data", "line"),
    [
        ({"min_length": 5, "max_length": 4}, "recipe: max_length must be 0 or at least min_length (5), but is 4."),
        ({"max_ratio": 0.5}, "recipe: max_ratio must be 0 or at least 1, but is 0.5."),
        ({"lower": "sorce"}, 'recipe: `lower` must be one of "none", "source", "target", "both", but is "sorce". '),
        ({"stop_words": ["xx"]}, 'recipe: `stop_words.0` must be one of "zh", "en", "fr", "de", but is "xx".'),
        ({"widht": "half"}, "recipe: `widht` is not a setting of the cleaning. Did you mean `width`?"),
    ],
)
def test_settings_that_cannot_be(data: dict[str, object], line: str) -> None:
    with pytest.raises(RecipeError) as error:
        parse(CleaningSettings, data)
    assert str(error.value).startswith(line)


@pytest.mark.skipif(not DATA.is_dir(), reason="the real data is not here")
@pytest.mark.parametrize(
    "file", ["tatoeba_cmn_eng/test.zh", "multi30k/val.fr", "multi30k/val.cs", "libreoffice_ui/en-ja/dev.ja"]
)
def test_sound_text_is_left_alone(file: str) -> None:
    lines = (DATA / file).read_text(encoding="utf-8").splitlines()
    cleaner = Cleaner(CleaningSettings(mojibake=True, unicode="nfc"), Ledger())
    assert [cleaner.source(line) for line in lines] == lines
