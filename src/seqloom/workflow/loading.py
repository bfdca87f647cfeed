"""Read a folder that answers, whatever is in it. No torch here until a model needs it."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from seqloom.core.devices import DeviceName
from seqloom.core.engines import EngineName
from seqloom.core.errors import ModelFolderError
from seqloom.workflow.exported import Exported, open_exported
from seqloom.workflow.manifest import read_manifest
from seqloom.workflow.speaker import Speaker

__all__ = ["EXPORTS", "load"]

EXPORTS = "exports"
"""The folder in a model's own where `seqloom export` puts what it makes, unless told otherwise."""


def load(
    folder: str | Path,
    *,
    engine: EngineName = "auto",
    device: DeviceName = "cpu",
    trust: Iterable[str] | None = (),
) -> Speaker:
    """Read a model folder, or what `seqloom export` made of one.

    ``engine``: "own" answers with the model itself; "ctranslate2" or "onnx" with what was exported; "auto" answers each
    request with the fastest that can. ``trust`` names the packages whose parts a model from elsewhere may run; None
    trusts all.
    """
    path, trusted = Path(folder), None if trust is None else frozenset(trust)
    manifest = read_manifest(path)
    if "engine" in manifest:
        if engine not in ("auto", manifest["engine"]):
            raise ModelFolderError(
                f'{path}: was exported for `engine` "{manifest["engine"]}", but is asked for "{engine}". Leave it out.'
            )
        return open_exported(path, trust=trusted)
    exports = [open_exported(each.parent, trust=trusted) for each in sorted(path.glob(f"{EXPORTS}/*/manifest.json"))]
    if engine in ("ctranslate2", "onnx"):
        found = next((each for each in exports if each.kind == engine), None)
        if found is None:
            raise ModelFolderError(
                f"{path}: has not been exported for it yet. `seqloom export {path} --to {engine}` does."
            )
        return found
    from seqloom.workflow.model import load_model

    model = load_model(path, device=device, trust=trusted)
    if engine == "auto" and model.device.type == "cpu":
        model.exports = _of_now(exports, path, manifest["id"])
    return model


def _of_now(exports: Iterable[Exported], folder: Path, id: str) -> list[Exported]:
    """Those that were made of the model as it is."""
    from seqloom.workflow.folder import WEIGHTS
    from seqloom.workflow.manifest import sha256

    made_of = {"id": id, "weights": sha256(folder / WEIGHTS)}
    return [each for each in exports if each.kind == "ctranslate2" and each.made_of == made_of]
