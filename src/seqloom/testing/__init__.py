"""The laws that every source, encoder, decoder, head and search obeys, for our parts and for anybody's own.

    python -m seqloom.testing                                   # everything that ships
    python -m seqloom.testing --quick                           # every pair of options at least once
    python -m seqloom.testing my_package.module:MyEncoderSettings

What is combined is read from the settings' unions, so a new part is covered without being named here. In a test:

    for combination in combinations(strength=1, own=MyEncoderSettings):
        assert check(combination) == []
"""

from seqloom.testing.combinations import Combination, combinations
from seqloom.testing.laws import LAWS, Broken, Law, check

__all__ = ["LAWS", "Broken", "Combination", "Law", "check", "combinations"]
