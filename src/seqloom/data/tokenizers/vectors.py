"""Frames of numbers in place of tokens: each channel brought to mean 0 and variance 1, and back."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar, Literal

import numpy as np
import numpy.typing as npt

from seqloom.core.errors import DataError, ModelFolderError, RecipeError
from seqloom.core.series import SeriesError, read_series, write_series
from seqloom.core.settings import to_data
from seqloom.core.specials import Specials
from seqloom.data.tokenizers.files import Saved, write_folder

__all__ = ["VectorSettings", "VectorTokenizer"]

_CHANNELS = "channels.json"
Frames = npt.NDArray[np.float32]


@dataclass(frozen=True, kw_only=True)
class VectorSettings:
    """The frames of numbers."""

    kind: Literal["vectors"] = "vectors"
    size: ClassVar[int] = 0
    normalise: Literal["channels", "none"] = "channels"
    """channels: each has mean 0 and variance 1 over the training data; none: numbers are read as they are."""

    def fit(self, texts: Iterable[str], *, special_tokens: Sequence[str] = ()) -> VectorTokenizer:
        """Mean and deviation of each channel, in one pass and in double precision (Chan et al. 1983)."""
        if special_tokens:
            raise RecipeError("special_tokens must be empty where the data is numbers: there is no text to have them.")
        count, mean_C, squares_C = 0, np.zeros(0), np.zeros(0)
        for text in texts:
            frames_TC = _frames(text)
            if not len(frames_TC):
                continue
            if not count:
                mean_C, squares_C = np.zeros(frames_TC.shape[1]), np.zeros(frames_TC.shape[1])
            if frames_TC.shape[1] != len(mean_C):
                raise DataError(
                    f"all series must have as many numbers a frame, but some have {len(mean_C)} and some "
                    f"{frames_TC.shape[1]}. If it is source and target that differ, set `data.joint = false`."
                )
            here_C, both = frames_TC.mean(0), count + len(frames_TC)
            squares_C += ((frames_TC - here_C) ** 2).sum(0) + (here_C - mean_C) ** 2 * count * len(frames_TC) / both
            mean_C += (here_C - mean_C) * len(frames_TC) / both
            count = both
        if not count:
            raise DataError("there must be series to learn the channels from, but there is none. Check the data.")
        if self.normalise == "none":
            return VectorTokenizer(self, mean_C=np.zeros_like(mean_C), scale_C=np.ones_like(mean_C))
        deviation_C = np.sqrt(squares_C / count)
        # One that never moves is left at 0: there is nothing to divide by.
        return VectorTokenizer(self, mean_C=mean_C, scale_C=np.where(deviation_C > 0, deviation_C, 1.0))

    def load(self, folder: Path, saved: Saved) -> VectorTokenizer:
        return VectorTokenizer.load(folder, self)


class VectorTokenizer:
    """A series to its frames, (T, C), and back; what others have ids for are frames here."""

    samples = False
    special_tokens: tuple[str, ...] = ()

    def __init__(self, settings: VectorSettings, *, mean_C: npt.NDArray[Any], scale_C: npt.NDArray[Any]) -> None:
        self.settings = settings
        self.mean_C = np.asarray(mean_C, dtype=np.float64)
        self.scale_C = np.asarray(scale_C, dtype=np.float64)

    @property
    def specials(self) -> Specials:
        return Specials(size=Specials.unk + 1, channels=len(self.mean_C))

    def encode(self, text: str) -> Any:
        frames_TC = _frames(text)
        if len(frames_TC) and frames_TC.shape[1] != len(self.mean_C):
            raise DataError(
                f"a frame must have {len(self.mean_C)} numbers, as those of the training data have, but has "
                f"{frames_TC.shape[1]}."
            )
        return ((frames_TC.reshape(-1, len(self.mean_C)) - self.mean_C) / self.scale_C).astype(np.float32)

    def encode_all(self, texts: Sequence[str]) -> Any:
        return [self.encode(text) for text in texts]

    def sample(self, texts: Sequence[str], *, seed: int) -> Any:
        return self.encode_all(texts)

    def values(self, frames: Sequence[Any]) -> npt.NDArray[np.float64]:
        """The frames in the data's own units."""
        frames_TC = np.asarray(frames, dtype=np.float64).reshape(-1, len(self.mean_C))
        return np.asarray(frames_TC * self.scale_C + self.mean_C)

    def decode(self, ids: Sequence[Any]) -> str:
        return write_series(self._rounded(ids))

    def pieces(self, text: str) -> list[str]:
        return [write_series([frame]) for frame in read_series(text)]

    def words_of(self, text: str, ids: Sequence[Any]) -> list[int]:
        return list(range(len(ids)))

    def show(self, ids: Sequence[Any]) -> list[str]:
        return [write_series([frame]) for frame in self._rounded(ids)]

    def _rounded(self, frames: Sequence[Any]) -> list[list[float]]:
        """For people: to a hundred-thousandth of each channel's deviation; single precision knows little more."""
        values_TC = self.values(frames)
        places_C = 5 - np.floor(np.log10(self.scale_C)).astype(int)
        columns = [np.round(values_T, places) for values_T, places in zip(values_TC.T, places_C.tolist(), strict=True)]
        return np.stack(columns, 1).tolist() if len(values_TC) else []

    def join(self, pieces: Sequence[str]) -> str:
        return write_series([frame for piece in pieces for frame in read_series(piece)])

    def id_of(self, piece: str) -> None:
        return None

    def save(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        channels = {"mean": self.mean_C.tolist(), "scale": self.scale_C.tolist()}
        (folder / _CHANNELS).write_text(json.dumps(channels, indent=2) + "\n", encoding="utf-8")
        write_folder(folder, settings=to_data(self.settings), special_tokens=(), files=[_CHANNELS])

    @classmethod
    def load(cls, folder: Path, settings: VectorSettings) -> VectorTokenizer:
        path = folder / _CHANNELS
        try:
            found = json.loads(path.read_text(encoding="utf-8"))
            mean_C, scale_C = np.array(found["mean"], dtype=np.float64), np.array(found["scale"], dtype=np.float64)
        except (OSError, ValueError, KeyError, TypeError):
            raise ModelFolderError(
                f"{path} must hold the channels' mean and scale, but does not. Save it anew."
            ) from None
        return cls(settings, mean_C=mean_C, scale_C=scale_C)


def _frames(text: str) -> npt.NDArray[np.float64]:
    try:
        frames = read_series(text)
    except SeriesError as error:
        raise DataError(f"{error}.") from None
    return np.array(frames, dtype=np.float64).reshape(len(frames), -1) if frames else np.zeros((0, 0))
