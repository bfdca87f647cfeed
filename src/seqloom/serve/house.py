"""Several models behind one port."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from seqloom.core.errors import RecipeError
from seqloom.data.fields import canonical
from seqloom.serve.folders import ModelFolder
from seqloom.serve.meters import Meters
from seqloom.serve.problems import Refusal
from seqloom.serve.served import Served
from seqloom.serve.settings import ServeSettings

__all__ = ["House", "open_house"]

_PULSE = 0.1
"""Seconds between two looks at the clock."""


class House:
    """The models by their names, of which the first answers whoever names none."""

    def __init__(
        self,
        models: Mapping[str, Served],
        *,
        settings: ServeSettings,
        meters: Meters,
        folders: Mapping[str, ModelFolder] | None = None,
    ) -> None:
        """``folders``: of those models that are read anew when theirs is replaced."""
        self.models = models
        self.settings = settings
        self.meters = meters
        self.folders = folders or {}
        self.late = 0.0
        """Seconds by which the loop was behind lately."""
        self.look_now = asyncio.Event()
        """Set by whoever knows that a folder was replaced."""
        self.created = int(time.time())
        self.draining = False
        """Told to stop: what was accepted is answered, and no more is accepted."""

    def pick(self, name: str | None) -> Served:
        if name is None:
            return next(iter(self.models.values()))
        if name not in self.models:
            raise Refusal(404, f"model must be {_one_of([*self.models])}, but is another.")
        return self.models[name]

    def for_languages(self, source: str, target: str) -> tuple[Served, Mapping[str, str]]:
        """The first model that translates so, and the columns that it must be told of. "pt" stands for "pt-BR" where
        there is no other, and the other way round."""
        asked = canonical(source), canonical(target)
        for near in (False, True):
            for served, one, other in self._directions():
                if _same(asked[0], one, near=near) and _same(asked[1], other, near=near):
                    many = bool(served.speaker.numbering.known.get("directions"))
                    return served, {"from": one, "to": other} if many else {}
        raise Refusal(404, "there is no model for these two languages.")

    def _directions(self) -> Iterator[tuple[Served, str, str]]:
        for served in self.models.values():
            for source, target in served.languages:
                if source and target:
                    yield served, source, target

    async def feel(self) -> None:
        """Notice how late things are done: what waits in the lines is in no queue that could be counted."""
        loop = asyncio.get_running_loop()
        while True:
            due = loop.time() + _PULSE
            await asyncio.sleep(_PULSE)
            self.late = loop.time() - due

    @property
    def busy(self) -> bool:
        return any(served.busy for served in self.models.values())

    async def drained(self) -> None:
        """Accept nothing more; back when all that was accepted is over."""
        self.draining = True
        while self.busy:
            await asyncio.sleep(0.02)

    def close(self) -> None:
        for served in self.models.values():
            served.close()


def open_house(
    models: Mapping[str, Path],
    settings: ServeSettings,
    *,
    languages: Mapping[str, Sequence[tuple[str, str]]] | None = None,
    pairs: Mapping[str, str] | None = None,
) -> House:
    """Read the folders, each by the name that its model is called by.

    ``pairs`` are files of which a model shows the pairs nearest to a text; all are read before anybody asks.
    """
    meters = Meters()
    languages, pairs = languages or {}, pairs or {}
    for option, named in (("languages", languages), ("pairs", pairs)):
        if unknown := [name for name in named if name not in models]:
            raise RecipeError(f"`--{option}` must be of {_one_of([*models])}, but names `{unknown[0]}`.")
    folders = {name: ModelFolder(path, settings) for name, path in models.items()}
    served = {
        name: Served(
            name,
            folder.load(),
            settings=settings,
            meters=meters,
            languages=languages.get(name, ()),
            pairs=pairs.get(name),
        )
        for name, folder in folders.items()
    }
    for each in served.values():
        each.desk.wait()
        if each.seen_before is not None:
            each.seen_before.by(each.speaker)
    return House(served, settings=settings, meters=meters, folders=folders)


def _same(asked: str, known: str, *, near: bool) -> bool:
    known = canonical(known)
    return asked == known or (near and asked.partition("-")[0] == known.partition("-")[0])


def _one_of(names: Sequence[str]) -> str:
    quoted = [f"`{name}`" for name in names]
    return quoted[0] if len(quoted) == 1 else f"{', '.join(quoted[:-1])} or {quoted[-1]}"
