"""Rows as what translators' programs exchange: TMX, XLIFF 1.2, PO; and as CoNLL."""

from __future__ import annotations

from typing import IO

from seqloom.core.errors import DataError
from seqloom.data.markup import attributes_text, escape, writable
from seqloom.data.rows import Row
from seqloom.data.seen import Seen

__all__ = ["ConllWriter", "PoWriter", "TmxWriter", "XliffWriter"]

_HEAD = '<?xml version="1.0" encoding="UTF-8"?>\n'
_TWO = "nplurals=2; plural=n != 1"
_PLURALS = {
    "zh ja ko vi th id ms lo my": "nplurals=1; plural=0",
    "fr pt-br": "nplurals=2; plural=n > 1",
    "cs sk": "nplurals=3; plural=n == 1 ? 0 : n >= 2 && n <= 4 ? 1 : 2",
    "pl": "nplurals=3; plural=n == 1 ? 0 : n % 10 >= 2 && n % 10 <= 4 && (n % 100 < 10 || n % 100 >= 20) ? 1 : 2",
    "ru uk be sr hr bs": "nplurals=3; plural=n % 10 == 1 && n % 100 != 11 ? 0 : n % 10 >= 2 && n % 10 <= 4"
    " && (n % 100 < 10 || n % 100 >= 20) ? 1 : 2",
}
"""Which form a number takes, by language; two forms in most."""
_CONTROL = "with control characters, which XML cannot hold"


class TmxWriter:
    """TMX 1.4. Several references are several variants of one language, or of a language each where there are as many
    of these; what else is known are properties."""

    def __init__(self, out: str, opened: IO[bytes], languages: tuple[str, ...]) -> None:
        self._out, self._opened = out, opened
        self._languages = languages
        header = attributes_text(
            creationtool="seqloom", creationtoolversion="1", segtype="sentence", o_tmf="seqloom", adminlang="en",
            srclang=languages[0], datatype="plaintext",
        )  # fmt: skip
        self._put(f'{_HEAD}<tmx version="1.4">\n<header{header}/>\n<body>\n')

    def write(self, row: Row) -> str | None:
        source, *targets = self._languages
        if 1 < len(targets) != len(row.targets):
            raise DataError(
                f"{row.file}:{row.line}: a row with {len(row.targets)} references cannot be written to {self._out} in "
                f"{len(targets)} languages. Name the source's and one for all, or one for each, in `--languages`."
            )
        properties = "".join(
            f"<prop{attributes_text(type=f'x-{name}')}>{escape(str(value))}</prop>"
            for name, value in row.extras.items()
            if name != "id"
        )
        name = attributes_text(tuid=str(row.extras.get("id", "")))
        said = "".join(
            f"<tuv{attributes_text(xml_lang=language)}><seg>{escape(text)}</seg></tuv>"
            for language, text in zip(
                (source, *(targets if len(targets) > 1 else targets * len(row.targets))),
                (row.source, *row.targets),
                strict=True,
            )
        )
        self._put(f"<tu{name}>{properties}{said}</tu>\n")
        return _told(row)

    def close(self) -> None:
        self._put("</body>\n</tmx>\n")

    def _put(self, text: str) -> None:
        self._opened.write(text.encode())


class XliffWriter:
    """XLIFF 1.2: a <file> a document; a row without a target is still to be translated. What else is known is its
    context."""

    def __init__(self, out: str, opened: IO[bytes], languages: tuple[str, ...]) -> None:
        self._out, self._opened, self._languages = out, opened, languages
        self._document: str | None = None
        self._number = 0
        self._put(f'{_HEAD}<xliff version="1.2" xmlns="urn:oasis:names:tc:xliff:document:1.2">\n')

    def write(self, row: Row) -> str | None:
        if len(row.targets) > 1:
            raise DataError(
                f"{row.file}:{row.line}: a row with {len(row.targets)} references cannot be written to {self._out}. "
                "Write .jsonl or .tmx, or choose one of them in `data.target_columns`."
            )
        document = str(row.extras.get("document", ""))
        if document != self._document:
            self._end()
            source, target, *_ = self._languages
            said = attributes_text(
                original=document or "pairs", source_language=source, target_language=target, datatype="plaintext"
            )
            self._put(f"<file{said}><body>\n")
            self._document = document
        self._number += 1
        name = attributes_text(id=str(self._number), resname=str(row.extras.get("id", "")), xml_space="preserve")
        target = f"<target>{escape(row.targets[0])}</target>" if row.targets and row.targets[0] else ""
        context = "".join(
            f"<context{attributes_text(context_type=f'x-{name}')}>{escape(str(value))}</context>"
            for name, value in row.extras.items()
            if name not in ("document", "id")
        )
        context = f"<context-group>{context}</context-group>" if context else ""
        self._put(f"<trans-unit{name}><source>{escape(row.source)}</source>{target}{context}</trans-unit>\n")
        return _told(row)

    def close(self) -> None:
        self._end()
        self._put("</xliff>\n")

    def _end(self) -> None:
        if self._document is not None:
            self._put("</body></file>\n")

    def _put(self, text: str) -> None:
        self._opened.write(text.encode())


