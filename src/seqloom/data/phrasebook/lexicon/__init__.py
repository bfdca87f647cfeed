"""The words of the phrasebook, each with its translation."""
