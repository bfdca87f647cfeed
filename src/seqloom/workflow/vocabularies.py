"""The vocabularies of a run: learnt from its training pairs, or another model's."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType

from seqloom.core.errors import RecipeError
from seqloom.data.features import features_of
from seqloom.data.numbering import Numbering
from seqloom.data.tokenizers import TextTokenizer
from seqloom.data.tokenizers.words import WordSettings
from seqloom.tasks import Known
from seqloom.workflow.bare import read_tokenizers
from seqloom.workflow.folder import build_numbering
from seqloom.workflow.kept import kept_rows
from seqloom.workflow.numberings import Tokenizers
from seqloom.workflow.recipe import Recipe

__all__ = ["fit_numbering"]

_NO_TASKS: Mapping[str, Sequence[Path]] = MappingProxyType({})


def fit_numbering(
    recipe: Recipe, cleaned: Sequence[Path], known: Known, tasks: Mapping[str, Sequence[Path]] = _NO_TASKS
) -> Numbering:
    """The tokenizers, learnt from the training pairs alone; those of a side from further sources like it too.

    ``known`` is what the task learnt of them. All tasks' sources are read by one encoder, and so cut by one tokenizer,
    which learns from all of them.
    """
    data = recipe.data
    every = [*cleaned, *(path for paths in tasks.values() for path in paths)]
    task = recipe.task.build(known)
    read, special_tokens = task.read, (*data.special_tokens, *task.specials)

    def texts(*sides: str) -> Iterator[str]:
        beside = [name for name, each in data.sources.items() if each.tokenizer is None and each.like in sides]
        for path in every:
            ours = path in cleaned
            for row in map(read, kept_rows(path)) if ours else kept_rows(path):
                if "source" in sides and not (ours and data.rows == "texts" and "target" in sides):
                    yield row.source
                if "target" in sides and ours:
                    yield row.targets[0]
                yield from (row.extras[name] for name in beside)

    def column(name: str) -> Iterator[str]:
        made = data.factors[name].made if name in data.factors else None
        for path in every:
            ours = path in cleaned
            for row in kept_rows(path):
                yield row.extras[name] if made is None else features_of((read(row) if ours else row).source, made)

    others: dict[str, TextTokenizer] = {
        name: WordSettings(split="space", minimum_count=factor.minimum_count).fit(column(name))
        for name, factor in data.factors.items()
    }
    for name, further in data.sources.items():
        if further.tokenizer is not None:
            others[name] = further.tokenizer.fit(column(name), special_tokens=special_tokens)
    said = {
        name: (data.tasks[name].target_tokenizer or data.target_tokenizer or data.tokenizer).fit(
            (row.targets[0] for path in paths for row in kept_rows(path)), special_tokens=special_tokens
        )
        for name, paths in tasks.items()
    }
    if data.vocabulary_of:
        return build_numbering(recipe, Tokenizers(*_taken(recipe), others, said, known))
    if data.joint:
        both: TextTokenizer = data.tokenizer.fit(texts("source", "target"), special_tokens=special_tokens)
        return build_numbering(recipe, Tokenizers(both, both, others, said, known))
    source = data.tokenizer.fit(texts("source"), special_tokens=special_tokens)
    target = (data.target_tokenizer or data.tokenizer).fit(texts("target"), special_tokens=special_tokens)
    return build_numbering(recipe, Tokenizers(source, target, others, said, known))


def _taken(recipe: Recipe) -> tuple[TextTokenizer, TextTokenizer]:
    """Another model's tokenizers; of a language model both are its target's."""
    data = recipe.data
    source, target = read_tokenizers(Path(data.vocabulary_of))
    if data.source == "none":
        return target, target
    if data.joint != (source is target):
        raise RecipeError(
            f"`data.joint` must be {str(source is target).lower()} as in `data.vocabulary_of`, {data.vocabulary_of}, "
            f"but is {str(data.joint).lower()}."
        )
    return source, target
