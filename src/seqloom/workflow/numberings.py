"""The tokenizers of a model, in a folder and together as its numbering. No torch here: an exported model needs none."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any, NamedTuple

from seqloom.core.files import read_json
from seqloom.data.numbering import Numbering
from seqloom.data.settings import DataSettings
from seqloom.data.tokenizers import TextTokenizer, load_tokenizer
from seqloom.data.tokenizers.sides import load_sides, name_sides
from seqloom.tasks import TaskBase

__all__ = ["KNOWN", "Tokenizers", "name_tokenizers", "numbering_of", "open_tokenizers"]

KNOWN = "task.json"
"""What a task must know of the training pairs, if anything."""
_FACTORS, _FURTHER, _TASKS = "factors", "further", "tasks"
_NO_OTHERS: Mapping[str, TextTokenizer] = MappingProxyType({})
_NO_TASKS: Mapping[str, Numbering] = MappingProxyType({})


class Tokenizers(NamedTuple):
    """All that a numbering needs."""

    source: TextTokenizer
    target: TextTokenizer
    others: Mapping[str, TextTokenizer] = _NO_OTHERS
    """Of factors, and of further sources that have their own."""
    tasks: Mapping[str, TextTokenizer] = _NO_OTHERS
    """Of further tasks' targets."""
    known: Mapping[str, Any] = MappingProxyType({})
    """What the task must know of the training pairs."""


def name_tokenizers(numbering: Numbering) -> list[tuple[str, TextTokenizer]]:
    """By the folder that each is saved in."""
    sides = numbering.sources, numbering.targets
    found = [*name_sides(*sides).items()]
    found += [(f"{_FACTORS}/{name}", tokenizer) for name, tokenizer in numbering.beside.factors.items()]
    own = [(name, each) for name, each in numbering.beside.further.items() if all(each is not side for side in sides)]
    found += [(f"{_FURTHER}/{name}", tokenizer) for name, tokenizer in own]
    return found + [(f"{_TASKS}/{name}/target", each.targets) for name, each in numbering.tasks.items()]


def open_tokenizers(folder: Path, data: DataSettings) -> Tokenizers:
    own = [name for name, each in data.sources.items() if each.tokenizer is not None]
    others = {name: load_tokenizer(folder / _FACTORS / name) for name in data.factors}
    others |= {name: load_tokenizer(folder / _FURTHER / name) for name in own}
    tasks = {name: load_tokenizer(folder / _TASKS / name / "target") for name in data.tasks}
    known = read_json(folder / KNOWN) if (folder / KNOWN).is_file() else {}
    return Tokenizers(*load_sides(folder), others, tasks, known)


def numbering_of(
    data: DataSettings,
    tokenizers: Tokenizers,
    *,
    task: TaskBase,
    copies: bool,
    tasks: Mapping[str, Numbering] = _NO_TASKS,
) -> Numbering:
    """``tasks``: those of the further tasks."""
    source, target, others, _, known = tokenizers
    sides = {"source": source, "target": target}
    return Numbering(
        source,
        target,
        copies=copies,
        factors={name: others[name] for name in data.factors},
        further={name: others.get(name, sides[each.like]) for name, each in data.sources.items()},
        made={name: each.made for name, each in data.factors.items() if each.made is not None},
        aligned=data.alignment is not None,
        by_word=data.units == "words",
        sourceless=data.source == "none",
        max_source=data.max_source,
        max_target=data.max_target,
        on_long=data.on_long,
        read=task.build(known).read,
        known=known,
        tasks=tasks,
    )
