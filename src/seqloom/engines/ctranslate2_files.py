"""What the folder of a CTranslate2 model must say beside CTranslate2's own files. No torch here."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Self

from seqloom.core.errors import ModelFolderError
from seqloom.core.specials import Specials

__all__ = ["CTranslate2Files"]

_FORMAT = 1


@dataclass(frozen=True, kw_only=True)
class CTranslate2Files:
    """What the numbers of a model mean, in `seqloom.json`; the tokens themselves are in CTranslate2's files."""

    source: Specials
    target: Specials
    longest_source: int | None = None
    """Positions of a source that the files have; None: any number."""
    longest_target: int | None = None
    """Steps of an answer, its end among them, that the files have; None: any number."""
    decoder_longest: int | None = None
    """Steps that the model itself can take, so that a longer answer exists nowhere; None: any number."""

    NAME = "seqloom.json"

    def write(self, folder: Path) -> None:
        text = json.dumps({"format": _FORMAT} | asdict(self), indent=2)
        (folder / self.NAME).write_text(text + "\n", encoding="utf-8")

    @classmethod
    def read(cls, folder: Path) -> Self:
        """What ``write`` wrote."""
        said = _json(folder / cls.NAME)
        try:
            if said.pop("format") != _FORMAT:
                raise ModelFolderError(f"{folder / cls.NAME} must have the format {_FORMAT}. Export the model anew.")
            return cls(**said | {side: Specials(**said[side]) for side in ("source", "target")})
        except (KeyError, TypeError, AttributeError):
            raise ModelFolderError(f"{folder / cls.NAME} is damaged. Export the model anew.") from None

    @staticmethod
    def tokens(folder: Path) -> tuple[Sequence[str], Sequence[str]]:
        """The strings that stand for the ids of the source, and of the target."""
        shared = folder / "shared_vocabulary.json"
        if shared.exists():
            both = _json(shared)
            return both, both
        return _json(folder / "source_vocabulary.json"), _json(folder / "target_vocabulary.json")


def _json(path: Path) -> Any:
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise ModelFolderError(f"{path} must be there, but is not. Export the model anew.") from None
    except (ValueError, UnicodeDecodeError):
        raise ModelFolderError(f"{path} is damaged. Export the model anew.") from None
