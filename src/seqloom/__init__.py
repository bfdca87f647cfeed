"""Seqloom turns pairs of sequences into a model that is trained, measured, explained and served."""

from seqloom.core.errors import (
    DataError,
    DecodingError,
    MissingExtraError,
    ModelFolderError,
    RecipeError,
    SeqloomError,
    TrainingError,
)

__version__ = "0.1.0.dev0"

__all__ = [
    "DataError",
    "DecodingError",
    "MissingExtraError",
    "ModelFolderError",
    "RecipeError",
    "SeqloomError",
    "TrainingError",
    "__version__",
]
