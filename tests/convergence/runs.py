"""One way to train on a synthetic task and to count the unseen sequences that come out right."""

from dataclasses import dataclass
from itertools import islice

from seqloom.core.seeding import seed_everything
from seqloom.data.batches import batches_of
from seqloom.data.synthetic import SyntheticSettings
from seqloom.decoding.request import Request, answer
from seqloom.decoding.search import Search
from seqloom.models.decoders import DecoderSettings
from seqloom.models.encoder_decoder import EncoderDecoder, ModelSettings
from seqloom.models.encoders import EncoderSettings
from seqloom.models.sources import TextSourceSettings
from seqloom.models.stepper import ModelStepper
from seqloom.nn.embedding import EmbeddingSettings
from seqloom.training.loop import train
from seqloom.training.settings import TrainingSettings

TESTED = 500


@dataclass(frozen=True, kw_only=True)
class Family:
    """An encoder and a decoder, the embeddings between which they stand, and how fast they learn."""

    encoder: EncoderSettings
    decoder: DecoderSettings
    embedding: EmbeddingSettings = EmbeddingSettings(width=64)
    rate: float = 3e-3

    def build(self, task: SyntheticSettings) -> EncoderDecoder:
        settings = ModelSettings(
            source=TextSourceSettings(width=self.embedding.width, scale=self.embedding.scale),
            target=self.embedding,
            encoder=self.encoder,
            decoder=self.decoder,
        )
        return settings.build(source=task.vocabulary, target=task.vocabulary)


def trained(family: Family, task: SyntheticSettings, *, steps: int, batch: int = 64) -> EncoderDecoder:
    seed_everything(1)
    model = family.build(task)
    settings = TrainingSettings(steps=steps, rate=family.rate, warmup=100)
    batches = batches_of(task.pairs("training"), size=batch, vocabulary=task.vocabulary)
    for _ in train(model, batches, settings):
        pass
    return model.eval()


def exact_match(model: EncoderDecoder, task: SyntheticSettings) -> float:
    """The share of unseen sequences whose greedy answer is right from the first symbol to the last."""
    pairs = list(islice(task.pairs("test"), TESTED))
    requests = [Request(id=number, source=pair.source, max_length=40) for number, pair in enumerate(pairs)]
    answers = answer(Search(ModelStepper(model), max_rows=256), requests)
    return sum(each.tokens == tuple(pair.target) for each, pair in zip(answers, pairs, strict=True)) / TESTED
