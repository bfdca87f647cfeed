"""The forms of a model that are there to answer, once those that were not there have been exported."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from seqloom.core.errors import ModelFolderError, SeqloomError
from seqloom.export.bench.form import Form
from seqloom.export.folder import export_folder
from seqloom.workflow.folder import LEXICON, WEIGHTS
from seqloom.workflow.loading import EXPORTS
from seqloom.workflow.manifest import read_manifest, sha256
from seqloom.workflow.sizes import megabytes_of

__all__ = ["Candidate", "Missing", "candidates_of"]

_NO_LEXICON = (
    f"a shortlist needs the model's {LEXICON}, but there is none: `seqloom train` writes it where text is made of text "
    "with more than 1,000 tokens."
)


@dataclass(frozen=True, kw_only=True)
class Candidate:
    """A form of a model, ready to answer."""

    model: str
    form: Form
    folder: Path
    disk: float
    """Megabytes."""


@dataclass(frozen=True, kw_only=True)
class Missing:
    """Forms that a model cannot have here."""

    model: str
    forms: tuple[str, ...]
    why: str

    def __str__(self) -> str:
        return f"{self.model} has no {', '.join(self.forms)}: {self.why}"


def candidates_of(
    folder: Path,
    name: str,
    forms: Iterable[Form],
    *,
    work: Path,
    task: str | None = None,
    trust: frozenset[str] | None = frozenset(),
    tell: Callable[[str], None] = lambda _: None,
) -> tuple[list[Candidate], list[Missing]]:
    """Those of a model's folder; an exported folder is one form and has no others.

    What must be exported goes into ``work``, for the folder is its owner's.
    """
    manifest = read_manifest(folder)
    if "engine" in manifest:
        return [Candidate(model=name, form=_exported(folder, manifest), folder=folder, disk=megabytes_of(folder))], []
    found: list[Candidate] = []
    whys: dict[str, list[str]] = {}
    for form in forms:
        try:
            if form.shortlist and not (folder / LEXICON).is_file():
                raise ModelFolderError(_NO_LEXICON)
            place = folder if form.engine == "own" else _kept(folder, form, manifest, task)
            if place is None:
                tell(f"exporting {name} as {form}")
                place = _export(folder, form, work / str(form), task=task, trust=trust)
            disk = megabytes_of(place, shortlist=form.shortlist)
        except SeqloomError as error:
            whys.setdefault(str(error), []).append(str(form))
        else:
            found.append(Candidate(model=name, form=form, folder=place, disk=disk))
    return found, [Missing(model=name, forms=tuple(each), why=why) for why, each in whys.items()]


def _export(folder: Path, form: Form, out: Path, *, task: str | None, trust: frozenset[str] | None) -> Path:
    assert form.engine != "own"
    return export_folder(
        folder, out, to=form.engine, quantize=form.quantize, shortlist=form.shortlist, task=task, trust=trust
    )


def _kept(folder: Path, form: Form, manifest: dict[str, Any], task: str | None) -> Path | None:
    """Where it was exported to before, if it was made of the weights of now."""
    path = folder / EXPORTS / "-".join(part for part in (str(form), task) if part)
    if not (path / "manifest.json").is_file():
        return None
    said = read_manifest(path)
    now = {"id": manifest["id"], "weights": sha256(folder / WEIGHTS)}
    same = (said.get("engine"), said.get("quantize")) == (form.engine, form.quantize or "none")
    return path if same and said.get("made_of") == now else None


def _exported(folder: Path, manifest: dict[str, Any]) -> Form:
    from seqloom.workflow.exported import open_exported

    quantize = manifest.get("quantize", "none")
    return Form(
        engine=manifest["engine"],
        quantize=None if quantize == "none" else quantize,
        shortlist=open_exported(folder, trust=None).recipe.answers.shortlist is not None,
    )
