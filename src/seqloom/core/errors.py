"""Everything that a person can cause, as one tree.

SeqloomError
├── RecipeError         a recipe, a setting or an option that cannot be
├── DataError           a file or a row of data that cannot be read or used
├── ModelFolderError    a model folder that is incomplete, damaged or of another version
├── TrainingError       a run whose loss is no longer a number
├── DecodingError       a request that this model or engine cannot answer
└── MissingExtraError   a part whose optional dependency is not installed

Each says what must be, what is, and what to do: "`key` must be X, but is Y. Do Z." The command line prints just
that and exits with status 2. Any other exception is a fault of ours and keeps its traceback.
"""


class SeqloomError(Exception):
    """What all errors that a person can cause have in common."""


class RecipeError(SeqloomError, ValueError):
    """A recipe, a setting or an option that cannot be.

    Also a ValueError, so that settings may raise it from `__post_init__` like any other check on values.
    """

    def __init__(self, *mistakes: str) -> None:
        super().__init__(*mistakes)
        self.mistakes: tuple[str, ...] = mistakes
        """One line for each mistake: a person repairs them all at once."""

    def __str__(self) -> str:
        return "\n".join(self.mistakes)


class DataError(SeqloomError):
    """A file or a row of data that cannot be read or used."""


class ModelFolderError(SeqloomError):
    """A model folder that is incomplete, damaged or of another version."""


class TrainingError(SeqloomError):
    """A run whose loss is no longer a number."""


class DecodingError(SeqloomError):
    """A request that this model or engine cannot answer."""


class MissingExtraError(SeqloomError):
    """A part whose optional dependency is not installed."""

    def __init__(self, needed_by: str, *, extra: str) -> None:
        super().__init__(f"`{needed_by}` needs the extra `{extra}`. Do `pip install 'seqloom[{extra}]'`.")
        self.needed_by = needed_by
        self.extra = extra

    def __reduce__(self) -> tuple[object, ...]:
        # Exceptions are rebuilt from `args` when a worker process hands them over; ours are built from two words.
        return (_missing_extra, (self.needed_by, self.extra))


def _missing_extra(needed_by: str, extra: str) -> MissingExtraError:
    return MissingExtraError(needed_by, extra=extra)
