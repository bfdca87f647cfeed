"""Several tasks in one training: whose turn it is, what a step moves, and what it is told to have come to."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from itertools import islice

import pytest
import torch

from seqloom.core.specials import Specials
from seqloom.data.batches import make_batch
from seqloom.decoding.request import Pair, Source
from seqloom.models.branches import BranchSettings
from seqloom.models.decoders import PooledDecoderSettings, RecurrentDecoderSettings
from seqloom.models.encoder_decoder import EncoderDecoder, ModelSettings
from seqloom.models.encoders import RecurrentEncoderSettings
from seqloom.models.sources import TextSourceSettings
from seqloom.nn.contracts import Batch
from seqloom.nn.embedding import EmbeddingSettings
from seqloom.training.loop import Learner
from seqloom.training.objectives import CrossEntropySettings
from seqloom.training.settings import TaskTrainingSettings, TrainingSettings
from seqloom.training.streams import RepeatedBatches
from seqloom.training.tasks import TaskStreams

WORDS, LABELS = Specials(size=9), Specials(size=6)
SETTINGS = TrainingSettings(steps=10, rate=1e-2, warmup=0)


def model() -> EncoderDecoder:
    torch.manual_seed(1)
    settings = ModelSettings(
        source=TextSourceSettings(width=8),
        encoder=RecurrentEncoderSettings(width=8, layers=1),
        target=EmbeddingSettings(width=8),
        decoder=RecurrentDecoderSettings(width=8, layers=1),
        tasks={"kind": BranchSettings(target=EmbeddingSettings(width=4), decoder=PooledDecoderSettings(width=6))},
    )
    return settings.build(source=WORDS, target=WORDS, tasks={"kind": LABELS})


def batch(word: int, *, task: str | None = None) -> Batch:
    vocabulary = WORDS if task is None else LABELS
    target = [4, 5, 4] if task is None else [5]
    made = make_batch([Pair(source=Source(parts={"text": [word, 5]}), target=target)], vocabulary=vocabulary)
    return replace(made, task=task)


def streams(**shares: float) -> TaskStreams:
    def stream(first: int, number: int, task: str | None) -> RepeatedBatches:
        def epoch(epoch: int) -> Iterator[Batch]:
            return (batch(4 + (first + epoch + place) % 5, task=task) for place in range(number))

        return RepeatedBatches(epoch, batches_per_epoch=number)

    tasks = {name: stream(2, 5, "kind") for name in shares}
    return TaskStreams(stream(0, 3, None), tasks, shares)


def words(made: TaskStreams, number: int) -> list[tuple[str | None, int]]:
    return [
        (each.task, int(each.source.parts["text"].values[0, 0]))
        for each in islice(iter(lambda: next(made), None), number)
    ]


def test_shares_hold_in_every_stretch() -> None:
    made = streams(kind=2.0, other=0.5)
    tasks = [next(made).task for _ in range(70)]
    assert Counter(tasks) == {None: 20, "kind": 40, "other": 10}
    for start in range(0, 63, 7):
        assert Counter(tasks[start : start + 7]) == {None: 2, "kind": 4, "other": 1}
    assert made.batches_per_epoch == round(3 * 3.5)
    assert made.epoch == pytest.approx(20 / 3)


def test_it_goes_on_where_it_stood() -> None:
    made = streams(kind=0.7)
    words(made, 11)
    position = made.position()
    wanted = words(made, 20)
    again = streams(kind=0.7)
    again.seek(position)
    assert words(again, 20) == wanted


def test_a_step_moves_what_its_task_has_a_part_in() -> None:
    network = model()
    learner = Learner(network, SETTINGS)
    before = {name: weight.clone() for name, weight in network.state_dict().items()}
    progress = learner.learn([batch(4, task="kind")], step=1, rate=0.01)
    moved = {name for name, weight in network.state_dict().items() if not weight.equal(before[name])}
    assert moved
    assert {name.partition(".")[0] for name in moved} == {"source", "encoder", "branches"}
    assert progress.parts == {"kind": progress.loss}
    progress = learner.learn([batch(4)], step=2, rate=0.01)
    assert progress.parts == {"main": progress.loss}


def test_the_losses_of_a_step_are_means_by_task_times_their_weights() -> None:
    def loss(weight: float, *batches: Batch) -> float:
        settings = replace(SETTINGS, tasks={"kind": TaskTrainingSettings(weight=weight)})
        return Learner(model(), settings).learn(batches, step=1, rate=0.01).loss

    network = model().eval()
    main, kind = batch(4), batch(6, task="kind")
    with torch.inference_mode():
        alone = {each.task: float(-network.task(each.task).logp_P(each).mean()) for each in (main, kind)}
    assert loss(1.0, main) == pytest.approx(alone[None], rel=1e-3)
    assert loss(1.0, kind) == pytest.approx(alone["kind"], rel=1e-3)
    assert loss(0.25, kind) == pytest.approx(0.25 * alone["kind"], rel=1e-3)
    assert loss(0.25, main, kind) == pytest.approx(alone[None] + 0.25 * alone["kind"], rel=1e-3)
    both = Learner(model(), SETTINGS).learn([main, main, kind], step=1, rate=0.01)
    assert both.parts == pytest.approx({"main": alone[None], "kind": alone["kind"]}, rel=1e-3)


def test_a_task_may_have_objectives_of_its_own() -> None:
    own = TaskTrainingSettings(objectives=(CrossEntropySettings(weight=3.0), CrossEntropySettings()))
    learner = Learner(model(), replace(SETTINGS, tasks={"kind": own}))
    plain = Learner(model(), SETTINGS).learn([batch(6, task="kind")], step=1, rate=0.01).loss
    progress = learner.learn([batch(6, task="kind"), batch(4)], step=1, rate=0.01)
    assert progress.parts["kind_cross_entropy_1"] == pytest.approx(3 * plain, rel=1e-3)
    assert progress.parts["kind_cross_entropy_2"] == pytest.approx(plain, rel=1e-3)
    assert set(progress.parts) == {"main", "kind_cross_entropy_1", "kind_cross_entropy_2"}
    assert sum(progress.parts.values()) == pytest.approx(progress.loss)


def test_what_is_not_finite_is_found_in_a_further_task_too() -> None:
    network = model()
    learner = Learner(network, SETTINGS)
    with torch.no_grad():
        next(network.branches["kind"].parameters()).fill_(float("nan"))
    with pytest.raises(Exception, match=r"`branches\.kind\..*` was not finite before the step began"):
        learner.learn([batch(4, task="kind")], step=1, rate=0.01)
