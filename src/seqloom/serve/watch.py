"""A model whose folder is replaced while it is served: the new one is loaded beside, and nobody asks in vain."""

from __future__ import annotations

import asyncio
import logging
from contextlib import suppress

from seqloom.core.errors import SeqloomError
from seqloom.serve.desk import Desk
from seqloom.serve.folders import ModelFolder
from seqloom.serve.house import House
from seqloom.serve.journal import write
from seqloom.serve.served import Served

__all__ = ["renew", "watch"]


async def watch(house: House) -> None:
    """Look at every folder again and again, and at once when somebody asks for it."""
    every = house.settings.reload_every or None
    while True:
        with suppress(TimeoutError):
            async with asyncio.timeout(every):
                await house.look_now.wait()
        at_once = house.look_now.is_set()
        house.look_now.clear()
        for name, folder in house.folders.items():
            if at_once or await asyncio.to_thread(folder.touched):
                await renew(house, house.models[name], folder)


async def renew(house: House, served: Served, folder: ModelFolder) -> None:
    """The folder's model in place of the one that answers, unless it is the same or cannot be read."""

    def told(result: str, level: int = logging.INFO, reason: str = "") -> None:
        house.meters.reloads.labels(served.name, result).inc()
        why = {"reason": reason} if reason else {}
        write("reload", level=level, what={"model": served.name, "result": result, **why})

    def opened() -> Desk | None:
        if not folder.changed():
            return None
        speaker = folder.load()
        if served.seen_before is not None:
            served.seen_before.by(speaker)  # before it answers, for nobody to wait
        desk = Desk(speaker, name=served.name, meters=house.meters)
        desk.wait()
        return desk

    try:
        desk = await asyncio.to_thread(opened)
    except (SeqloomError, OSError) as error:
        told("refused", logging.WARNING, " ".join(str(error).split()))
    except Exception as error:  # whatever it is, the old model goes on
        told("failed", logging.ERROR)
        write("reload", error=error, what={"model": served.name})
    else:
        if desk is not None:
            served.replace(desk).close()
            told("loaded")