def _told(row: Row) -> str | None:
    texts = (row.source, *row.targets)
    return None if all(writable(text) == text for text in texts) else _CONTROL


class PoWriter:
    """PO. Forms of a plural that follow each other are one entry again; a source is there once in each context."""

    def __init__(self, out: str, opened: IO[bytes], languages: tuple[str, ...] | None) -> None:
        self._out, self._opened = out, opened
        self._seen = Seen()
        self._plural: tuple[str, str, str] | None = None
        self._forms: list[str] = []
        self._first: Row | None = None
        language = languages[1] if languages else ""
        named = f'"Language: {language.replace("-", "_")}\\n"\n' if language else ""
        plural = next((rule for codes, rule in _PLURALS.items() if language.partition("-")[0] in codes.split()), _TWO)
        self._put(
            f'msgid ""\nmsgstr ""\n{named}"MIME-Version: 1.0\\n"\n'
            '"Content-Type: text/plain; charset=UTF-8\\n"\n"Content-Transfer-Encoding: 8bit\\n"\n'
            f'"Plural-Forms: {plural};\\n"\n'
        )

    def write(self, row: Row) -> str | None:
        if len(row.targets) > 1:
            raise DataError(
                f"{row.file}:{row.line}: a row with {len(row.targets)} references cannot be written to {self._out}. "
                "Write .jsonl or .tmx, or choose one of them in `data.target_columns`."
            )
        extras, target = row.extras, row.targets[0] if row.targets else ""
        if "plural" in extras and "singular" in extras:
            plural = (str(extras.get("context", "")), str(extras["singular"]), str(extras["plural"]))
            if plural == self._plural and str(extras.get("form")) != "0":
                self._forms.append(target)
                return None
            self._end()
            if not self._seen.add("\4".join(plural[:2])):
                return "left out: the source is there already, and PO has each once"
            self._plural, self._forms, self._first = plural, [target], row
            return None
        self._end()
        if not self._seen.add("\4".join((str(extras.get("context", "")), row.source))):
            return "left out: the source is there already, and PO has each once"
        self._put(f"\n{_notes(row)}{_text('msgid', row.source)}{_text('msgstr', target)}")
        return None

    def close(self) -> None:
        self._end()

    def _end(self) -> None:
        if self._plural is not None and self._first is not None:
            _, singular, plural = self._plural
            forms = "".join(_text(f"msgstr[{number}]", form) for number, form in enumerate(self._forms))
            said = f"{_text('msgid', singular)}{_text('msgid_plural', plural)}{forms}"
            self._put(f"\n{_notes(self._first)}{said}")
            self._plural = None

    def _put(self, text: str) -> None:
        self._opened.write(text.encode())


def _notes(row: Row) -> str:
    """What stands before a msgid."""
    notes = "".join(
        f"{sign} {' '.join(str(row.extras[name]).split())}\n"
        for sign, name in (("#.", "comment"), ("#:", "reference"))
        if row.extras.get(name)
    )
    return notes + (_text("msgctxt", str(row.extras["context"])) if "context" in row.extras else "")


def _text(keyword: str, text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\t", "\\t").replace("\r", "\\r")
    lines = [f'"{line}\\n"' for line in escaped.split("\n")]
    lines[-1] = lines[-1].removesuffix('\\n"') + '"'
    if len(lines) > 1 and lines[-1] == '""':
        lines.pop()
    return f"{keyword} {lines[0]}\n" if len(lines) == 1 else "\n".join([f'{keyword} ""', *lines]) + "\n"


class ConllWriter:
    """A word and its label a line, for rows that have as many labels as words."""

    def __init__(self, opened: IO[bytes]) -> None:
        self._opened = opened
        self._document = ""

    def write(self, row: Row) -> None:
        words, labels = row.source.split(), row.targets[0].split() if row.targets else []
        if len(row.targets) > 1 or len(words) != len(labels):
            raise DataError(
                f"{row.file}:{row.line}: CoNLL must have a label for each of the source's {len(words)} words, "
                f"but the target has {len(labels)}. Write .tsv."
            )
        document = str(row.extras.get("document", ""))
        head = "-DOCSTART- O\n\n" if document != self._document else ""
        self._document = document
        lines = "\n".join(f"{word}\t{label}" for word, label in zip(words, labels, strict=True))
        self._opened.write(f"{head}{lines}\n\n".encode())

    def close(self) -> None:
        pass
