"""A model in a few lines of Python, from pairs in hand."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Literal, Self, TypeAlias, Unpack, get_args

from seqloom.core import settings
from seqloom.core.devices import DeviceName, pick_device
from seqloom.core.errors import RecipeError
from seqloom.core.seeding import random_states, restore_random_states, seed_everything
from seqloom.core.specials import Specials
from seqloom.core.wording import must_be, one_of
from seqloom.data.settings import DataSettings
from seqloom.data.tokenizers import TextTokenizer
from seqloom.data.tokenizers.public import Tokenizer
from seqloom.models.encoder_decoder import ModelSettings
from seqloom.models.heads import GeneratorSettings, HeadSettings
from seqloom.models.sources import TextSourceSettings
from seqloom.nn.contracts import Objective
from seqloom.nn.embedding import EmbeddingSettings
from seqloom.training.objectives import ObjectiveSettings
from seqloom.training.optimizers import OptimizerSettings
from seqloom.training.schedules import ScheduleSettings
from seqloom.training.settings import TrainingSettings
from seqloom.training.trainer import Trainer
from seqloom.workflow.answers import Answer, PairScore
from seqloom.workflow.asking import Asked
from seqloom.workflow.bare import read_bare, read_tokenizers, write_bare
from seqloom.workflow.evaluating import Report
from seqloom.workflow.fitting import History, batches_of_pairs, clean_rows, divided, fitted, validating
from seqloom.workflow.folder import build_model, build_numbering
from seqloom.workflow.model import Model
from seqloom.workflow.numberings import Tokenizers
from seqloom.workflow.recipe import Recipe
from seqloom.workflow.sequences import Sequences, as_integers, read_pair_of_sequences, read_sequences
from seqloom.workflow.shorthand import (
    DecoderPart,
    EncoderPart,
    TokenizerPart,
    check_symbols,
    decoder_of,
    embedding_width,
    encoder_of,
    objectives_of,
    stands_alone,
    tokenizer_of,
)
from seqloom.workflow.summary import summary_of
from seqloom.workflow.targets import targets_of_rows
from seqloom.workflow.use import EvaluationSettings

__all__ = ["Seq2Seq", "Table"]

Loss: TypeAlias = Literal["cross_entropy"] | ObjectiveSettings | Objective


class Table(str):
    """A text that a notebook and a prompt show as it is."""

    __slots__ = ()

    def __repr__(self) -> str:
        return str(self)


class Seq2Seq:
    """An encoder and a decoder that learn from pairs in hand.

    >>> model = Seq2Seq("gru", "gru", width=64)
    >>> model.compile(rate=0.003).fit(["1 2 3", "4 5"], ["3 2 1", "5 4"], epochs=40)
    >>> model.predict(["1 2 3"])[0].text
    '3 2 1'

    Encoder and decoder are a name ("gru", "lstm", "rnn", "conv", "transformer"), settings, or an ``nn.Module`` of your
    own; ``seqloom.models.plain`` says which modules fit. ``width`` is that of the embeddings and of what is given by
    name.

    Sequences are texts, or rows of integers or other symbols: lists, arrays, tensors, columns of a data frame. Rows of
    symbols keep them whole; the answer to one is its symbols with spaces between them, and ``integers`` gives numbers
    back. ``padding`` is the number, if any, that fills short rows at their end.

    Texts are cut by ``tokenizer``: a name ("bpe", "unigram", "word", "character", "byte") or settings, with which each
    side learns a vocabulary, or a ``seqloom.Tokenizer``, which is one for both sides unless ``target_tokenizer`` is
    given; a fitted one is taken as it is. Without any, the first ``fit`` decides for each side: words where each of
    them is seen five times or more; else subwords of 200,000 characters or more, and single characters of less.
    """

    def __init__(
        self,
        encoder: EncoderPart = "gru",
        decoder: DecoderPart = "gru",
        *,
        tokenizer: TokenizerPart = None,
        target_tokenizer: TokenizerPart = None,
        width: int | None = None,
        head: HeadSettings | None = None,
        tie: Literal["none", "output", "all"] = "none",
        padding: int | None = None,
        seed: int = 1,
        device: DeviceName = "auto",
    ) -> None:
        if width is not None and (not isinstance(width, int) or width < 1):
            raise RecipeError(must_be("width", "a whole number from 1 on", width))
        if device not in get_args(DeviceName):
            raise RecipeError(must_be("device", one_of(get_args(DeviceName)), device))
        self._model_settings = ModelSettings(
            source=TextSourceSettings(width=embedding_width(encoder, width=width, other=decoder)),
            encoder=encoder_of(encoder, width=width),
            target=EmbeddingSettings(width=embedding_width(decoder, width=width, other=encoder)),
            decoder=decoder_of(decoder, width=width),
            head=head or GeneratorSettings(),
            tie=tie,
        )
        self._tokenizers = (tokenizer, target_tokenizer)
        self._padding = padding
        self._seed = seed
        self._device: DeviceName = device
        self._model: Model | None = None
        self._fits = 0
        self.history: History = {}
        """Of the last ``fit``: a number an epoch, under "loss" and the name of each metric."""
        self.compile()

    # ---- learning ----------------------------------------------------------------------------------------------------

    def compile(
        self,
        optimizer: str | OptimizerSettings = "adam",
        loss: Loss | Sequence[Loss] = "cross_entropy",
        *,
        rate: float = 1e-3,
        schedule: str | ScheduleSettings = "cosine",
        warmup: int = 100,
        clip: float = 1.0,
        smoothing: float = 0.0,
        metrics: Sequence[str] = ("exact_match",),
    ) -> Self:
        """Say how to learn. Each ``fit`` goes through the schedule once; the first metric chooses what is kept.

        ``loss``: "cross_entropy", settings of objectives as a recipe has them, or objectives of your own.
        """
        training = {
            "optimizer": {"kind": optimizer} if isinstance(optimizer, str) else settings.to_data(optimizer),
            "schedule": {"kind": schedule} if isinstance(schedule, str) else settings.to_data(schedule),
            "rate": rate,
            "warmup": warmup,
            "clip": clip,
            "smoothing": smoothing,
            "seed": self._seed,
        }
        chosen, self._objectives = objectives_of(loss, smoothing=smoothing)
        self._training = replace(settings.parse(TrainingSettings, training, where="compile"), objectives=chosen)
        self._evaluation = settings.parse(EvaluationSettings, {"metrics": [*metrics]}, where="compile")
        if self._model is not None:
            self._model.recipe = replace(self._model.recipe, training=self._training, evaluation=self._evaluation)
        return self

    def fit(
        self,
        sources: object,
        targets: object | None = None,
        *,
        batch_size: int = 64,
        epochs: float = 10,
        validation: object | None = None,
        validation_share: float = 0.0,
        patience: int = 0,
        out: str | Path | None = None,
        verbose: bool = True,
    ) -> Self:
        """Learn from pairs; called again, learn on with the vocabulary of the first time.

        ``validation`` is a tuple (sources, targets) or a data frame, ``validation_share`` a share of the pairs: after
        each epoch those are answered, and what did best is kept. ``patience`` ends it after so many epochs that were
        no better. ``out`` is a new folder for the log and the checkpoints.
        """
        if not isinstance(batch_size, int) or batch_size < 1:
            raise RecipeError(must_be("batch_size", "a whole number from 1 on", batch_size))
        if not 0 <= validation_share < 1:
            raise RecipeError(must_be("validation_share", "at least 0 and less than 1", validation_share))
        if not epochs > 0:
            raise RecipeError(must_be("epochs", "more than 0", epochs))
        read = read_pair_of_sequences(sources, targets, padding=self._padding)
        rows, chosen_on = divided(
            clean_rows(*read), validation, validation_share, seed=self._seed, padding=self._padding
        )
        if self._model is None:
            model = self._build(
                replace(read[0], texts=[row.source for row in rows]),
                replace(read[1], texts=[row.targets[0] for row in rows]),
            )
        else:
            model = self._model
            check_symbols(model.numbering, *read)
        seed = (self._seed + self._fits) % 2**32
        stream = batches_of_pairs(rows, model.numbering, size=batch_size, seed=seed)
        training = settings.parse(
            TrainingSettings,
            settings.to_data(self._training)
            | {
                "epochs": epochs,
                "patience": patience,
                "validate_every": stream.batches_per_epoch if chosen_on else 0,
                "seed": seed,
            },
            where="fit",
        )
        model.recipe = replace(model.recipe, training=training, evaluation=self._evaluation)
        self._model = model
        with _own_randomness(seed):
            trainer = Trainer(
                model.network,
                training,
                stream,
                device=pick_device(self._device),
                objectives=self._objectives,
                targets=targets_of_rows(rows, model.numbering),
            )
            validate = validating(model.recipe, model.numbering, chosen_on) if chosen_on else None
            self.history = fitted(trainer, validate=validate, out=None if out is None else Path(out), verbose=verbose)
        self._fits += 1
        model.metrics = {"steps": trainer.step, "seconds": round(trainer.seconds, 1), "history": trainer.history}
        model.network.eval()
        return self

    # ---- answering ---------------------------------------------------------------------------------------------------

    @property
    def model(self) -> Model:
        """What was learnt, as ``seqloom.load`` gives it too."""
        if self._model is None:
            raise RecipeError("the model must learn before it is used, but has not. Call `fit` first.")
        return self._model

    def predict(self, sources: object, **how: Unpack[Asked]) -> list[Answer]:
        """The answers, in the order of the sources. ``how``: beam, nbest, sample, temperature, max_length …"""
        model = self.model
        read = read_sequences([sources] if isinstance(sources, str) else sources, name="sources", padding=self._padding)
        check_symbols(model.numbering, read)
        return model.predict(read.texts, **how)

    def evaluate(self, sources: object, targets: object | None = None, **how: Unpack[Asked]) -> Report:
        """The metrics of ``compile`` on pairs."""
        return self.model.evaluate(self._pairs(sources, targets), **how)

    def score(self, sources: object, targets: object | None = None) -> list[PairScore]:
        """The log-probability and confidence of given pairs."""
        return self.model.score(self._pairs(sources, targets))

    @staticmethod
    def integers(answers: Sequence[Answer]) -> list[list[int]]:
        """The rows of integers that answers stand for."""
        return [as_integers(answer.text) for answer in answers]

    # ---- keeping -----------------------------------------------------------------------------------------------------

    def summary(self) -> Table:
        """The parts, and how many parameters each has."""
        if self._model is not None:
            return Table(self._model.summary())
        smallest = Specials(size=4)
        with _own_randomness(self._seed):
            network = self._model_settings.build(source=smallest, target=smallest)
        return Table(f"{summary_of(network)}\nVocabularies are counted as 4 tokens until the first `fit`.")

    def save(self, folder: str | Path) -> None:
        """Write a model folder that stands alone: ``seqloom.load(folder)`` gives it back."""
        model = self.model
        own = stands_alone(model.recipe.model)
        if own is not None:
            raise RecipeError(
                f"`{own}` must be settings of an importable module where a model is saved, but is an object of this "
                f"program. Call `save_weights(folder)`, and `load_weights(folder)` on a `Seq2Seq` with the same parts."
            )
        model.save(folder)

    def save_weights(self, folder: str | Path) -> None:
        """Write the weights and the vocabularies, but not what the parts are."""
        write_bare(Path(folder), self.model.numbering, self.model.network)

    def load_weights(self, folder: str | Path) -> Self:
        """Read what ``save_weights`` wrote into the parts of this model, which must be the same."""
        path = Path(folder)
        model = self._assembled(*read_tokenizers(path))
        read_bare(path, model.network)
        self._model = model
        return self

    # ---- the rest ----------------------------------------------------------------------------------------------------

    def _build(self, source: Sequences, target: Sequences) -> Model:
        """The model of the first ``fit``, for the vocabularies of what it is given."""
        first, second = self._tokenizers
        if isinstance(first, Tokenizer) and second is None:
            both = Sequences(texts=source.texts + target.texts, symbols=source.symbols or target.symbols)
            made = tokenizer_of(first, both, name="tokenizer")
            return self._assembled(made, made)
        return self._assembled(
            tokenizer_of(first, source, name="tokenizer"),
            tokenizer_of(first if second is None else second, target, name="target_tokenizer"),
        )

    def _assembled(self, source: TextTokenizer, target: TextTokenizer) -> Model:
        joint = source is target
        recipe = Recipe(
            data=DataSettings(
                tokenizer=source.settings,
                target_tokenizer=None if joint else target.settings,
                joint=joint,
                special_tokens=source.special_tokens,
                max_source=0,
                max_target=0,
            ),
            model=self._model_settings,
            training=self._training,
            evaluation=self._evaluation,
        )
        numbering = build_numbering(recipe, Tokenizers(source, target))
        with _own_randomness(self._seed):
            network = build_model(recipe, numbering)
        return Model(recipe, numbering, network.to(pick_device(self._device)))

    def _pairs(self, sources: object, targets: object | None) -> list[tuple[str, str]]:
        """Pairs as the model takes them."""
        source, target = read_pair_of_sequences(sources, targets, padding=self._padding)
        check_symbols(self.model.numbering, source, target)
        return [*zip(source.texts, target.texts, strict=True)]


@contextmanager
def _own_randomness(seed: int) -> Iterator[None]:
    """While open, chance begins from the seed; afterwards it goes on for the caller as if nothing had been drawn."""
    before = random_states()
    seed_everything(seed)
    try:
        yield
    finally:
        restore_random_states(before)
