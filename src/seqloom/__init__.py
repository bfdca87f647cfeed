"""Seqloom turns pairs of sequences into a model that is trained, measured, explained and served."""

import os
from typing import TYPE_CHECKING

# Threads that wait for each other by spinning stand still for whole time slices as soon as another program wants the
# processor: two of them were seen to be thirty times slower than one. So they spin briefly and then sleep. Read when
# torch is first imported; whoever has set either keeps it.
if "OMP_WAIT_POLICY" not in os.environ:
    os.environ.setdefault("GOMP_SPINCOUNT", "1000")

from seqloom.core.errors import (
    DataError,
    DecodingError,
    MissingExtraError,
    ModelFolderError,
    RecipeError,
    SeqloomError,
    TrainingError,
)
from seqloom.core.later import names_later

if TYPE_CHECKING:
    from seqloom.data.tokenizers.public import Tokenizer
    from seqloom.decoding.collate import pad
    from seqloom.workflow.answers import Answer
    from seqloom.workflow.distilling import distill
    from seqloom.workflow.loading import load
    from seqloom.workflow.model import Model
    from seqloom.workflow.seq2seq import Seq2Seq
    from seqloom.workflow.training import train
    from seqloom.workflow.trimming import trim

__version__ = "0.1.0.dev0"

__all__ = [
    "Answer",
    "DataError",
    "DecodingError",
    "MissingExtraError",
    "Model",
    "ModelFolderError",
    "RecipeError",
    "Seq2Seq",
    "SeqloomError",
    "Tokenizer",
    "TrainingError",
    "__version__",
    "distill",
    "load",
    "pad",
    "train",
    "trim",
]

# What needs torch is imported when it is first asked for, so that `import seqloom` is quick.
__getattr__ = names_later(
    __name__,
    {
        "data.tokenizers.public": "Tokenizer",
        "decoding.collate": "pad",
        "workflow.answers": "Answer",
        "workflow.distilling": "distill",
        "workflow.loading": "load",
        "workflow.model": "Model",
        "workflow.seq2seq": "Seq2Seq",
        "workflow.training": "train",
        "workflow.trimming": "trim",
    },
)


def __dir__() -> list[str]:
    return sorted(__all__)
