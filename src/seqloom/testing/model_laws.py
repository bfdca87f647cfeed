"""Laws of one model: what a call says, what learning reaches, what a file keeps."""

from __future__ import annotations

import tempfile
from dataclasses import replace
from pathlib import Path

import torch
from torch import Tensor

from seqloom.core.errors import DataError
from seqloom.decoding.collate import collate
from seqloom.decoding.request import Source
from seqloom.models.weights import load_weights, save_weights
from seqloom.nn.memory import Part
from seqloom.testing.samples import FIRST_WORD, Sample, close

__all__ = [
    "every_parameter_learns",
    "no_peeking",
    "nothing_is_an_error",
    "padding_changes_nothing",
    "saving_keeps_everything",
    "steps_equal_one_call",
]


@torch.inference_mode()
def padding_changes_nothing(given: Sample) -> None:
    """A row says the same alone and beside longer rows, whatever stands at padding."""
    given = replace(given, pairs=(given.pairs[0], given.pairs[-1]))
    alone = [given.model.logp_P(replace(given, pairs=(pair,)).batch) for pair in given.pairs]

    def litter(part: Part) -> Part:
        return replace(part, values=_littered(part.values, part.mask_BS))

    batch = given.batch
    source = replace(batch.source, parts={name: litter(part) for name, part in batch.source.parts.items()})
    target_BT = _littered(batch.target_BT, batch.target_mask_BT)
    close(given.model.logp_P(replace(batch, source=source, target_BT=target_BT)), torch.cat(alone))


@torch.inference_mode()
def steps_equal_one_call(given: Sample) -> None:
    """T calls with one token each say what one call with T tokens says; so do two calls."""
    model, num_steps = given.model, given.steps(3)
    tokens_BT = given.tokens(len(given.pairs), num_steps)
    memory = model.encode(given.source)
    state = model.decoder.start(memory, attention=model.head.attention)
    whole = given.logp(model.decoder(tokens_BT, state), memory)
    for sizes in ((1,) * num_steps, (num_steps // 2, num_steps - num_steps // 2)):
        state = model.decoder.start(memory, attention=model.head.attention)
        parts = []
        for tokens in tokens_BT.split([size for size in sizes if size], dim=1):
            output = model.decoder(tokens, state)
            state = output.state
            parts.append(given.logp(output, memory))
        close(torch.cat(parts, 1), whole)


@torch.inference_mode()
def no_peeking(given: Sample) -> None:
    """What is said at a step does not depend on later tokens, and adds up to probability one."""
    model, num_steps = given.model, given.steps(3)
    tokens_BT = given.tokens(len(given.pairs), num_steps)
    memory = model.encode(given.source)

    def said(tokens_BT: Tensor) -> Tensor:
        state = model.decoder.start(memory, attention=model.head.attention)
        return given.logp(model.decoder(tokens_BT, state), memory)

    whole = said(tokens_BT)
    for step in range(1, num_steps):
        other_BT = tokens_BT.clone()
        other_BT[:, step:] = FIRST_WORD + (other_BT[:, step:] - FIRST_WORD + 1) % (given.vocabulary.size - FIRST_WORD)
        close(said(other_BT)[:, :step], whole[:, :step])
    if given.vectors:
        return  # a density adds up to nothing that could be counted
    close(whole.exp().sum(-1), torch.ones(whole.shape[:2], dtype=whole.dtype))
    assert (whole[..., given.vocabulary.pad] == float("-inf")).all(), "padding has a probability"


def every_parameter_learns(given: Sample) -> None:
    """A gradient reaches every parameter. It is zero for key biases alone: softmax does not see what all keys share."""
    model = given.model
    torch.manual_seed(given.seed)
    pairs = [replace(pair, target=pair.target[: given.steps(5) - 1]) for pair in given.pairs]
    model.train().logp_P(replace(given, pairs=tuple(pairs)).batch).sum().backward()
    model.eval()
    for name, parameter in model.named_parameters():
        assert parameter.grad is not None, f"no gradient reaches {name}"
        assert parameter.grad.isfinite().all(), f"the gradient of {name} is not finite"
        blind = name.endswith(("key.bias", "keys.bias"))
        assert blind or parameter.grad.count_nonzero(), f"the gradient of {name} is zero"


@torch.inference_mode()
def saving_keeps_everything(given: Sample) -> None:
    """A model that is saved and loaded into another has the same weights to the last bit, and says the same."""
    other = given.combination.build(given.vocabulary).double().eval()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "weights.safetensors"
        save_weights(given.model, path)
        load_weights(other, path)
    loaded = other.state_dict()
    for name, weight in given.model.state_dict().items():
        assert torch.equal(loaded[name], weight), f"{name} is not what was saved"
    batch = replace(given, pairs=given.pairs[-1:]).batch
    close(other.logp_P(batch), given.model.logp_P(batch))


@torch.inference_mode()
def nothing_is_an_error(given: Sample) -> None:
    """A source without content is one clear line, not a number from nowhere."""
    empty = Source(parts={name: [] for name in given.pairs[0].source.parts})
    try:
        collate([given.pairs[0].source, empty])
    except DataError as error:
        said = str(error)
    else:
        said = "nothing"
    assert "is empty" in said, f"a source of length 0 brought {said}"


def _littered(values: Tensor, mask_BS: Tensor) -> Tensor:
    """Something else at padding, be it ids or frames."""
    return torch.where(mask_BS.view(*mask_BS.shape, *(1,) * (values.dim() - 2)), values, FIRST_WORD + 1)
