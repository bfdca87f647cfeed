"""The guard: it says what became slower, and only that."""

import importlib.util
import json
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType

import pytest

BENCH = Path(__file__).parents[2] / "bench"
HERE, ELSEWHERE = "processor 1, torch 2", "processor 9, torch 1"


@pytest.fixture(scope="module")
def quick() -> Iterator[ModuleType]:
    sys.path.insert(0, str(BENCH))
    spec = importlib.util.spec_from_file_location("quick", BENCH / "quick.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["quick"] = module  # where dataclasses look for it
    try:
        spec.loader.exec_module(module)
        yield module
    finally:
        sys.path.remove(str(BENCH))
        del sys.modules["quick"]


def working(milliseconds: float) -> Callable[[], None]:
    def work() -> None:
        end = time.process_time() + milliseconds / 1000
        while time.process_time() < end:
            pass

    return work


@pytest.fixture
def run(quick: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., int]:
    """The guard of one kernel that takes so many milliseconds, its yardstick taking one."""
    monkeypatch.setattr(quick, "ROUNDS", 2)
    monkeypatch.setattr(quick, "SLICE", 0.05)

    def main(milliseconds: float, *arguments: str, machine: str = HERE) -> int:
        kernel = quick.Kernel(name="made up", work=working(milliseconds), yardstick=working(1))
        monkeypatch.setattr(quick, "kernels", lambda: [kernel])
        monkeypatch.setattr(quick, "this_machine", lambda: machine)
        status = quick.main(["--history", str(tmp_path), *arguments])
        assert isinstance(status, int)
        return status

    return main


def test_a_slower_kernel_fails_until_it_is_kept(run: Callable[..., int], capsys: pytest.CaptureFixture[str]) -> None:
    assert run(2) == 0  # nothing kept
    assert run(2, "--keep") == 0
    assert run(2) == 0
    capsys.readouterr()
    assert run(3) == 1
    assert "made up is 50% slower than at" in capsys.readouterr().out
    assert run(1) == 0
    assert run(3, "--keep") == 0
    assert run(3) == 0


def test_on_another_kind_of_machine_only_much_counts(
    run: Callable[..., int], capsys: pytest.CaptureFixture[str]
) -> None:
    run(2, "--keep", machine=ELSEWHERE)
    assert run(2.6) == 0
    assert f"compared with {ELSEWHERE}" in capsys.readouterr().out
    assert run(3.6) == 1
    run(2.6, "--keep")
    assert run(3.6) == 1  # its own figure, now that there is one


def test_what_is_kept_is_added(run: Callable[..., int], tmp_path: Path) -> None:
    run(2, "--keep"), run(3, "--keep")
    lines = json.loads((tmp_path / "made up.json").read_text())
    assert [round(line["ratio"]) for line in lines] == [2, 3]
    assert all(line["machine"] == HERE and line["commit"] and line["date"] for line in lines)


def test_every_kernel_and_its_yardstick_run(quick: ModuleType) -> None:
    kernels = quick.kernels()
    assert len({kernel.name for kernel in kernels}) == len(kernels)
    for kernel in kernels:
        for work in (kernel.work, kernel.yardstick):
            assert quick.timed(work) > 0
