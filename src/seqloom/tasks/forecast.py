"""How a series goes on: numbers in, the next ones out, and how sure they are."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from seqloom.core.errors import DataError
from seqloom.core.series import SeriesError, read_series, write_series
from seqloom.core.settings import Count
from seqloom.data.rows import Row
from seqloom.metrics.score import Score
from seqloom.metrics.series import measure_quantiles
from seqloom.tasks.contract import Answered, Baseline, Known, Shown, Task, TaskBase

__all__ = ["LAST_VALUE", "ForecastSettings"]

LAST_VALUE = "repeating the last value"
"""The simplest forecast."""
_LARGEST = 1e30
"""Of a series: what a model computes with them must find room in single precision."""
_DIGITS = 5
"""Of a series' own spread, that are told: single precision knows little more."""


@dataclass(frozen=True, kw_only=True)
class ForecastSettings(TaskBase):
    """The task of forecasting."""

    kind: Literal["forecast"] = "forecast"
    scale: Literal["series", "none"] = "series"
    """"series": the model reads each series as if its mean were 0 and its spread 1, so that one model serves series of
    any height. "none": as it is, where the height itself says how it goes on."""
    season: Count = 0
    """Frames after which it all comes again, for the baseline that repeats them; 0: there is none."""

    def build(self, known: Known) -> Forecast:
        return Forecast(self)


class Forecast(Task):
    def __init__(self, settings: ForecastSettings) -> None:
        self.settings = settings

    def read(self, row: Row) -> Row:
        mean_C, spread_C = self._level(row.source)
        texts = [
            write_series(((frames_TC - mean_C) / spread_C).tolist()) if len(frames_TC := _frames(text)) else text
            for text in (row.source, *row.targets)
        ]
        return replace(row, source=texts[0], targets=tuple(texts[1:]))

    def show(self, row: Row, text: str) -> Shown:
        frames_TC = _frames(text)
        if not len(frames_TC):
            return Shown(text=text)
        mean_C, spread_C = self._level(row.source)
        columns = (
            np.round(column_T, _DIGITS - math.floor(math.log10(spread)))
            for column_T, spread in zip((frames_TC * spread_C + mean_C).T, spread_C.tolist(), strict=True)
        )
        return Shown(text=write_series(np.stack([*columns], 1).tolist()))

    def _level(self, source: str) -> tuple[NDArray[Any], NDArray[Any]]:
        """Where a series lies, and how far it goes from there. One that stands still goes as far as it is high."""
        source_SC = _frames(source)
        if len(source_SC) and np.abs(source_SC).max() > _LARGEST:
            raise DataError(f"a series must have numbers of {_LARGEST:g} at most, but has a larger one.")
        if self.settings.scale == "none" or not len(source_SC):
            return np.zeros(1), np.ones(1)
        mean_C, spread_C = source_SC.mean(0), source_SC.std(0)
        still_C = np.where(mean_C, np.abs(mean_C), 1.0)
        return mean_C, np.where(spread_C > 1e-9 * still_C, spread_C, still_C)

    # ---- what it is worth --------------------------------------------------------------------------------------------

    def scores(self, answered: Sequence[Answered], *, samples: int = 1000) -> list[Score]:
        """Of the quantiles, where there are any."""
        told = [{float(share) / 100: text for share, text in each.quantiles.items()} for each in answered]
        if not all(told):
            return []
        return measure_quantiles(told, [each.row.targets[0] for each in answered], samples=samples)

    @property
    def baselines(self) -> Mapping[str, Baseline]:
        found: dict[str, Baseline] = {LAST_VALUE: lambda row: _repeated(row, 1)}
        season = self.settings.season
        return found | {f"repeating the last {season}": lambda row: _repeated(row, season)} if season else found


def _repeated(row: Row, number: int) -> list[str]:
    """The last frames again and again, for as long as what came."""
    last_SC, ahead = _frames(row.source)[-number:], len(_frames(row.targets[0]))
    return [write_series(np.resize(last_SC, (ahead, last_SC.shape[1])).tolist())]


def _frames(text: str) -> NDArray[np.float64]:
    """None where the text says none."""
    try:
        frames = read_series(text)
    except SeriesError as error:
        raise DataError(f"{error}.") from None
    return np.array(frames, np.float64)
