"""Plain ``nn.Module``s as encoders and decoders: torch's own, or anybody's, without a settings class.

An encoder is

- ``nn.LSTM``, ``nn.GRU`` or ``nn.RNN``, whose last state a recurrent decoder begins with;
- ``nn.TransformerEncoder``, to whose input sinusoidal positions are added, since it has none of its own;
- any module that turns (B, S, D) into (B, S, any width), or into such states and a last state as torch's recurrent
  modules return it: (layers, B, width), or a pair of those. Where its ``forward`` has a parameter ``mask``,
  ``padding_mask`` or ``attention_mask``, it is given ``mask_BS`` there, True = a real position;
  ``src_key_padding_mask`` and ``key_padding_mask`` get the opposite, as in torch;
- an ``Encoder``, or a function of the width to read that makes one of these.

A decoder is

- ``nn.LSTM``, ``nn.GRU`` or ``nn.RNN``, which reads the embedded tokens and begins with what the encoder left;
- ``nn.TransformerDecoder``, with sinusoidal positions and a causal mask;
- any causal module ``forward(embedded_NTE, memory_NSD, memory_mask)`` → (N, T, any width). The mask may be left out; it
  is True at real positions, and the opposite where it is called ``memory_key_padding_mask``. While answering, the
  module reads all tokens so far again at every step;
- a ``Decoder``, or a function of the embedding's and the memory's width that makes one of these.

Widths are found by a trial call when the model is built. A settings class of one's own makes such a model one that can
be described by a recipe: its ``build`` returns ``plain_encoder(nn.GRU(…), memory=memory)``.
"""

from seqloom.models.plain.decoders import plain_decoder
from seqloom.models.plain.encoders import plain_encoder
from seqloom.models.plain.given import GivenDecoder, GivenEncoder
from seqloom.models.plain.trial import width_read

__all__ = ["GivenDecoder", "GivenEncoder", "plain_decoder", "plain_encoder", "width_read"]
