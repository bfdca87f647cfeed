"""HTML, pages and fragments."""

from __future__ import annotations

import html
import time
from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seqloom.core.errors import DataError
from seqloom.serve.documents import translated
from seqloom.serve.documents.hypertext import fragment_document

from .made import word_for_word


def fragment(text: str) -> str:
    document = fragment_document(text)
    return document.written(word_for_word(document.texts)).decode()


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('<p class="green">Hund!</p>', '<p class="green">dog!</p>'),
        ("Hund &amp; Katze", "dog &amp; cat"),
        (
            "Die <b>rote Katze</b> sieht <a href='x?a&amp;b'>den Hund</a>.",
            "The <b>red cat</b> sees <a href='x?a&amp;b'>den dog</a>.",
        ),
        ("Die <i>Katze.\n Der</i> Hund", "The <i>cat. The</i> dog"),
        ("<td>Hund</td><td>Katze</td>", "<td>dog</td><td>cat</td>"),
        ("Hund<br/>Katze<hr>Haus", "dog<br/>cat<hr>house"),
        ("\n  <li>\n    Hund\n    sieht\n  </li>", "\n  <li>\n    dog sees\n  </li>"),
        ("Hund<!-- Hund > --> <!-- offen Hund", "dog<!-- Hund > --> <!-- offen Hund"),
        ("<p>3 &lt; 5 &nbsp; &euro;</p>", "<p>3 &lt; 5 &nbsp; &euro;</p>"),
        ("Hund &lt; Katze <3", "dog &lt; cat &lt;3"),
        ("<P TITLE='der \"Hund\"' data-title='Hund'>x</P>", "<P TITLE='the &quot;dog&quot;' data-title='Hund'>x</P>"),
        ('<img src="Hund.png" alt="Hund &amp; Katze">', '<img src="Hund.png" alt="dog &amp; cat">'),
        ('<input placeholder="Hund" value="Hund">', '<input placeholder="dog" value="Hund">'),
        ("<div translate=no>Hund <p>Hund</p></div> Hund", "<div translate=no>dog <p>dog</p></div> dog"),
        (
            '<div translate="no">Hund <p title="Hund">Hund</p></div> Hund',
            '<div translate="no">Hund <p title="Hund">Hund</p></div> dog',
        ),
        ('<b class="x notranslate">Haus</b> sieht', '<b class="x notranslate">Haus</b> sees'),
        ("<a <b>Hund</b>", "<a <b>dog</b>"),
        ("", ""),
    ],
)
def test_words_are_translated_and_nothing_else(old: str, new: str) -> None:
    assert fragment(old) == new


@pytest.mark.parametrize("tag", ["script", "style", "pre", "textarea", "svg", "code", "template"])
def test_what_is_no_prose_stays_to_the_letter(tag: str) -> None:
    kept = f"<{tag} id='Hund'>\n Hund('&amp;') </{tag}>"
    assert fragment(f"<p>Hund {kept} Katze</p>") == f"<p>dog {kept} cat</p>"


def test_a_script_ends_where_it_says() -> None:
    page = "<script>if (a<b) { x = '<p>Hund</p>' }</script><p>Hund</p><SCRIPT>Hund</Script>Hund"
    assert fragment(page) == "<script>if (a<b) { x = '<p>Hund</p>' }</script><p>dog</p><SCRIPT>Hund</Script>dog"


def test_code_in_a_sentence_is_asked_for_with_it_and_stays() -> None:
    document = fragment_document("Der Hund <code>Hund.sieht()</code> kauft.")
    assert "Der Hund Hund.sieht() kauft." in document.texts
    # The translator spoils the code, so that what stands around it is taken.
    assert document.written(word_for_word(document.texts)) == b"The dog <code>Hund.sieht()</code> buys."


def test_an_answer_is_text_and_never_markup() -> None:
    document = fragment_document("<p title='Hund'>Hund</p>")
    assert (
        document.written(["<script>'\"&"]) == b"<p title='&lt;script&gt;&#x27;&quot;&amp;'>&lt;script&gt;'\"&amp;</p>"
    )


PAGE = """<!DOCTYPE html>
<html lang="de">
<head><meta charset="iso-8859-1"><title>Häuser und Hund</title><style>p { color: red }</style></head>
<body><h1>Der Hund</h1>
<ul><li>Katze</li><li><em>Haus</em> und <em>Hund</em></li></ul>
</body></html>
"""


def test_a_page_keeps_its_elements_and_says_the_encoding_it_is_in() -> None:
    new = translated("a.html", PAGE.encode("latin-1"), word_for_word).decode()
    assert new == (
        PAGE.replace("iso-8859-1", "utf-8")
        .replace("und Hund", "and dog")
        .replace("Der Hund", "The dog")
        .replace("Katze", "cat")
        .replace("Haus", "house")
        .replace(" und ", " and ")
        .replace("<em>Hund", "<em>dog")
    )
    assert _elements(new) == _elements(PAGE)


def _elements(page: str) -> list[str]:
    found: list[str] = []
    parser = HTMLParser()
    parser.handle_starttag = lambda tag, _: found.append(tag)  # type: ignore[method-assign]
    parser.handle_endtag = lambda tag: found.append(f"/{tag}")  # type: ignore[method-assign]
    parser.feed(page)
    return found


@pytest.mark.parametrize("content", [b"Der Hund\n", b"PK\x03\x04\x00\x00<p", b"\x00\x01<p>\x02"])
def test_what_is_no_page_is_refused(content: bytes) -> None:
    with pytest.raises(DataError, match=r"^a\.html must be "):
        translated("a.html", content, word_for_word)


@pytest.mark.parametrize(
    "run", ["<a ", "<!", "<!--", '<a "', "<p x='", "<b>", "<b>x ", "&", "<script>", " ", "<a \"<b '", "</"]
)
def test_a_page_of_broken_tags_takes_no_time(run: str) -> None:
    begun = time.perf_counter()
    assert len(fragment(run * 10_000)) >= 10_000
    assert time.perf_counter() - begun < 20


TAGS = [
    "<p>",
    "</p>",
    "<b>",
    "</b>",
    "<code>",
    "</code>",
    "<br>",
    "<!-- x -->",
    "<script>",
    "</script>",
    "<a href='x>y'>",
]
TEXTS = [
    "Hund",
    "Die Katze. ",
    " ",
    "\n",
    "&amp;",
    "&lt;b&gt;",
    "3",
    "猫。",
    '<img alt="Hund &amp; Haus">',
    "</a>",
    '"',
    "&",
]
BROKEN = ["<", "<a"]


@given(st.lists(st.sampled_from([*TAGS, *TEXTS, *BROKEN]), max_size=12).map("".join))
def test_a_page_that_says_the_same_is_the_same(page: str) -> None:
    document = fragment_document(page)
    same = document.written(document.texts).decode()
    assert _plain(same) == _plain(page)


@given(st.lists(st.sampled_from([*TAGS, *TEXTS]), max_size=12).map("".join))
def test_whatever_is_answered_the_tags_stay(page: str) -> None:
    document = fragment_document(page)
    new = document.written(["neu" for _ in document.texts]).decode()
    assert _elements(new) == _elements(page)


def _plain(page: str) -> str:
    """Without space, and with letters in place of their names."""
    return "".join(html.unescape(page).split())
