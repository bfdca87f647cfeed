"""Small runs: a stream that ends its epochs, a validation that decodes nothing, a run drained into its events."""

from collections.abc import Iterable, Mapping
from itertools import islice
from pathlib import Path
from typing import Any, TypeVar

import torch
from torch import Tensor, nn

from seqloom.models.encoder_decoder import EncoderDecoder
from seqloom.nn.contracts import Batch
from seqloom.training.averages import weights_of
from seqloom.training.budget import make_plan
from seqloom.training.events import Event
from seqloom.training.run import resume, run
from seqloom.training.settings import TrainingSettings
from seqloom.training.streams import RepeatedBatches
from seqloom.training.trainer import Trainer
from seqloom.training.validation import Validate, Validation

from .models import batches, model

PER_EPOCH = 6
T = TypeVar("T")


def stream(size: int = 8) -> RepeatedBatches:
    """Epochs of six batches, each epoch in another order."""

    def epoch(number: int) -> Iterable[Batch]:
        chosen = list(islice(batches(size), PER_EPOCH))
        turn = number % PER_EPOCH
        return chosen[turn:] + chosen[:turn]

    return RepeatedBatches(epoch, batches_per_epoch=PER_EPOCH)


def trainer(settings: TrainingSettings, network: EncoderDecoder | None = None, *, planned: bool = True) -> Trainer:
    made = Trainer(network or model("small"), settings, stream())
    if planned:
        made.plan = make_plan(made)
    return made


def loss_of(network: EncoderDecoder) -> Validation:
    """The mean loss on some batches, in whatever mode and with whatever weights the network is given."""
    logp_P = torch.cat([network.logp_P(batch) for batch in islice(batches(16), 3)])
    return Validation(score=-logp_P.mean().item(), higher_is_better=False)


def saying(*scores: float) -> Validate:
    """A validation that gives these scores one after the other."""
    left = iter(scores)
    return lambda network: Validation(score=next(left), higher_is_better=True)


def events_of(settings: TrainingSettings, folder: Path, *, validate: Validate | None = None) -> list[Event]:
    """A run from its beginning, or from its newest checkpoint, to its end."""
    made = trainer(settings)
    resume(made, folder)
    return list(run(made, folder, validate=validate))


def of_kind(kind: type[T], events: Iterable[object]) -> list[T]:
    return [event for event in events if isinstance(event, kind)]


def copied(network: nn.Module) -> dict[str, Tensor]:
    return {name: tensor.clone() for name, tensor in weights_of(network).items()}


def same(one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    """Whether all tensors agree to the last bit."""
    return one.keys() == other.keys() and all(torch.equal(one[name], other[name]) for name in one)
