"""A CTranslate2 model as a package for Argos Translate, and so for LibreTranslate."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path

from seqloom.core.errors import RecipeError
from seqloom.core.wording import show
from seqloom.data.tokenizers.files import read_folder
from seqloom.engines.ctranslate2_files import CTranslate2Files
from seqloom.export.argos_sentences import sentence_network

__all__ = ["why_not_argos", "write_argos"]

_SUBWORDS = ("bpe", "unigram")
_MODEL = "sentencepiece.model"
_LONGEST_SOURCE, _LONGEST_TARGET = 1024, 256
"""Where Argos Translate cuts sources and answers."""
_WHEN = (1980, 1, 1, 0, 0, 0)
"""Of every file, so that the same model is the same package."""


def why_not_argos(source: Path, target: Path) -> str | None:
    """Why Argos Translate cannot read what these tokenizers made, as one line; None: it can.

    It cuts a text with sentencepiece, and reads no word as anything but text.
    """
    for side, folder in (("source", source), ("target", target)):
        saved = read_folder(folder)
        kind = saved.settings["kind"]
        if kind not in _SUBWORDS:
            return (
                f'the tokenizer of the {side} must be of kind "bpe" or "unigram" for Argos Translate, but is of '
                f"kind {show(kind)}. Export to CTranslate2 alone."
            )
        if saved.special_tokens:
            return (
                f"`data.special_tokens` must be left out for Argos Translate, which takes them for text, but "
                f"has {show(list(saved.special_tokens))}. Export to CTranslate2 alone."
            )
    return None


def write_argos(
    model: Path,
    path: Path,
    *,
    source: Path,
    target: Path,
    from_code: str,
    to_code: str,
    from_name: str | None = None,
    to_name: str | None = None,
    version: str = "1.0",
    about: str = "",
) -> None:
    """Write an `.argosmodel`, which is installed by `argospm install` or ``argostranslate.package.install_from_path``.

    ``model`` is a folder that ``write_ctranslate2`` wrote; ``source`` and ``target`` are the folders of the tokenizers,
    which may be one. Argos Translate cuts and joins texts with the source's; what pieces it lacks are joined as they
    are. Codes are of ISO 639 ("en"), names are for people to read; ``about`` is a text on the model.
    """
    if line := why_not_argos(source, target) or _too_short(CTranslate2Files.read(model)):
        raise RecipeError(line)
    metadata = {
        "package_version": version,
        "argos_version": "1.9",
        "from_code": from_code,
        "from_name": from_name or from_code,
        "to_code": to_code,
        "to_name": to_name or to_code,
    }
    files = {"metadata.json": json.dumps(metadata, ensure_ascii=False, indent=2).encode()}
    about = about or f"{metadata['from_name']} → {metadata['to_name']}"
    files["README.md"] = f"{about}\n".encode()
    files[_MODEL] = (source / _MODEL).read_bytes()
    files["minisbd/sentences.onnx"] = sentence_network()
    files |= {f"model/{each.name}": each.read_bytes() for each in sorted(model.iterdir()) if each.is_file()}
    folder = f"translate-{from_code}_{to_code}-{version.replace('.', '_')}"
    path.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(path, "w") as package:
        for name, content in files.items():
            entry = zipfile.ZipInfo(f"{folder}/{name}", date_time=_WHEN)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.external_attr = 0o644 << 16
            package.writestr(entry, content)


def _too_short(files: CTranslate2Files) -> str | None:
    for side, there, needed in (
        ("source", files.longest_source, _LONGEST_SOURCE),
        ("answer", files.longest_target, _LONGEST_TARGET),
    ):
        if there is not None and there < needed:
            return (
                f"the {side} must have {needed} positions for Argos Translate, which asks for as many, but has "
                f"{there}. Take positions of another kind, or more of them."
            )
    return None
