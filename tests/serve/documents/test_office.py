"""Word's and LibreOffice's documents, made by the rules of their formats."""

from __future__ import annotations

import io
import zipfile
from xml.etree import ElementTree

import pytest

from seqloom.core.errors import DataError
from seqloom.serve.documents import ENDINGS, LARGEST, opened, translated

from .made import PICTURE, W, docx, odt, unzipped, word_for_word, zipped


def word(body: str, **parts: str) -> dict[str, str]:
    """The translated files as text, after checking that all others are as they were."""
    old = docx(body, **parts)
    new = translated("a.docx", old, word_for_word)
    return _compared(old, new, {"word/document.xml", *(f"word/{part}.xml" for part in parts)})


def libre(body: str, *, styles: str = "", pages: str = "") -> dict[str, str]:
    old = odt(body, styles=styles, pages=pages)
    return _compared(old, translated("a.odt", old, word_for_word), {"content.xml", "styles.xml"})


def _compared(old: bytes, new: bytes, changed: set[str]) -> dict[str, str]:
    before, after = unzipped(old), unzipped(new)
    assert [*before] == [*after]
    assert all(before[name] == after[name] for name in before if name not in changed)
    assert PICTURE in after.values()
    for name in changed:
        assert _shape(before[name]) == _shape(after[name]), name
    return {name: after[name].decode() for name in changed}


def _shape(content: bytes) -> list[tuple[str, dict[str, str]]]:
    """The elements in their order, and all that is set of them but how space counts."""
    kept = "{http://www.w3.org/XML/1998/namespace}space"
    return [
        (each.tag, {key: value for key, value in each.attrib.items() if key != kept})
        for each in ElementTree.fromstring(content).iter()
    ]


def _texts(content: str, end: str) -> list[str]:
    return [each.text or "" for each in ElementTree.fromstring(content).iter() if each.tag.endswith(end)]


def run(text: str, setting: str = "") -> str:
    return f'<w:r><w:rPr>{setting}</w:rPr><w:t xml:space="preserve">{text}</w:t></w:r>'


def test_a_paragraph_of_word_is_one_text_and_its_runs_keep_their_look() -> None:
    body = f"<w:p>{run('Die ')}{run('rote Katze', '<w:b/>')}{run(' sieht.')}</w:p>"
    assert _texts(word(body)["word/document.xml"], "}t") == ["The ", "red cat", " sees."]


def test_runs_that_look_alike_are_one() -> None:
    german = run("Die ro", '<w:lang w:val="de"/>')
    body = f"<w:p>{german}<w:proofErr/>{run('te Kat')}{run('ze', '<w:noProof/>')}</w:p>"
    document = opened("a.docx", docx(body))
    assert document.texts == ["Die rote Katze"]
    assert _texts(word(body)["word/document.xml"], "}t") == ["The red cat", "", ""]


def test_tables_headers_notes_boxes_and_links_of_word_are_translated_and_fields_are_not() -> None:
    box = f"<w:r><w:pict><w:txbxContent><w:p>{run('Haus')}</w:p></w:txbxContent></w:pict></w:r>"
    body = (
        f"<w:tbl><w:tr><w:tc><w:p>{run('Hund')}</w:p></w:tc><w:tc><w:p>{run('42')}</w:p></w:tc></w:tr></w:tbl>"
        f'<w:p>{run("Hier ")}<w:hyperlink r:id="rId7">{run("Katze")}</w:hyperlink>{box}'
        '<w:r><w:instrText>Hund</w:instrText></w:r><w:r><w:footnoteReference w:id="2"/></w:r></w:p>'
        f"<w:p>{run('Hund')}<w:r><w:tab/></w:r>{run('Katze')}<w:r><w:br/><w:t>Haus</w:t></w:r>"
        "<w:del><w:r><w:delText>Hund</w:delText></w:r></w:del></w:p>"
    )
    notes = f'<w:footnotes {W}><w:footnote w:id="2"><w:p>{run("Der Hund kauft.")}</w:p></w:footnote></w:footnotes>'
    header = f"<w:hdr {W}><w:p>{run('Die Katze')}</w:p></w:hdr>"
    files = word(body, footnotes=notes, header1=header)
    said = _texts(files["word/document.xml"], "}t")
    assert said == ["dog", "42", "Here ", "cat", "house", "dog", "cat", "house"]
    assert "<w:instrText>Hund<" in files["word/document.xml"]
    assert _texts(files["word/footnotes.xml"], "}t") == ["The dog buys."]
    assert _texts(files["word/header1.xml"], "}t") == ["The cat"]


def test_a_note_stays_behind_its_word() -> None:
    body = f'<w:p>{run("Die Katze")}<w:r><w:footnoteReference w:id="2"/></w:r>{run(" sieht. Der Hund.")}</w:p>'
    assert _texts(word(body)["word/document.xml"], "}t") == ["The cat", " sees. The dog."]


