"""Words written another way, letter by letter: pronounced, inflected, in another script, numbers said in words."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import takewhile
from pathlib import PurePath
from typing import ClassVar, Literal

from seqloom.core.errors import RecipeError
from seqloom.core.settings import Count
from seqloom.data.rows import BadLine, Row
from seqloom.metrics.score import Score
from seqloom.retrieval.bm25 import Bm25
from seqloom.tasks.contract import Answered, Baseline, Known, Shown, Task, TaskBase
from seqloom.tasks.tags import Tags, check_name, scores_apart

__all__ = ["CharactersSettings"]

_TAG = "tag"
_FILE = "file"
_NEAREST = 50
"""Known words that are looked at, for one that is asked of in the same way."""


@dataclass(frozen=True, kw_only=True)
class CharactersSettings(TaskBase):
    """The task of characters."""

    kind: Literal["characters"] = "characters"
    tag: int | str = ""
    """Where several languages, scripts or directions share a model: the column that says which one a row is of, by name
    or by number from 1; "file": the name of its file says it, up to the first dot. Empty: there is one."""
    dictionary: Count = 10_000
    """Training pairs that are kept for the baseline; 0: there is none."""

    keeps: ClassVar[tuple[str, ...]] = (_TAG,)
    mixed: ClassVar[tuple[str, ...]] = (_TAG,)

    def __post_init__(self) -> None:
        if isinstance(self.tag, int) and self.tag < 1:
            raise RecipeError(f'tag must be a column, by name or number from 1, "file" or empty, but is {self.tag}.')

    @property
    def columns(self) -> Mapping[str, int | str]:
        return {} if self.tag in ("", _FILE) else {_TAG: self.tag}

    def pairs(self, row: Row) -> Iterator[Row | BadLine]:
        if self.tag == "":
            yield replace(row, extras={key: each for key, each in row.extras.items() if key != _TAG})
            return
        given = row.extras.get(_TAG) or (PurePath(row.file).name.partition(".")[0] if self.tag == _FILE else "")
        name = str(given).strip()
        if not name or set(name) & set(" <>"):
            what = f"the tag must be a name without spaces, but is `{name}`" if name else "the tag is missing"
            yield BadLine(file=row.file, line=row.line, what=what, text=row.source)
        else:
            yield replace(row, extras={**row.extras, _TAG: name})

    def learn(self, rows: Iterable[Row]) -> Known:
        """The tags, and a dictionary of as many pairs as are wanted, from everywhere in the data."""
        found = [(str(row.extras.get(_TAG) or ""), row.source, row.targets[0]) for row in rows]
        tags = sorted({tag for tag, _, _ in found if tag})
        step = -(-len(found) // self.dictionary) if self.dictionary else 0
        return {"tags": tags, "pairs": [list(each) for each in found[::step]] if step else []}

    def build(self, known: Known) -> Characters:
        return Characters(known)


class Characters(Task):
    """A question says by `tag` which of the model's tables it is of, or begins with its token."""

    def __init__(self, known: Known) -> None:
        self._tags = Tags(known.get("tags", ()))
        self.specials = self._tags.specials
        self._pairs: Sequence[tuple[str, str, str]] = [
            (tag, source, said) for tag, source, said in known.get("pairs", ())
        ]

    def read(self, row: Row) -> Row:
        if not self.specials or not row.source.strip():
            return row
        text, tag = self._tagged(row)
        check_name(_TAG, tag, self._tags.names, what="one of those that this model was trained for")
        return replace(row, source=self._tags.before(text, tag))

    def refuses(self, row: Row) -> str | None:
        tag = self._tagged(row)[1]
        known = not self.specials or tag in self._tags.names
        return None if known else f"the tag must be one of {', '.join(self._tags.names)}, but is `{tag}`"

    def _tagged(self, row: Row) -> tuple[str, str]:
        """The source without a tag that a person wrote before it, and the tag."""
        text, tag = self._tags.parted(row.source)
        return text, str(row.extras.get(_TAG) or "") or tag or self._tags.only

    def show(self, row: Row, text: str) -> Shown:
        return Shown(text=text, fields={_TAG: self._tagged(row)[1]} if self.specials else {})

    def scores(self, answered: Sequence[Answered], *, samples: int = 1000) -> list[Score]:
        """The share of right answers of each tag."""
        return scores_apart(answered, lambda row: self._tagged(row)[1], ["exact_match"], samples=samples)

    # ---- the baseline ------------------------------------------------------------------------------------------------

    @property
    def baselines(self) -> Mapping[str, Baseline]:
        return {"as the nearest known": self._as_the_nearest} if self._pairs else {}

    def _as_the_nearest(self, row: Row) -> list[str]:
        """What is known is said. Otherwise its end is changed as that of the word most like it is, of the same tag and
        further columns; where that does not go, the answer is that word's."""
        source, tag = self._tagged(row)
        word, _, about = source.partition("\t")
        places = self._index.nearest(_parts(source, tag), most=_NEAREST)
        if not places:
            return [word]
        alike = (place for place in places if self._of(place)[1:] == (about, tag))
        best = next(alike, places[0])
        known, said = self._of(best)[0], self._pairs[best][2]
        kept = sum(1 for _ in takewhile(lambda both: both[0] == both[1], zip(known, said, strict=False)))
        if self._of(best) == (word, about, tag) or not kept or not word.endswith(known[kept:]):
            return [said]
        return [word[: len(word) - len(known) + kept] + said[kept:]]

    def _of(self, place: int) -> tuple[str, str, str]:
        tag, source, _ = self._pairs[place]
        word, _, about = source.partition("\t")
        return word, about, tag

    @cached_property
    def _index(self) -> Bm25:
        return Bm25([_parts(source, tag) for tag, source, _ in self._pairs])


def _parts(source: str, tag: str) -> list[str]:
    """What makes two words alike: threes of letters, the ends, and what else is said of them, in their tag."""
    word, _, about = source.partition("\t")
    edged = f"^{word}$"
    threes = [edged[place : place + 3] for place in range(len(edged) - 2)]
    return [f"{tag} {part}" for part in (*threes, word, edged[-3:], edged[-5:], about) if part]
