"""Several tasks on one encoder: what they share, what each has for itself, and what they are called."""

from __future__ import annotations

import pytest
import torch
from torch.testing import assert_close

from seqloom.core.errors import DecodingError, RecipeError
from seqloom.core.specials import Specials
from seqloom.data.batches import make_batch
from seqloom.decoding.request import Pair, Request, Source, answer
from seqloom.decoding.search import Search
from seqloom.models.branches import BranchSettings
from seqloom.models.decoders import PooledDecoderSettings, RecurrentDecoderSettings
from seqloom.models.encoder_decoder import EncoderDecoder, ModelSettings
from seqloom.models.encoders import LatentEncoderSettings, RecurrentEncoderSettings
from seqloom.models.heads import CopyHeadSettings, VectorHeadSettings
from seqloom.models.sources import TextSourceSettings
from seqloom.models.stepper import ModelStepper
from seqloom.nn.embedding import EmbeddingSettings

WORDS, LABELS = Specials(size=9), Specials(size=6)
KIND = BranchSettings(target=EmbeddingSettings(width=4), decoder=PooledDecoderSettings(width=6))
PARTS = {
    "source": TextSourceSettings(width=8),
    "encoder": RecurrentEncoderSettings(width=8, layers=1),
    "target": EmbeddingSettings(width=8),
    "decoder": RecurrentDecoderSettings(width=8, layers=1),
}


def built(**tasks: BranchSettings) -> EncoderDecoder:
    torch.manual_seed(1)
    settings = ModelSettings(**PARTS, tasks=tasks)  # type: ignore[arg-type]
    return settings.build(source=WORDS, target=WORDS, tasks=dict.fromkeys(tasks, LABELS)).eval()


def test_a_task_reads_with_the_same_modules_and_says_with_its_own() -> None:
    model = built(kind=KIND)
    kind = model.task("kind")
    assert kind.source is model.source
    assert kind.encoder is model.encoder
    assert kind.decoder is not model.decoder
    assert kind.vocabulary == LABELS
    assert model.task(None) is model
    batch = make_batch([Pair(source=Source(parts={"text": [4, 5]}), target=[4])], vocabulary=LABELS)
    before = kind.logp_P(batch)
    with torch.no_grad():
        model.source.embedding.table.weight.mul_(2)
    assert not torch.allclose(kind.logp_P(batch), before)
    [said] = answer(Search(ModelStepper(kind)), [Request(id=0, source=batch_source(), max_length=3)])
    assert set(said.tokens) <= set(range(LABELS.size))


def batch_source() -> Source:
    return Source(parts={"text": [4, 5, 6]})


def test_weights_of_the_main_task_are_called_as_without_others() -> None:
    alone, several = built().state_dict(), built(kind=KIND).state_dict()
    own = [name for name in several if name not in alone]
    assert own
    assert all(name.startswith("branches.kind.") for name in own)
    assert alone.keys() <= several.keys()
    for name, weight in alone.items():
        assert_close(several[name], weight)  # and begin as they do without


def test_names_and_parts_that_cannot_be() -> None:
    for name in ("keys", "training", "a.b", "1st", ""):
        with pytest.raises(RecipeError, match="tasks must have names of letters"):
            ModelSettings(tasks={name: KIND})
    with pytest.raises(RecipeError, match=r"task `kind`: target.kind must be \"vectors\""):
        ModelSettings(tasks={"kind": BranchSettings(head=VectorHeadSettings())})
    with pytest.raises(RecipeError, match=r"must name the tasks of the data, \[\], but names \[\"kind\"\]"):
        ModelSettings(tasks={"kind": KIND}).build(source=WORDS, target=WORDS)
    copying = ModelSettings(
        encoder=LatentEncoderSettings(width=4),
        tasks={"copy": BranchSettings(head=CopyHeadSettings())},
    )
    with pytest.raises(RecipeError, match=r'task `copy`: `model.head.kind` "copy" must stand on an encoder that keeps'):
        copying.build(source=WORDS, target=WORDS, tasks={"copy": WORDS})
    with pytest.raises(DecodingError, match='`task` must be "kind", but is "pos"'):
        built(kind=KIND).task("pos")
