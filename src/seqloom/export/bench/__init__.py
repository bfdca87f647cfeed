"""Which form of a model to take: each is measured in a process of its own, and all are set side by side.

It stands beside the exports, because it is the question that they leave open, and because it makes those that are not
there yet. ``turn`` runs in the measured processes and imports no more than answering needs: the memory that is told is
that of the form, not of the measuring.
"""
