"""What of a model's answers can be explained, known without explaining one. No torch here."""

from __future__ import annotations

from importlib.util import find_spec

from seqloom.workflow.exported import Exported
from seqloom.workflow.speaker import Speaker

__all__ = ["offered"]


def offered(speaker: Speaker) -> tuple[str, ...]:
    """The methods by which a map of source and answer can be drawn, and the other parts of an explanation."""
    if speaker.numbering.channels or find_spec("torch") is None:
        return ()
    if isinstance(speaker, Exported):
        # Another word is had by a beginning that the answer must keep to.
        return ("erasure", "alternatives") if "constraints" in speaker.takes else ("erasure",)
    from seqloom.workflow.model import Model

    assert isinstance(speaker, Model)
    network = speaker.network
    there = {
        "attention": network.decoder.shape.context is not None,
        "encoder_attention": network.encoder.attends,
        "decoder_attention": network.decoder.attends,
        "gradient_x_input": True,
        "integrated_gradients": find_spec("captum") is not None,
        "erasure": True,
        "alternatives": True,
        "search": True,
    }
    return tuple(name for name, known in there.items() if known)
