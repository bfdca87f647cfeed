"""Weights and vocabularies in a folder, without what the parts are: for models that no recipe can describe."""

from __future__ import annotations

from hashlib import sha256
from pathlib import Path

from seqloom.core.errors import ModelFolderError
from seqloom.data.numbering import Numbering
from seqloom.data.tokenizers import TextTokenizer
from seqloom.data.tokenizers.sides import load_sides, name_sides
from seqloom.models.encoder_decoder import EncoderDecoder
from seqloom.models.weights import load_weights, save_weights

__all__ = ["read_bare", "read_tokenizers", "write_bare"]

_WEIGHTS = "weights.safetensors"


def write_bare(folder: Path, numbering: Numbering, network: EncoderDecoder) -> None:
    """The weights last: without them the folder is seen to be unfinished."""
    for name, tokenizer in name_sides(numbering.sources, numbering.targets).items():
        tokenizer.save(folder / name)
    save_weights(network, folder / _WEIGHTS, mark=_fingerprint(folder))


def read_tokenizers(folder: Path) -> tuple[TextTokenizer, TextTokenizer]:
    """Of the source and of the target, which may be one."""
    if not folder.is_dir():
        raise ModelFolderError(f"{folder}: there is no such folder. It must be one with a model.")
    return load_sides(folder)


def read_bare(folder: Path, network: EncoderDecoder) -> None:
    """The weights into a network that was built for these vocabularies."""
    load_weights(network, folder / _WEIGHTS, mark=_fingerprint(folder))


def _fingerprint(folder: Path) -> str:
    """Of the vocabularies, so that weights are never read beside others."""
    digest = sha256()
    for path in sorted(folder.glob("*/tokenizer.json")):
        digest.update(path.parent.name.encode() + path.read_bytes())
    return digest.hexdigest()
