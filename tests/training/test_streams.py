"""Batches made ahead: the same ones, counted as read when they are given, and nothing left running."""

import signal
import threading
from collections.abc import Iterable, Iterator
from dataclasses import replace
from itertools import islice
from pathlib import Path

import pytest
import torch

from seqloom.nn.contracts import Batch
from seqloom.training.run import run
from seqloom.training.settings import TrainingSettings
from seqloom.training.streams import BatchStream, Prefetched, RepeatedBatches
from seqloom.training.tasks import TaskStreams

from .models import batches
from .runs import stream, trainer


def same(one: Batch, other: Batch) -> bool:
    return torch.equal(one.target_BT, other.target_BT) and one.task == other.task


def two_tasks() -> TaskStreams:
    return TaskStreams(stream(8), {"tags": stream(4)}, {"tags": 0.5})


def making() -> list[threading.Thread]:
    return [thread for thread in threading.enumerate() if thread.name == "seqloom-batch"]


def all_end() -> bool:
    for thread in making():
        thread.join(10)
    return not making()


@pytest.mark.parametrize("ahead", [1, 3])
@pytest.mark.parametrize("make", [stream, two_tasks])
def test_what_is_made_ahead_counts_as_not_read(make: type[BatchStream], ahead: int) -> None:
    plain, prefetched = make(), Prefetched(make(), ahead=ahead)
    assert prefetched.batches_per_epoch == plain.batches_per_epoch
    for _ in range(15):
        assert prefetched.position() == plain.position()
        assert prefetched.epoch == plain.epoch
        assert same(next(prefetched), next(plain))


def test_it_goes_on_from_any_position() -> None:
    plain, prefetched = stream(), Prefetched(stream())
    for _ in range(8):
        next(plain), next(prefetched)
    other = Prefetched(stream())
    next(other)
    other.seek(prefetched.position())
    assert other.epoch == plain.epoch
    for _ in range(8):
        assert same(next(other), next(plain))
    prefetched.seek({"epoch": 0, "given": 0})  # and back, while others are on their way
    assert same(next(prefetched), next(stream()))


def test_a_run_is_the_same(tmp_path: Path) -> None:
    settings = TrainingSettings(steps=9, warmup=2, accumulate=2, save_every=4)
    plain, ahead = trainer(settings), trainer(settings)
    ahead.stream = Prefetched(stream())
    for name, made in (("plain", plain), ("ahead", ahead)):
        for _ in run(made, tmp_path / name):
            pass
    assert ahead.state().data["stream"] == plain.state().data["stream"]
    for name, weight in plain.model.state_dict().items():
        assert torch.equal(ahead.model.state_dict()[name], weight)
    assert all_end()


def test_an_error_is_raised_where_its_batch_is_asked_for() -> None:
    spoilt = [True]

    def epoch(_: int) -> Iterable[Batch]:
        yield from islice(batches(8), 2)
        if spoilt:
            raise OSError("the disk is gone")
        yield from islice(batches(8), 2)

    prefetched = Prefetched(RepeatedBatches(epoch, batches_per_epoch=4), ahead=3)
    next(prefetched), next(prefetched)
    position = prefetched.position()
    with pytest.raises(OSError, match="disk is gone"):
        next(prefetched)
    assert prefetched.position() == position
    assert all_end()
    spoilt.clear()
    assert same(next(prefetched), next(iter(batches(8))))


def test_what_is_done_to_each_batch_is_done_ahead_and_its_error_loses_none() -> None:
    fails = [False]
    threads = []

    def prepare(batch: Batch) -> Batch:
        threads.append(threading.current_thread().name)
        if fails[0]:
            raise MemoryError
        return replace(batch, task="prepared")

    plain, prefetched = stream(), Prefetched(stream(), ahead=1, prepare=prepare)
    assert next(prefetched).task == "prepared"
    next(plain)
    assert all_end()  # so that one more is made
    fails[0] = True
    next(plain), next(prefetched)
    with pytest.raises(MemoryError):
        next(prefetched)
    fails[0] = False
    assert torch.equal(next(prefetched).target_BT, next(plain).target_BT)
    assert set(threads) == {"seqloom-batch"}


@pytest.fixture
def heard() -> Iterator[None]:
    """Ctrl-C raises: whoever is started in the background by a shell begins without."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.usefixtures("heard")
def test_an_interrupt_while_waiting_loses_no_batch_and_leaves_no_thread() -> None:
    asked, main = threading.Event(), threading.main_thread().ident
    assert main is not None
    interrupts = False

    def epoch(_: int) -> Iterable[Batch]:
        nonlocal interrupts
        for number, batch in enumerate(islice(batches(8), 6)):
            if number == 3 and interrupts:
                interrupts = False
                asked.wait(10)
                signal.pthread_kill(main, signal.SIGINT)
            yield batch

    plain = RepeatedBatches(epoch, batches_per_epoch=6)
    wanted = [next(plain) for _ in range(6)]
    interrupts = True
    prefetched = Prefetched(RepeatedBatches(epoch, batches_per_epoch=6), ahead=1)
    for batch in wanted[:3]:
        assert same(next(prefetched), batch)
    with pytest.raises(KeyboardInterrupt):
        asked.set() or next(prefetched)
    assert all_end()
    for batch in wanted[3:]:
        assert same(next(prefetched), batch)