def test_a_paragraph_of_libreoffice_keeps_its_spans_links_notes_and_fields() -> None:
    body = (
        '<text:h text:outline-level="1">Der Hund</text:h>'
        '<text:p>Die <text:span text:style-name="T1">rote Katze</text:span> sieht<text:note text:note-class="footnote">'
        "<text:note-citation>Hund</text:note-citation><text:note-body><text:p>Haus</text:p></text:note-body></text:note>"
        ' <text:a xlink:href="x">Hund</text:a>.<text:tab/>Haus<text:line-break/>Katze '
        "<text:page-number>7</text:page-number></text:p>"
        "<table:table><table:table-row><table:table-cell><text:p>Katze</text:p></table:table-cell></table:table-row>"
        "</table:table>"
    )
    styles = (
        '<style:style style:name="T1" style:family="text"><style:text-properties fo:font-weight="bold"/></style:style>'
    )
    files = libre(body, styles=styles, pages="<style:header><text:p>Die Katze</text:p></style:header>")
    content = files["content.xml"]
    assert ">The dog</text:h>" in content
    assert '<text:p>The <text:span text:style-name="T1">red cat</text:span> sees<text:note' in content
    assert "<text:note-citation>Hund</text:note-citation><text:note-body><text:p>house</text:p>" in content
    assert ' <text:a xlink:href="x">dog</text:a>.<text:tab/>house<text:line-break/>cat <text:page-number>7<' in content
    assert "<text:p>cat</text:p></table:table-cell>" in content
    assert "<text:p>The cat</text:p>" in files["styles.xml"]


def test_spans_that_set_nothing_part_no_sentence() -> None:
    styles = (
        '<style:style style:name="T9" style:family="text"><style:text-properties officeooo:rsid="001a"/></style:style>'
    )
    body = 'Die ro<text:span text:style-name="T9">te Kat</text:span>ze<text:bookmark text:name="x"/> sieht'
    body = f"<text:p>{body}</text:p>"
    assert opened("a.odt", odt(body, styles=styles)).texts == ["Die rote Katze sieht"]
    content = libre(body, styles=styles)["content.xml"]
    assert '<text:p>The red cat sees<text:span text:style-name="T9"/><text:bookmark text:name="x"/></text:p>' in content


def test_what_an_answer_says_becomes_no_xml() -> None:
    new = translated("a.docx", docx(f"<w:p>{run('Hund')}</w:p>"), lambda _: ["<w:b/> & \x00\x1b"])
    assert _texts(unzipped(new)["word/document.xml"].decode(), "}t") == ["<w:b/> & "]


LAUGHS = '<!DOCTYPE x [<!ENTITY a "Hund"><!ENTITY b "&a;&a;&a;&a;">]>'
ROOM = f"<w:document {W}><w:body><w:p>{run('&b;')}</w:p></w:body></w:document>"
SECRET = '<!DOCTYPE x [<!ENTITY b SYSTEM "file:///etc/passwd">]>'


def _swapped(old: bytes, **files: bytes) -> bytes:
    return zipped(
        {**unzipped(old), **{name.replace("_", "/").replace("DOT", "."): each for name, each in files.items()}}
    )


@pytest.mark.parametrize(
    ("name", "content", "wrong"),
    [
        ("a.docx", b"Hund", "but is no ZIP archive"),
        ("a.docx", docx("<w:p/>")[:200], "but is no ZIP archive"),
        ("a.docx", zipped({"a": "b"}), r"has no `\[Content_Types\]\.xml` inside"),
        ("a.docx", odt("<text:p>x</text:p>"), r"has no `\[Content_Types\]\.xml` inside"),
        ("a.docx", _swapped(docx(""), word_documentDOTxml=b"Hund"), r"`word/document\.xml` inside must be XML"),
        ("a.docx", _swapped(docx(""), word_documentDOTxml=(LAUGHS + ROOM).encode()), "must be without a DTD"),
        ("a.docx", _swapped(docx(""), word_documentDOTxml=(SECRET + ROOM).encode()), "must be without a DTD"),
        ("a.docx", _swapped(docx(""), word_documentDOTxml=(LAUGHS + ROOM).encode("utf-16")), "must be without a DTD"),
        ("a.docx", zipped({f"{number}": "" for number in range(5001)}), "must unpack to at most 5000 files"),
        ("a.docx", zipped({"a": bytes(129 << 20)}), "must unpack to at most 5000 files of 128 MiB"),
        ("a.docx", _swapped(docx(""), word_documentDOTxml=b" " * (33 << 20)), "must have at most 32 MiB"),
        ("a.odt", docx("<w:p/>"), "has no `mimetype` inside"),
        ("a.odt", zipped({"mimetype": "application/epub+zip"}), r"but is application/epub\+zip"),
        ("a.odt", b"", "but is no ZIP archive"),
        ("a.txt", b" " * (LARGEST + 1), "must have at most 16 MiB"),
        ("a.pdf", b"%PDF-", f"must end in one of {', '.join(ENDINGS)}"),
        ("passwd", b"", "must end in one of"),
    ],
)
def test_what_is_no_such_document_or_a_bomb_is_refused_in_one_line(name: str, content: bytes, wrong: str) -> None:
    with pytest.raises(DataError, match=wrong) as refused:
        translated(name, content, word_for_word)
    assert "\n" not in str(refused.value)


def test_a_file_that_unpacks_to_more_than_it_says_is_refused() -> None:
    bomb = bytearray(_swapped(docx(""), word_documentDOTxml=bytes(20 << 20)))
    size, lie = (20 << 20).to_bytes(4, "little"), (1000).to_bytes(4, "little")
    assert bomb.count(size) == 2
    with pytest.raises(DataError, match="but is no ZIP archive"):
        translated("a.docx", bytes(bomb.replace(size, lie)), word_for_word)


def test_an_encrypted_document_is_told_so() -> None:
    made = bytearray(docx("<w:p/>"))
    with zipfile.ZipFile(io.BytesIO(made)) as archive:
        start = archive.start_dir
    made[start + 8] |= 1  # the flag of the first file in the directory
    with pytest.raises(DataError, match="must be without a password"):
        translated("a.docx", bytes(made), word_for_word)
