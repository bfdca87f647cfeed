"""Answers on their way to a file: what was killed goes on where it was, no line lost and none there twice.

OUT.part        the answers so far; it becomes OUT when it is complete
OUT.part.json   what they answer: the note
"""

from __future__ import annotations

import hashlib
import json
import os
import time
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from itertools import islice
from pathlib import Path
from types import MappingProxyType
from typing import IO, Any

from seqloom.core import settings
from seqloom.core.errors import DataError, ModelFolderError, SeqloomError
from seqloom.core.files import read_json, write_json
from seqloom.core.locking import acquire
from seqloom.core.wording import show
from seqloom.data.rows import Row
from seqloom.workflow.answers import Answer
from seqloom.workflow.asking import Asking
from seqloom.workflow.manifest import read_manifest, sha256
from seqloom.workflow.written import Form, Tally, Whole

__all__ = ["Draft", "drafted", "terms_of"]

_NONE: Mapping[str, Any] = MappingProxyType({})
_FORMAT = 1
"""Of the note."""
_EVERY = 0.25
"""Seconds between one save and the next …"""
_SHARE = 20
"""… or so many times what the last one took, that a slow disk costs at most a twentieth …"""
_MOST = 1 << 20
"""… and never more characters than these are held back."""


def terms_of(
    folder: Path,
    asking: Asking,
    form: Form,
    *,
    engines: str,
    task: str | None,
    given: Mapping[str, Any] = _NONE,
) -> dict[str, Any]:
    """All that an answer and its line depend on beside its source, in words: two that are equal are one question."""
    answers = asking.answers
    company = [] if answers.ensemble is None else [*answers.ensemble.models]
    company += [] if answers.language_model is None else [answers.language_model.model]
    terms = {
        "model": _model(folder),
        "engine": engines,
        **({"task": task} if task else {}),
        **{f"column {name}": value for name, value in given.items()},
        **{f"model {name}": _model(Path(name)) for name in company},
        **dict(settings.flat(settings.to_data(asking))),
        "json": form.as_json,
        **({"block": True} if form.as_block else {}),
        **({} if form.least is None else {"min_confidence": form.least}),
    }
    return dict(json.loads(json.dumps(terms)))  # as they will be read back


def _model(folder: Path) -> str:
    """Which model, and with which weights: those of a run that goes on change."""
    weights = sorted(folder.glob("*.safetensors"))
    return "-".join([read_manifest(folder)["id"], *(sha256(path)[:16] for path in weights)])


@dataclass(frozen=True, kw_only=True)
class _Note:
    """What is known of the answers in a file, none of which it has before they stand here."""

    terms: Mapping[str, Any]
    answered: int = 0
    """No more than these are in the file."""
    sources: str = ""
    """A digest of theirs."""
    failed: int = 0
    """Of them, but for those that were saved last: these are …"""
    failing: tuple[int, ...] = ()
    """… by their numbers, for they may not all have come to be saved."""
    format: int = _FORMAT

    def write(self, path: Path) -> None:
        write_json(path, asdict(self))

    @classmethod
    def read(cls, path: Path) -> _Note | None:
        """None where there is none."""
        if not path.exists():
            return None
        try:
            data = read_json(path)
            if data["format"] == _FORMAT:
                return cls(
                    terms=dict(data["terms"]),
                    answered=int(data["answered"]),
                    sources=str(data["sources"]),
                    failed=int(data["failed"]),
                    failing=tuple(map(int, data["failing"])),
                )
        except (ModelFolderError, KeyError, TypeError, ValueError):
            pass
        raise DataError(f"{path}: is damaged, or of another version of Seqloom. Begin anew with `--restart`.")

    def failed_of(self, answered: int) -> int:
        return min(answered, self.failed + sum(number <= answered for number in self.failing))


