"""Several objectives at once: their sum, what each may ask of the pass, and that nothing else of a step changes."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass, replace
from itertools import islice, pairwise
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor

from seqloom.core.errors import RecipeError
from seqloom.core.settings import parse, to_toml
from seqloom.data.batches import make_batch
from seqloom.nn.contracts import Batch, Loss, Run
from seqloom.training.budget import make_plan
from seqloom.training.events import Stepped
from seqloom.training.log import LoggingSettings
from seqloom.training.loop import Trainee, train
from seqloom.training.objectives import (
    AlignmentSettings,
    CoverageSettings,
    CrossEntropy,
    CrossEntropySettings,
    CtcSettings,
    DenoisingSettings,
    FocalSettings,
    ObjectiveSettings,
    RDrop,
    RiskSettings,
    Scaled,
    Targets,
    Wants,
    WeightedSettings,
)
from seqloom.training.optimizers import SgdSettings
from seqloom.training.run import resume, run
from seqloom.training.settings import TrainingSettings
from seqloom.training.streams import RepeatedBatches
from seqloom.training.trainer import Trainer

from .models import TASK, batches, model
from .runs import copied, same

TARGETS = Targets(vocabulary=TASK.vocabulary, joint=True)
SETTINGS = TrainingSettings(steps=30, rate=1e-2, warmup=5)


def aligned(batch: Batch) -> Batch:
    """Each token to its own place, the end to nothing."""
    lengths_B = batch.source.parts["text"].mask_BS.sum(1)
    places_T, places_S = torch.arange(batch.outputs_BT.shape[1]), torch.arange(int(lengths_B.max()))
    alignment_BTS = (places_T[:, None] == places_S) & (places_S < lengths_B[:, None, None])
    return replace(batch, alignment_BTS=alignment_BTS)


@dataclass(frozen=True, kw_only=True)
class Norm:
    """An objective of one's own that says nothing of itself: the square of each hidden state."""

    def count(self, batch: Batch) -> Tensor:
        return batch.keep_BT.sum()

    def __call__(self, run: Run) -> Loss:
        hidden_PD = run.output.pick(run.batch.keep_BT).hidden_PD
        return Loss(total=hidden_PD.square().sum(), count=self.count(run.batch))


@dataclass(frozen=True, kw_only=True)
class NormSettings:
    """The norm."""

    weight: float = 1.0

    def build(self, targets: Targets) -> Norm:
        return Norm()


# ---- the sum ---------------------------------------------------------------------------------------------------------


def test_nothing_said_is_cross_entropy_as_it_was() -> None:
    built = TrainingSettings(smoothing=0.1).build_objectives(TARGETS)
    assert built == (CrossEntropy(smoothing=0.1),)
    assert TrainingSettings(r_drop=2.0, smoothing=0.1).build_objectives(TARGETS) == (RDrop(alpha=2.0, smoothing=0.1),)


def test_the_loss_is_the_sum_of_the_means_times_their_weights() -> None:
    network, batch = model("conv"), aligned(next(batches()))  # without dropout
    chosen: list[ObjectiveSettings] = [
        CrossEntropySettings(weight=0.7),
        CoverageSettings(weight=0.3),
        AlignmentSettings(warmup=4),
    ]
    found = next(train(network, [batch], replace(SETTINGS, objectives=tuple(chosen))))
    run = model("conv")(batch, attention="one")
    losses = [each.build(TARGETS)(run) for each in chosen]
    means = [float(loss.total.detach() / loss.count) for loss in losses]
    assert list(found.parts) == ["cross_entropy", "coverage", "alignment"]
    assert list(found.parts.values()) == pytest.approx([0.7 * means[0], 0.3 * means[1], 0.25 * means[2]], rel=1e-5)
    assert found.loss == pytest.approx(sum(found.parts.values()), rel=1e-9)


def test_an_objective_smooths_as_it_says_and_else_as_the_training_does() -> None:
    settings = TrainingSettings(
        smoothing=0.1, objectives=(CrossEntropySettings(), CrossEntropySettings(smoothing=0.0), WeightedSettings())
    )
    own, none, weighted = settings.build_objectives(TARGETS)
    assert own == CrossEntropy(smoothing=0.1)
    assert none == CrossEntropy(smoothing=0.0)
    assert weighted.smoothing == 0.1  # type: ignore[attr-defined]


