"""Documents made in code, and a translator of words that everybody can follow."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Mapping, Sequence

WORDS = {
    "Die": "The",
    "Der": "The",
    "die": "the",
    "der": "the",
    "und": "and",
    "sieht": "sees",
    "kauft": "buys",
    "rote": "red",
    "Hund": "dog",
    "Katze": "cat",
    "Haus": "house",
    "Hier": "Here",
    "klein": "small",
}


def word_for_word(texts: Sequence[str]) -> list[str]:
    return [re.sub(r"\w+", lambda found: WORDS.get(found[0], found[0]), text) for text in texts]


def zipped(files: Mapping[str, str | bytes]) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        for name, content in files.items():
            kind = zipfile.ZIP_STORED if name == "mimetype" else zipfile.ZIP_DEFLATED
            archive.writestr(zipfile.ZipInfo(name), content, compress_type=kind)
    return made.getvalue()


def unzipped(document: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(document)) as archive:
        assert archive.testzip() is None
        return {name: archive.read(name) for name in archive.namelist()}


W = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'
R = 'xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"'
_WORD = "application/vnd.openxmlformats-officedocument.wordprocessingml"
PICTURE = b"\x89PNG\r\n\x1a\n" + bytes(range(256))


def docx(body: str, **parts: str) -> bytes:
    """A Word document of this body, with further parts such as header1."""
    types = "".join(
        f'<Override PartName="/word/{name}.xml" ContentType="{_WORD}.{kind}+xml"/>'
        for name, kind in [("document", "document.main"), *((name, name.rstrip("1")) for name in parts)]
    )
    head = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
    return zipped(
        {
            "[Content_Types].xml": f'{head}<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">'
            f'<Default Extension="xml" ContentType="application/xml"/>{types}</Types>',
            "_rels/.rels": f'{head}<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">'
            '<Relationship Id="rId1" Target="word/document.xml" Type="http://schemas.openxmlformats.org/officeDocument/'
            '2006/relationships/officeDocument"/></Relationships>',
            "word/document.xml": f"{head}<w:document {W} {R}><w:body>{body}</w:body></w:document>",
            **{f"word/{name}.xml": f"{head}{content}" for name, content in parts.items()},
            "word/styles.xml": f'{head}<w:styles {W}><w:style w:styleId="Hund"/></w:styles>',
            "word/media/image1.png": PICTURE,
        }
    )


_NAMES = (
    'xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0" '
    'xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0" '
    'xmlns:table="urn:oasis:names:tc:opendocument:xmlns:table:1.0" '
    'xmlns:style="urn:oasis:names:tc:opendocument:xmlns:style:1.0" '
    'xmlns:fo="urn:oasis:names:tc:opendocument:xmlns:xsl-fo-compatible:1.0" '
    'xmlns:officeooo="http://openoffice.org/2009/office" xmlns:xlink="http://www.w3.org/1999/xlink"'
)


def odt(body: str, *, styles: str = "", pages: str = "") -> bytes:
    head = '<?xml version="1.0" encoding="UTF-8"?>\n'
    return zipped(
        {
            "mimetype": "application/vnd.oasis.opendocument.text",
            "content.xml": f"{head}<office:document-content {_NAMES}><office:automatic-styles>{styles}"
            f"</office:automatic-styles><office:body><office:text>{body}</office:text></office:body>"
            "</office:document-content>",
            "styles.xml": f"{head}<office:document-styles {_NAMES}>{pages}</office:document-styles>",
            "META-INF/manifest.xml": f"{head}<manifest/>",
            "Pictures/1.png": PICTURE,
        }
    )
