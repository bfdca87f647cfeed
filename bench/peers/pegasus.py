"""Our Transformer as a Hugging Face Pegasus, weight by weight.

Pegasus is Marian with the normalisations before each part: sinusoids with the sines first, scaled embeddings in one
matrix, a normalisation after the last layer, and a bias of its own on the output. So it computes what ours computes.
"""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import save_file
from torch import Tensor

from seqloom.core.specials import Specials
from seqloom.models.encoder_decoder import EncoderDecoder, ModelSettings

__all__ = ["why_not", "write_pegasus"]

NEVER = -30_000.0
"""The logit of what has no probability."""
LONGEST = 1024


def why_not(settings: ModelSettings) -> str | None:
    """What of a model it cannot compute; None: it can compute all of it."""
    fixed: dict[str, Any] = {
        "tie": "all",
        "source.kind": "text",
        "source.scale": True,
        "source.factors": {},
        "encoder.kind": "transformer",
        "encoder.window": None,
        "target.kind": "tokens",
        "target.scale": True,
        "decoder.kind": "transformer",
        "decoder.self_attention.kind": "attention",
        "head.kind": "generator",
    }
    for side in ("encoder", "decoder"):
        fixed |= {f"{side}.order": "pre", f"{side}.norm": "layer", f"{side}.positions.kind": "sinusoidal"}
    for key, must in fixed.items():
        if (found := setting(settings, key)) != must:
            return f"`model.{key}` would have to be {must}, but is {found}"
    encoder, decoder = settings.encoder, settings.decoder
    for layers in (encoder, decoder):
        if layers.activation not in ("relu", "gelu") or layers.activation != encoder.activation:
            return f"`model.decoder.activation` would have to be relu or gelu on both sides, but is {layers.activation}"
        if layers.width != settings.source.width:
            return "all of its parts would have to have one width"
        if layers.kv_heads not in (None, layers.heads):
            return "it would have to have as many heads of keys as of queries"
    return None


def setting(settings: ModelSettings, key: str) -> Any:
    found: Any = settings
    for name in key.split("."):
        found = getattr(found, name, None)
    return found


def write_pegasus(network: EncoderDecoder, folder: Path, *, settings: ModelSettings, vocabulary: Specials) -> None:
    """The folder that `from_pretrained` reads; only for what ``why_not`` has nothing against."""
    encoder, decoder = settings.encoder, settings.decoder
    config = {
        "architectures": ["PegasusForConditionalGeneration"],
        "model_type": "pegasus",
        "vocab_size": vocabulary.size,
        "max_position_embeddings": LONGEST,
        "d_model": encoder.width,
        "encoder_layers": encoder.layers,
        "decoder_layers": decoder.layers,
        "encoder_attention_heads": encoder.heads,
        "decoder_attention_heads": decoder.heads,
        "encoder_ffn_dim": encoder.feed_forward,
        "decoder_ffn_dim": decoder.feed_forward,
        "activation_function": encoder.activation,
        "scale_embedding": True,
        "tie_word_embeddings": True,
        "pad_token_id": vocabulary.pad,
        "bos_token_id": vocabulary.bos,
        "eos_token_id": vocabulary.eos,
        "decoder_start_token_id": vocabulary.bos,
        "forced_eos_token_id": None,
        "dtype": "float32",
    }
    folder.mkdir(parents=True)
    (folder / "config.json").write_text(json.dumps(config, indent=2), "utf-8")
    named = {name: tensor.detach().float().clone().contiguous() for name, tensor in weights(network)}
    save_file(named, folder / "model.safetensors", metadata={"format": "pt"})


def weights(network: Any) -> Iterator[tuple[str, Tensor]]:
    yield "model.shared.weight", network.source.embedding.table.weight
    bias_V = torch.zeros(len(network.head.weight)) if network.head.bias is None else network.head.bias.detach().clone()
    bias_V[network.head.pad] = NEVER
    yield "final_logits_bias", bias_V[None]
    for side, part in (("encoder", network.encoder), ("decoder", network.decoder)):
        yield from both(f"model.{side}.layer_norm", part.norm)
        for number, layer in enumerate(part.layers):
            yield from layer_weights(f"model.{side}.layers.{number}", layer)


def layer_weights(name: str, layer: Any) -> Iterator[tuple[str, Tensor]]:
    yield from attention(f"{name}.self_attn", layer.self_attention)
    yield from both(f"{name}.self_attn_layer_norm", layer.self_residual.norm)
    if hasattr(layer, "cross_attention"):
        yield from attention(f"{name}.encoder_attn", layer.cross_attention)
        yield from both(f"{name}.encoder_attn_layer_norm", layer.cross_residual.norm)
    yield from both(f"{name}.fc1", layer.feed_forward.inner)
    yield from both(f"{name}.fc2", layer.feed_forward.outer)
    yield from both(f"{name}.final_layer_norm", layer.feed_residual.norm)


def attention(name: str, part: Any) -> Iterator[tuple[str, Tensor]]:
    for theirs, ours in (("q_proj", "query"), ("k_proj", "key"), ("v_proj", "value"), ("out_proj", "out")):
        yield from both(f"{name}.{theirs}", getattr(part, ours))


def both(name: str, module: Any) -> Iterator[tuple[str, Tensor]]:
    yield f"{name}.weight", module.weight
    yield f"{name}.bias", module.bias