def test_one_alone_is_told_as_the_loss_and_two_alike_are_numbered() -> None:
    assert next(train(model(), batches(), SETTINGS)).parts == {}
    twins = replace(SETTINGS, objectives=(DenoisingSettings(), DenoisingSettings(mask=0.5)))
    assert list(next(train(model(), batches(), twins, targets=TARGETS)).parts) == ["denoising_1", "denoising_2"]


def test_r_drop_counts_the_others_once() -> None:
    """Every row is there twice; without dropout both say the same, so the loss is what it is without."""
    more = (CrossEntropySettings(), CoverageSettings(), FocalSettings(weight=0.5))
    plain = next(train(model("conv"), batches(), replace(SETTINGS, objectives=more)))
    doubled = next(train(model("conv"), batches(), replace(SETTINGS, objectives=more, r_drop=1.0)))
    assert list(plain.parts.values()) == pytest.approx(list(doubled.parts.values()), rel=1e-4)


EACH: dict[str, tuple[ObjectiveSettings, ...]] = {
    "weighted": (WeightedSettings(weights={"t5": 3.0, "t6": 0.25}),),
    "focal": (FocalSettings(),),
    "attention": (CrossEntropySettings(), CoverageSettings(weight=0.5), AlignmentSettings()),
    "ctc": (CrossEntropySettings(weight=0.5), CtcSettings()),
    "autoencoding": (CrossEntropySettings(), DenoisingSettings(side="source")),
}


@pytest.mark.parametrize("chosen", EACH)
def test_quarters_accumulated_are_the_whole_batch(chosen: str) -> None:
    pairs = list(islice(TASK.pairs("training"), 24))
    cuts = [0, 2, 7, 15, 24]
    quarters = [aligned(make_batch(pairs[a:b], vocabulary=TASK.vocabulary)) for a, b in pairwise(cuts)]
    whole = [aligned(make_batch(pairs, vocabulary=TASK.vocabulary))]
    ids = {f"t{number}": number for number in range(TASK.vocabulary.size)}
    targets = replace(TARGETS, id_of=ids.get)
    settings = replace(SETTINGS, clip=0.0, optimizer=SgdSettings(momentum=0.0), objectives=EACH[chosen])
    one, four = model("conv").double(), model("conv").double()  # without dropout
    first = next(train(one, whole, settings, targets=targets))
    second = next(train(four, quarters, replace(settings, accumulate=4), targets=targets))
    # The weights of tokens are single numbers.
    assert second.loss == pytest.approx(first.loss, rel=1e-6)
    assert second.gradient_norm == pytest.approx(first.gradient_norm, rel=1e-6)
    for a, b in zip(one.parameters(), four.parameters(), strict=True):
        torch.testing.assert_close(a, b, rtol=0, atol=1e-7)


ALL = TrainingSettings(
    steps=7,
    rate=1e-2,
    warmup=2,
    accumulate=2,
    threads=1,
    save_every=1,
    objectives=(
        CrossEntropySettings(),
        FocalSettings(weight=0.2),
        CoverageSettings(weight=0.5, warmup=6),
        AlignmentSettings(weight=0.1),
        CtcSettings(weight=0.3),
        DenoisingSettings(weight=0.5, mask=0.2, delete=0.2, permute=2, infill=0.2),
        RiskSettings(weight=0.5, samples=3, utility="token_accuracy"),
    ),
)


def trainer() -> Trainer:
    def epoch(number: int) -> list[Batch]:
        return [aligned(batch) for batch in islice(batches(6), 4)]

    made = Trainer(model("recurrent"), ALL, RepeatedBatches(epoch, batches_per_epoch=4), targets=TARGETS)
    made.plan = make_plan(made)
    return made


def test_a_run_that_stopped_comes_to_the_same_weights_with_every_objective(tmp_path: Path) -> None:
    whole, first, second = trainer(), trainer(), trainer()
    logging = LoggingSettings(every=1)
    list(run(whole, tmp_path / "whole", logging=logging))
    for event in run(first, tmp_path / "cut", logging=logging):
        if isinstance(event, Stepped) and event.progress.step == 4:
            break
    assert resume(second, tmp_path / "cut")
    assert 0 < second.step < 5
    list(run(second, tmp_path / "cut", logging=logging))
    assert same(copied(whole.model), copied(second.model))
    lines = (tmp_path / "whole" / "log.jsonl").read_text()
    assert '"loss_risk"' in lines
    assert '"loss_denoising"' in lines


