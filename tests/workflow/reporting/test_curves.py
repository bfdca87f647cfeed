from __future__ import annotations

import json
import math
from pathlib import Path

import pytest

from seqloom.pages import Lines, SideBySide
from seqloom.workflow.reporting.curves import curves_of, read_log


def a_log(steps: int) -> list[dict[str, object]]:
    log: list[dict[str, object]] = [
        {"event": "step", "step": n * 10, "smoothed": 5 / n, "rate": 0.01, "tokens": 500, "seconds": n * 2.0}
        for n in range(1, steps + 1)
    ]
    log.append({"event": "validation", "step": 20, "scores": {"bleu": 12.5, "perplexity": math.e**2}, "best": True})
    return log


def charts(log: list[dict[str, object]]) -> dict[str, Lines]:
    [beside] = curves_of(log)
    assert isinstance(beside, SideBySide)
    return {chart.caption: chart for chart in beside.blocks if isinstance(chart, Lines)}


def test_curves_say_what_the_log_says() -> None:
    found = charts(a_log(4))
    assert list(found) == ["Loss", "Validation: bleu", "Learning rate", "Speed"]
    training, validation = found["Loss"].lines
    assert training.y[0] == 5
    assert validation.y == [2]
    assert found["Speed"].lines[0].y == [2500] * 3  # ten steps of 500 tokens in two seconds
    assert found["Validation: bleu"].marks == {"best": 20}


def test_a_long_run_has_no_more_points_than_can_be_seen() -> None:
    line = charts(a_log(5000))["Loss"].lines[0]
    assert len(line.x) <= 160
    assert line.x[-1] == 50_000


def test_a_log_that_a_kill_cut_is_read_as_far_as_it_goes(tmp_path: Path) -> None:
    path = tmp_path / "log.jsonl"
    path.write_text("".join(f"{json.dumps(line)}\n" for line in a_log(3)) + '{"event": "st', encoding="utf-8")
    assert read_log(path) == a_log(3)
    assert read_log(tmp_path / "none.jsonl") == []


@pytest.mark.parametrize("log", [[], a_log(1)])
def test_a_run_that_ended_at_once_has_a_page_too(log: list[dict[str, object]]) -> None:
    assert all(block.html() for block in curves_of(log))


def test_a_loss_that_was_lost_is_left_out() -> None:
    log = a_log(3)
    log[1]["smoothed"] = math.nan
    assert len(charts(log)["Loss"].lines[0].y) == 2
