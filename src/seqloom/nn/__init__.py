"""The parts that models are made of, and the contracts between them.

Tensors carry their shape as a suffix, from this one legend:

    B  batch (sources)        S  source positions     C  channels
    K  beam                   T  target positions     P  real positions, padding left out
    N  rows = B · K           D  width                U  units to label
    H  heads                  G  key-value heads      L  layers
    E  head width             F  feed-forward width   A  attention's inner width
    V  vocabulary             Q  queries = K · T      W  a convolution's window
    R  gates · width          Y, X  picture rows and columns

``scores_NV`` is one row of scores a hypothesis; ``keys_BSA`` belongs to the source and is shared by its beams.
Batch first. Masks are boolean, True = keep.
"""

from seqloom.nn.contracts import (
    Batch,
    Decoder,
    DecoderOutput,
    DecoderShape,
    Features,
    Head,
    Loss,
    Objective,
    Reads,
    Run,
    Scored,
    WantedAttention,
)
from seqloom.nn.memory import Encoder, Memory, MemoryShape, Part, SourceBatch
from seqloom.nn.state import BeamRows, Rows, State

__all__ = [
    "Batch",
    "BeamRows",
    "Decoder",
    "DecoderOutput",
    "DecoderShape",
    "Encoder",
    "Features",
    "Head",
    "Loss",
    "Memory",
    "MemoryShape",
    "Objective",
    "Part",
    "Reads",
    "Rows",
    "Run",
    "Scored",
    "SourceBatch",
    "State",
    "WantedAttention",
]
