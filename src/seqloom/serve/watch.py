"""A model whose folder is replaced while it is served: the new one is loaded beside, and none is asked in vain."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping
from pathlib import Path

from seqloom.core.errors import SeqloomError
from seqloom.serve.desk import Desk
from seqloom.serve.house import House
from seqloom.serve.journal import write
from seqloom.serve.served import Served
from seqloom.workflow.loading import load
from seqloom.workflow.manifest import read_manifest, sha256

__all__ = ["Watched", "identity", "watch"]

_WEIGHTS = "weights.safetensors"
Look = Mapping[str, tuple[int, int, int]]
"""What a folder's files look like from outside."""


async def watch(house: House) -> None:
    """Look at every folder again and again."""
    if not house.settings.reload_every:
        return
    watched = [
        Watched(house, served, house.folders[name]) for name, served in house.models.items() if name in house.folders
    ]
    while True:
        await asyncio.sleep(house.settings.reload_every)
        for each in watched:
            await each.look()


class Watched:
    """A folder. It is read when its files have changed and are left alone since the last look: what is half copied is
    no model yet."""

    def __init__(self, house: House, served: Served, folder: Path) -> None:
        self.house = house
        self.served = served
        self.folder = folder
        self._seen = self._last = looks_of(folder)
        self._identity = identity(folder)

    async def look(self) -> None:
        now = await asyncio.to_thread(looks_of, self.folder)
        still, self._last = now == self._last, now
        if still and now != self._seen:
            self._seen = now
            await self.renew()

    async def renew(self) -> None:
        """The folder's model in place of the one that answers, unless it is the same or cannot be."""
        try:
            now = await asyncio.to_thread(identity, self.folder)
            if now == self._identity:
                return
            desk = await asyncio.to_thread(self._open)
        except (SeqloomError, OSError, ValueError) as error:
            self._tell("refused", level=logging.WARNING, reason=" ".join(str(error).split()))
            return
        except Exception as error:
            write("reload", error=error, what={"model": self.served.name, "result": "failed"})
            return
        self._identity = now
        self.served.replace(desk).close()
        self._tell("loaded")

    def _open(self) -> Desk:
        settings = self.house.settings
        speaker = load(self.folder, engine=settings.engine, trust=settings.trust)
        desk = Desk(speaker, name=self.served.name, meters=self.house.meters)
        desk.wait()
        return desk

    def _tell(self, result: str, *, level: int = logging.INFO, reason: str = "") -> None:
        self.house.meters.reloads.labels(self.served.name, result).inc()
        more = {"reason": reason} if reason else {}
        write("reload", level=level, what={"model": self.served.name, "result": result, **more})


def looks_of(folder: Path) -> Look:
    """By name, without reading them."""
    found = {}
    for path in (folder / "manifest.json", folder / _WEIGHTS, folder / "model.bin"):
        try:
            stat = path.stat()
        except OSError:
            continue
        found[path.name] = (stat.st_mtime_ns, stat.st_size, stat.st_ino)
    return found


def identity(folder: Path) -> str:
    """Of a model: another one has another. What a manifest has no checksum of are the weights of a training."""
    manifest = read_manifest(folder)
    weights = folder / _WEIGHTS
    return f"{manifest['id']} {sha256(weights) if weights.is_file() else ''}"
