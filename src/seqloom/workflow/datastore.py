"""A store of what a model's hidden states were on given pairs, and which token came next there.

store.json      which model it was made with, and how large it is
vectors.npy, values.npy, graph.usearch: see ``retrieval.vectors``
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import torch

from seqloom.core.errors import DataError, ModelFolderError
from seqloom.core.files import read_json, write_json
from seqloom.data.batches import make_batch
from seqloom.data.rows import Row
from seqloom.models.encoder_decoder import EncoderDecoder
from seqloom.models.weights import fingerprint
from seqloom.retrieval.vectors import VectorIndex
from seqloom.workflow.rows import Pairs

if TYPE_CHECKING:
    from seqloom.workflow.model import Model

__all__ = ["build_datastore", "open_datastore"]

_FORMAT = 1
_WINDOW = 4096
"""Rows among which those of one length are put together."""
_ROWS = 64


def build_datastore(model: Model, pairs: Pairs | Sequence[Pairs], folder: str | Path) -> int:
    """Read the pairs with the model, right words before each, and keep every state with its token. How many there are.

    The folder appears when it is complete.
    """
    path = Path(folder)
    if path.exists() and not (path / "store.json").is_file() and any(path.iterdir()):
        raise DataError(f"{path}: is there, and is no store. Choose another `-o`, or delete it.")
    beside = path.with_name(path.name + ".part")
    shutil.rmtree(beside, ignore_errors=True)
    beside.mkdir(parents=True)
    several = (
        pairs if isinstance(pairs, list | tuple) and all(isinstance(one, str | Path) for one in pairs) else [pairs]
    )
    values: list[npt.NDArray[Any]] = []
    with (beside / "raw").open("wb") as raw:
        for hidden, tokens in _states(model, (row for one in several for row in model.rows(one))):
            raw.write(hidden.tobytes())
            values.append(tokens)
    if not values:
        shutil.rmtree(beside)
        raise DataError("there is nothing to remember: no row has a source and a target.")
    said = np.concatenate(values)
    keys = np.memmap(beside / "raw", dtype=np.float16, mode="r").reshape(len(said), -1)
    VectorIndex.build(keys, said).save(beside)
    (beside / "raw").unlink()
    about = {"format": _FORMAT, "model": fingerprint(model.network), "tokens": len(said), "width": int(keys.shape[1])}
    write_json(beside / "store.json", about)
    shutil.rmtree(path, ignore_errors=True)
    beside.rename(path)
    return len(said)


@torch.inference_mode()
def _states(model: Model, rows: Iterator[Row]) -> Iterator[tuple[npt.NDArray[Any], npt.NDArray[Any]]]:
    """The hidden states before every token, and the tokens, batch by batch."""
    network = model.network
    numbered = (model.pair(row)[0] for row in rows if row.source.strip() and row.targets and row.targets[0].strip())
    while window := sorted(islice(numbered, _WINDOW), key=lambda pair: len(pair.target)):
        for first in range(0, len(window), _ROWS):
            batch = make_batch(window[first : first + _ROWS], vocabulary=network.vocabulary).to(model.device)
            at = network(batch).output.pick(batch.keep_BT)
            tokens = batch.outputs_BT[batch.keep_BT]
            yield at.hidden_PD.half().cpu().numpy(), tokens.to(torch.int32).cpu().numpy()


def open_datastore(folder: Path, network: EncoderDecoder) -> VectorIndex:
    """A store that was made with this very model."""
    if not (folder / "store.json").is_file():
        raise ModelFolderError(f"{folder}: must be a store, but has no `store.json`. `seqloom datastore` makes one.")
    about = read_json(folder / "store.json")
    if about.get("format") != _FORMAT:
        raise ModelFolderError(
            f"{folder}: was written by another Seqloom (format {about.get('format')}). Build it again."
        )
    if about["model"] != fingerprint(network):
        raise ModelFolderError(
            f"{folder}: was made with another model, whose states mean nothing to this one. "
            "Build it with this model: `seqloom datastore`."
        )
    return VectorIndex.load(folder)
