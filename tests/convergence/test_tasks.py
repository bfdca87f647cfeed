"""Every family with attention learns copy, reverse and sort; what is known to be hard is learnt where it should be."""

from dataclasses import replace

import pytest

from seqloom.data.synthetic import SyntheticSettings, TaskName
from seqloom.models.decoders import (
    AdditiveAttentionSettings,
    AttentionSettings,
    ConvDecoderSettings,
    GeneralAttentionSettings,
    NoAttentionSettings,
    RecurrentDecoderSettings,
    TransformerDecoderSettings,
)
from seqloom.models.encoders import ConvEncoderSettings, RecurrentEncoderSettings, TransformerEncoderSettings
from seqloom.nn.embedding import EmbeddingSettings

from .runs import Family, exact_match, trained

pytestmark = pytest.mark.slow

TASK = SyntheticSettings(symbols=16, shortest=3, longest=12)

FAMILIES = {
    "gru": Family(  # Bahdanau et al. 2015
        encoder=RecurrentEncoderSettings(cell="gru", width=128),
        decoder=RecurrentDecoderSettings(cell="gru", width=64, attention=AdditiveAttentionSettings(), attend="before"),
    ),
    "lstm": Family(  # Luong et al. 2015
        encoder=RecurrentEncoderSettings(cell="lstm", width=128),
        decoder=RecurrentDecoderSettings(
            cell="lstm", width=64, attention=GeneralAttentionSettings(), input_feeding=True
        ),
        rate=4e-3,
    ),
    "conv": Family(  # Gehring et al. 2017, whose embeddings are small
        encoder=ConvEncoderSettings(layers=3, width=64),
        decoder=ConvDecoderSettings(layers=3, width=64),
        embedding=EmbeddingSettings(width=64, scale=False),
    ),
    "transformer": Family(  # Vaswani et al. 2017
        encoder=TransformerEncoderSettings(layers=2, width=64, feed_forward=256, dropout=0.0),
        decoder=TransformerDecoderSettings(layers=2, width=64, feed_forward=256, dropout=0.0),
    ),
}
STEPS: dict[TaskName, dict[str, int]] = {
    "copy": {"gru": 500, "lstm": 600, "conv": 400, "transformer": 500},
    "reverse": {"gru": 500, "lstm": 600, "conv": 500, "transformer": 500},
    "sort": {"gru": 900, "lstm": 1200, "conv": 800, "transformer": 600},
}


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("task", STEPS)
def test_a_family_learns_a_task(family: str, task: TaskName) -> None:
    chosen = replace(TASK, task=task)
    assert exact_match(trained(FAMILIES[family], chosen, steps=STEPS[task][family]), chosen) >= 0.99


def test_a_cell_without_gates_copies_by_attention() -> None:
    family = Family(
        encoder=RecurrentEncoderSettings(cell="tanh", width=128),
        decoder=RecurrentDecoderSettings(cell="tanh", width=64, attend="before"),
    )
    assert exact_match(trained(family, TASK, steps=800), TASK) >= 0.99


def test_a_convolution_learns_from_embeddings_as_large_as_a_transformers() -> None:
    """Its attention would begin with all its weight on one position, and stay there, if its scores were not scaled."""
    family = replace(FAMILIES["conv"], embedding=EmbeddingSettings(width=64, scale=True))
    assert exact_match(trained(family, TASK, steps=600), TASK) >= 0.98


def test_deep_post_norm_learns() -> None:
    """Twelve layers a side, the norm after each part: what does not train when matrices begin at their usual size."""
    family = Family(
        encoder=TransformerEncoderSettings(layers=12, width=48, feed_forward=96, order="post", dropout=0.0),
        decoder=TransformerDecoderSettings(layers=12, width=48, feed_forward=96, order="post", dropout=0.0),
        embedding=EmbeddingSettings(width=48),
        rate=2e-3,
    )
    task = SyntheticSettings(symbols=10, shortest=3, longest=8)
    assert exact_match(trained(family, task, steps=500, batch=32), task) >= 0.98


def test_one_fixed_vector_fails_where_attention_does_not() -> None:
    """Trained alike on lengths 3 to 18 and asked for the long ones: what attention is for."""
    task = SyntheticSettings(symbols=16, shortest=3, longest=18)
    long = replace(task, shortest=13)

    def on_long(attention: AttentionSettings) -> float:
        family = Family(
            encoder=RecurrentEncoderSettings(cell="gru", width=128),
            decoder=RecurrentDecoderSettings(cell="gru", width=128, attention=attention),
        )
        return exact_match(trained(family, task, steps=500), long)

    with_attention = on_long(AdditiveAttentionSettings())
    assert with_attention >= 0.9
    assert on_long(NoAttentionSettings(context="initial")) <= with_attention - 0.5
    assert on_long(NoAttentionSettings(context="every")) <= with_attention - 0.5