class Draft:
    """Answers in the order of their sources, saved now and then: first the note of them, then they.

    So a file that was left at any instant has no more sources than its note tells of, and what is whole of it counts.
    """

    def __init__(
        self, file: IO[bytes], part: Path, note: Path, terms: Mapping[str, Any] | None, form: Form, *, restart: bool
    ) -> None:
        """``terms`` None: the sources can be read only once, so that it begins anew."""
        self._file = file
        self._part = part
        self._path = note
        self._terms = terms
        self._form = form
        self._kept = _Note(terms=terms or {})
        whole = Whole()
        if not restart and part.stat().st_size and (kept := _Note.read(note)) is not None:
            _check_terms(part, kept.terms, terms)
            file.seek(0)
            whole = form.whole(file, most=kept.answered)
            self._kept = kept if whole.answered else self._kept
        self._end = whole.end
        self.before = self.saved = whole.answered
        """Sources that were answered before; and those that are safe by now."""
        self.tally = Tally(answered=self.before, unsure=whole.unsure, failed=self._kept.failed_of(self.before))
        """Those of before among them."""
        self._failed = self.tally.failed
        self._failing: list[int] = []
        self._lines: list[str] = []
        self._held = 0
        self._digest = hashlib.blake2b(digest_size=16)
        self._marks: deque[bytes] = deque()
        self._due = 0.0
        self.busy = False
        """It was broken off amid something: to save more would be to guess."""

    def rest(self, read: Callable[[], Iterator[Row]]) -> Iterator[Row]:
        """The rows that are not answered yet; a DataError where those before are not the ones that were.

        From here on the file is theirs, and holds nothing that is not whole.
        """
        rows = read()
        noted = hashlib.blake2b(digest_size=16)
        for number, row in enumerate(islice(rows, self._kept.answered), start=1):
            noted.update(_mark(row))
            if number == self.before:
                self._digest = noted.copy()
        if self._kept.answered and noted.hexdigest() != self._kept.sources:
            raise DataError(
                f"{self._part}: answers other sources than the first {self._kept.answered:,} of these. Give it the "
                "same file to go on, or begin anew with `--restart`."
            )
        if self._kept.answered != self.before:  # some were noted that are not there
            rows = read()
            deque(islice(rows, self.before), maxlen=0)
        self._file.truncate(self._end)
        if self._terms is None:
            self._path.unlink(missing_ok=True)
            return rows
        if not self.before:
            self._kept.write(self._path)
        return self._marked(rows)

    def _marked(self, rows: Iterator[Row]) -> Iterator[Row]:
        for row in rows:
            self._marks.append(_mark(row))
            yield row

    def put(self, answer: Answer) -> None:
        """The next answer."""
        self.busy = True
        lines = [f"{line}\n" for line in self._form.lines(self.tally.answered + 1, answer)]
        self._lines += lines
        self._held += sum(map(len, lines))
        self.tally.add(answer, self._form)
        if answer.error is not None:
            self._failing.append(self.tally.answered)
        if self._terms is not None:
            self._digest.update(self._marks.popleft())
        self.busy = False
        if self._held >= _MOST or time.monotonic() >= self._due:
            self.save()

    def save(self) -> None:
        """From here on a kill, and a loss of power too, takes none of the answers so far."""
        if not self._lines:
            return
        self.busy, begun = True, time.monotonic()
        if self._terms is not None:
            _Note(
                terms=self._terms,
                answered=self.tally.answered,
                sources=self._digest.hexdigest(),
                failed=self._failed,
                failing=tuple(self._failing),
            ).write(self._path)
        self._file.write("".join(self._lines).encode())
        self._file.flush()
        os.fsync(self._file.fileno())
        self._lines, self._held, self._failing = [], 0, []
        self._failed, self.saved = self.tally.failed, self.tally.answered
        ended = time.monotonic()
        self._due = ended + max(_EVERY, _SHARE * (ended - begun))
        self.busy = False


@contextmanager
def drafted(out: Path, terms: Mapping[str, Any] | None, form: Form, *, restart: bool = False) -> Iterator[Draft]:
    """A draft that takes the place of ``out`` when it is complete; what another command left of its own is refused."""
    part, note = (out.with_name(f"{out.name}{suffix}") for suffix in (".part", ".part.json"))
    empty = False
    if out.is_dir():
        raise SeqloomError(f"{out}: must be a file to write, but is a folder. Choose another `-o`.")
    try:
        try:
            with part.open("a+b") as file:
                if not acquire(file.fileno()):
                    raise SeqloomError(f"{part}: another process is writing it. Wait until it has ended, or stop it.")
                draft = Draft(file, part, note, terms, form, restart=restart)
                try:
                    yield draft
                finally:
                    if not draft.busy:
                        draft.save()
                    empty = not draft.tally.answered
        except BaseException:
            if empty:
                part.unlink(missing_ok=True)
                note.unlink(missing_ok=True)
            raise
        part.replace(out)
        note.unlink(missing_ok=True)
    except OSError as error:
        raise SeqloomError(
            f"{out}: cannot be written: {error.strerror}. What was answered is in {part.name}; choose another `-o`."
            if part.exists()
            else f"{out}: cannot be written: {error.strerror}. Choose another `-o`."
        ) from error


def _check_terms(part: Path, there: Mapping[str, Any], here: Mapping[str, Any] | None) -> None:
    """An error that names what differs first."""
    if here is None:
        what = "the answers to a file that is not complete, but this can be read only once"
    else:
        key = next((key for key in {**there, **here} if there.get(key) != here.get(key)), None)
        if key is None:
            return
        was, now = (show(terms[key]) if key in terms else "not set" for terms in (there, here))
        what = (
            "the answers of another model"
            if key == "model"
            else f"answers for which `{key}` was {was}, but it is {now}"
        )
    raise DataError(f"{part}: holds {what}. Ask the same again to go on with it, or begin anew with `--restart`.")


def _mark(row: Row) -> bytes:
    """What tells a question from others."""
    return json.dumps([row.source, row.extras], default=repr, sort_keys=True).encode()