# ---- what they ask of the pass ---------------------------------------------------------------------------------------


def test_the_decoder_shows_no_attention_that_nobody_looks_at() -> None:
    assert Wants.of([CrossEntropy()]) == Wants(reads="output", attention="none")
    assert Wants.of([*TrainingSettings(objectives=(CoverageSettings(weight=2.0),)).build_objectives(TARGETS)]) == Wants(
        reads="output", attention="one"
    )


@pytest.mark.parametrize(
    ("chosen", "encoded", "decoded"),
    [
        (CrossEntropySettings(), 1, 1),
        (CtcSettings(weight=0.5), 1, 0),
        (DenoisingSettings(), 1, 1),
    ],
)
def test_no_pass_is_made_that_nothing_looks_at(chosen: ObjectiveSettings, encoded: int, decoded: int) -> None:
    network, seen = model(), []
    network.encoder.register_forward_hook(lambda *_: seen.append("encoded"))
    network.decoder.register_forward_hook(lambda *_: seen.append("decoded"))
    Trainee(network, TrainingSettings(objectives=(chosen,)).build_objectives(TARGETS))(next(batches()))
    assert (seen.count("encoded"), seen.count("decoded")) == (encoded, decoded)


def test_an_objective_of_ones_own_is_composed_like_any(monkeypatch: pytest.MonkeyPatch) -> None:
    recipe = {
        "objectives": [
            {"kind": "cross_entropy"},
            {"kind": f"{__name__}:NormSettings", "weight": 0.25},
        ]
    }
    import sys

    monkeypatch.setitem(sys.modules, __name__, sys.modules.get(__name__) or _this_module())
    settings = parse(TrainingSettings, {"steps": 1, "warmup": 0, **recipe})
    batch = next(batches())
    found = next(train(model("conv"), [batch], settings))
    expected = Norm()(model("conv")(batch))
    assert found.parts["norm"] == pytest.approx(0.25 * float(expected.total.detach() / expected.count), rel=1e-5)


def _this_module() -> Any:
    import types

    module = types.ModuleType(__name__)
    vars(module).update(globals())
    return module


# ---- settings --------------------------------------------------------------------------------------------------------


def test_they_are_read_back_as_they_are_written() -> None:
    assert parse(TrainingSettings, tomllib.loads(to_toml(ALL))) == ALL
    weights = TrainingSettings(objectives=(WeightedSettings(weights={"ja": 2.0, "a b": 0.5}, balance=0.5),))
    assert parse(TrainingSettings, tomllib.loads(to_toml(weights))) == weights


def test_an_old_recipe_names_none() -> None:
    assert parse(TrainingSettings, {"smoothing": 0.1}).objectives == (CrossEntropySettings(),)


@pytest.mark.parametrize(
    ("given", "line"),
    [
        ({"objectives": []}, "objectives must name at least one"),
        ({"objectives": [{"kind": "mse"}]}, r"`objectives.0.kind` must be one of \"cross_entropy\", \"weighted\""),
        ({"objectives": [{"weight": 1.0}]}, "`objectives.0.kind` is missing"),
        ({"objectives": [{"kind": "focal", "gama": 1.0}]}, "Did you mean `gamma`"),
        ({"objectives": [{"kind": "focal", "weight": -1.0}]}, "weight` must be"),
        ({"objectives": [{"kind": "focal"}], "r_drop": 1.0}, 'r_drop .* so `objectives` must have "cross_entropy"'),
    ],
)
def test_what_cannot_be_is_one_line(given: dict[str, Any], line: str) -> None:
    with pytest.raises(RecipeError, match=line) as caught:
        parse(TrainingSettings, given)
    assert len(caught.value.mistakes) == 1


def test_a_scaled_objective_is_what_it_scales() -> None:
    scaled = TrainingSettings(objectives=(CtcSettings(weight=0.5),)).build_objectives(TARGETS)[0]
    assert isinstance(scaled, Scaled)
    assert (scaled.reads, scaled.attention, scaled.terms) == ("memory", "none", ())
