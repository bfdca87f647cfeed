"""A model's folder, and whether what is in it is still what was read."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from seqloom.serve.settings import ServeSettings
from seqloom.workflow.loading import EXPORTS, load
from seqloom.workflow.manifest import read_manifest, sha256
from seqloom.workflow.speaker import Speaker

__all__ = ["ModelFolder"]

_FILES = ("manifest.json", "weights.safetensors", "model.bin", f"{EXPORTS}/*/manifest.json")
"""Which of them change with the model."""
_WEIGHTS = "weights.safetensors"

Looks = Mapping[str, tuple[int, int, int]]
"""Files by their names: when each was written, how large it is, and which it is."""


class ModelFolder:
    """Remembers the model that was read last."""

    def __init__(self, path: Path, settings: ServeSettings) -> None:
        self.path = path
        self.settings = settings
        self._last: Looks = {}
        self._seen: Looks = {}
        self._identity = ""

    def load(self) -> Speaker:
        """The model that is there."""
        seen, now = self._looks(), self._identity_now()
        speaker = load(self.path, engine=self.settings.engine, trust=self.settings.trust)
        self._last = self._seen = seen
        self._identity = now
        return speaker

    def touched(self) -> bool:
        """Whether files have changed, and are left alone since the last look: what is half copied is no model yet.
        Once for each change."""
        now = self._looks()
        still, self._last = now == self._last, now
        if not still or now == self._seen:
            return False
        self._seen = now
        return True

    def changed(self) -> bool:
        """Whether another model is there: its manifest's identity, or the weights of a training, are others."""
        return self._identity_now() != self._identity

    def _looks(self) -> Looks:
        found = {}
        for path in (each for name in _FILES for each in self.path.glob(name)):
            try:
                stat = path.stat()
            except OSError:  # it went meanwhile
                continue
            found[str(path)] = (stat.st_mtime_ns, stat.st_size, stat.st_ino)
        return found

    def _identity_now(self) -> str:
        exports = sorted(self.path.glob(f"{EXPORTS}/*/manifest.json"))
        ids = [read_manifest(folder)["id"] for folder in (self.path, *(each.parent for each in exports))]
        weights = self.path / _WEIGHTS  # of which a manifest has no checksum: a training replaces them
        return " ".join([*ids, sha256(weights) if weights.is_file() else ""])
