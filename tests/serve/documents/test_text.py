"""Plain text and subtitles."""

from __future__ import annotations

import time

import pytest

from seqloom.core.errors import DataError
from seqloom.serve.documents import translated

from .made import word_for_word


def text(content: bytes) -> bytes:
    return translated("a.txt", content, word_for_word)


def test_the_layout_of_a_text_stays() -> None:
    old = "# Hund\r\n\r\n  - Der Hund sieht. Die Katze kauft!\r\n  2) Haus\r\n\r\n\tEnde: 3.14\n"
    new = "# dog\r\n\r\n  - The dog sees. The cat buys!\r\n  2) house\r\n\r\n\tEnde: 3.14\n"
    assert text(old.encode()) == new.encode()


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-16-le"])
def test_a_text_is_read_in_its_encoding_and_written_in_one_that_has_all_letters(encoding: str) -> None:
    old = "Der Hund sieht die Häuser und die Katze.\n" * 3
    mark = "\ufeff" if encoding != "utf-16-le" else ""
    assert text(old.encode(encoding)).decode() == mark + "The dog sees the Häuser and the cat.\n" * 3


def test_nothing_to_translate_leaves_every_byte() -> None:
    assert text(b"") == b""
    assert text(b"\n 12 \n\n-- 3,5 --\r\n") == b"\n 12 \n\n-- 3,5 --\r\n"


@pytest.mark.parametrize(
    "content", [b"MZ\x90\x00\x03\x00\x00\x00\x04\x00", b"\xff\xfe\x00\xd8", bytes(range(128, 256))]
)
def test_what_is_no_text_is_refused_in_one_line(content: bytes) -> None:
    with pytest.raises(DataError, match=r"^a\.txt must be text, as its name says, but .*Save it as UTF-8\.$"):
        text(content)


@pytest.mark.parametrize(
    ("run", "times"),
    [(" ", 200_000), (".", 200_000), ("- ", 50_000), ("A. ", 20_000), ("\n ", 20_000), ("?。", 10_000)],
)
def test_long_runs_of_one_sign_take_no_time(run: str, times: int) -> None:
    begun = time.perf_counter()
    assert text((run * times + "x").encode()).endswith(b"x")
    assert time.perf_counter() - begun < 20  # by trying every beginning, hours


SUBTITLES = """1
00:00:01,000 --> 00:00:02,500
<i>Der Hund sieht</i>
die rote Katze.

2
00:00:03,000 --> 00:00:04,500 X1:40 X2:600
- Hund?
- {\\an8}Katze!

3
00:00:05,000 --> 00:00:06,000

4
0:00:07.000 --> 0:00:08.000
42
"""


def test_numbers_times_tags_and_lines_of_subtitles_stay() -> None:
    new = SUBTITLES.replace("Der Hund sieht", "The dog sees").replace("die rote Katze", "the red cat")
    new = new.replace("Hund?", "dog?").replace("Katze!", "cat!")
    assert translated("a.srt", SUBTITLES.encode(), word_for_word).decode() == new
    windows = b"\xef\xbb\xbf" + SUBTITLES.replace("\n", "\r\n").encode()
    assert translated("a.SRT", windows, word_for_word) == b"\xef\xbb\xbf" + new.replace("\n", "\r\n").encode()


def test_a_cue_is_one_sentence_and_gets_two_lines_as_long_to_each_other_as_before() -> None:
    cue = "1\n00:00:01,000 --> 00:00:02,500\nja ja ja ja\nja ja\n"
    asked = []

    def longer(texts: list[str]) -> list[str]:
        asked.extend(texts)
        return ["one two three four five six seven eight nine"]

    new = translated("a.srt", cue.encode(), longer).decode()
    assert asked == ["ja ja ja ja ja ja"]
    assert new.splitlines()[2:] == ["one two three four five six seven", "eight nine"]
    chinese = translated("a.srt", cue.encode(), lambda _: ["一二三，四五六七八九十"]).decode()
    assert chinese.splitlines()[2:] == ["一二三，四五六七", "八九十"]


def test_the_dash_of_a_speaker_stays() -> None:
    asked = []

    def plain(texts: list[str]) -> list[str]:
        asked.extend(texts)
        return [f"[{text}]" for text in texts]

    cue = "1\n00:00:01,000 --> 00:00:02,500\n- Ja.\n{\\an8}\u2013 <i>Nein - nie.</i>\n"
    new = translated("a.srt", cue.encode(), plain).decode()
    assert asked == ["Ja.", "Nein - nie."]
    assert new.splitlines()[2:] == ["- [Ja.]", "{\\an8}\u2013 <i>[Nein - nie.]</i>"]


def test_subtitles_without_times_are_refused() -> None:
    with pytest.raises(DataError, match=r"^a\.srt must be SubRip subtitles, .* Save it as SRT\.$"):
        translated("a.srt", b"WEBVTT\n\nHund\n", word_for_word)
