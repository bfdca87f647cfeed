"""Weights and vocabularies in a folder, without what the parts are: for models that no recipe can describe."""

from __future__ import annotations

from hashlib import sha256
from pathlib import Path

from seqloom.core.errors import ModelFolderError
from seqloom.data.numbering import Numbering
from seqloom.data.tokenizers import TextTokenizer, load_tokenizer
from seqloom.models.encoder_decoder import EncoderDecoder
from seqloom.models.weights import load_weights, save_weights

__all__ = ["read_bare", "read_tokenizers", "write_bare"]

_WEIGHTS = "weights.safetensors"
_BOTH, _SOURCE, _TARGET = "tokenizer", "source", "target"


def write_bare(folder: Path, numbering: Numbering, network: EncoderDecoder) -> None:
    """The weights last: without them the folder is seen to be unfinished."""
    if numbering.sources is numbering.targets:
        numbering.sources.save(folder / _BOTH)
    else:
        numbering.sources.save(folder / _SOURCE)
        numbering.targets.save(folder / _TARGET)
    save_weights(network, folder / _WEIGHTS, mark=_fingerprint(folder))


def read_tokenizers(folder: Path) -> tuple[TextTokenizer, TextTokenizer]:
    """Of the source and of the target, which may be one."""
    if not folder.is_dir():
        raise ModelFolderError(f"{folder}: there is no such folder. It must be one with a model.")
    if (folder / _BOTH).is_dir():
        both = load_tokenizer(folder / _BOTH)
        return both, both
    return load_tokenizer(folder / _SOURCE), load_tokenizer(folder / _TARGET)


def read_bare(folder: Path, network: EncoderDecoder) -> None:
    """The weights into a network that was built for these vocabularies."""
    load_weights(network, folder / _WEIGHTS, mark=_fingerprint(folder))


def _fingerprint(folder: Path) -> str:
    """Of the vocabularies, so that weights are never read beside others."""
    digest = sha256()
    for path in sorted(folder.glob("*/tokenizer.json")):
        digest.update(path.parent.name.encode() + path.read_bytes())
    return digest.hexdigest()
