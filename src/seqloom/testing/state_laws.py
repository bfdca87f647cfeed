"""Laws of a decoder's state: what search does to it changes who goes on, never how."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields

import torch
from torch import Tensor

from seqloom.nn.contracts import DecoderOutput
from seqloom.nn.memory import Memory
from seqloom.nn.state import Rows, State
from seqloom.testing.samples import Sample, close, walk

__all__ = ["beams_share_the_memory", "join_appends_sources", "reorder_moves_hypotheses", "select_keeps_sources"]


@torch.inference_mode()
def reorder_moves_hypotheses(given: Sample) -> None:
    """After ``reorder`` a row goes on as the row it came from; what belongs to the source stays where it is."""
    beams, num_steps = 3, given.steps(3)
    num_rows = len(given.pairs) * beams
    tokens_NT = given.tokens(num_rows, num_steps)
    parents_N = torch.arange(num_rows).view(-1, beams)[:, [2, 0, 0]].flatten()
    before = walk(given, given.source, tokens_NT[:, :-1], beams=beams)
    after = given.model.decoder(tokens_NT[:, -1:], before.state.reorder(parents_N))
    history_NT = torch.cat([tokens_NT[parents_N, :-1], tokens_NT[:, -1:]], 1)
    _same(given, after, walk(given, given.source, history_NT, beams=beams))


@torch.inference_mode()
def select_keeps_sources(given: Sample) -> None:
    """After ``select`` the sources that stay go on as if the others had never been there."""
    beams, num_steps, rows = 2, given.steps(3), [2, 0]
    tokens_NT = given.tokens(len(given.pairs) * beams, num_steps)
    before = walk(given, given.source, tokens_NT[:, :-1], beams=beams)
    kept_NT = tokens_NT.unflatten(0, (-1, beams))[rows].flatten(0, 1)
    after = given.model.decoder(kept_NT[:, -1:], before.state.select(torch.tensor(rows)))
    memory = given.model.encode(given.source).select(torch.tensor(rows))
    fresh = walk(given, given.pick(*rows), kept_NT, beams=beams)
    _same(given, after, fresh, memory=memory, other_memory=given.model.encode(given.pick(*rows)))


@torch.inference_mode()
def join_appends_sources(given: Sample) -> None:
    """Sources that join a running batch go on as they would alone, at whatever position each is."""
    if not given.model.decoder.joins:
        return
    beams, num_steps = 2, given.steps(3)
    running, fresh = given.pick(0, 1), given.pick(2)
    old_NT, new_NT = given.tokens(4, num_steps), given.tokens(2, num_steps)
    state = walk(given, running, old_NT[:, :-1], beams=beams).state
    if num_steps > 2:
        other, next_NT = walk(given, fresh, new_NT[:, :1], beams=beams).state, new_NT[:, 1:2]
    else:  # a decoder of two steps: the newcomer has taken none
        memory = given.model.encode(fresh)
        other = given.model.decoder.start(memory, beams=beams, attention=given.model.head.attention)
        next_NT = new_NT[:, :1]
    together = given.model.decoder(torch.cat([old_NT[:, -1:], next_NT]), state.join(other))
    memory = given.model.encode(running).join(given.model.encode(fresh))
    logp_N1V = given.logp(together, memory)
    taken = 2 if num_steps > 2 else 1
    for source, tokens_NT, rows in ((running, old_NT, slice(0, 4)), (fresh, new_NT[:, :taken], slice(4, 6))):
        alone = given.logp(walk(given, source, tokens_NT, beams=beams), given.model.encode(source))
        known = given.vocabulary.size
        close(logp_N1V[rows, :, :known], alone[..., :known])


@torch.inference_mode()
def beams_share_the_memory(given: Sample) -> None:
    """What belongs to the source is there once, however many beams look at it."""

    def of_sources(beams: int) -> int:
        state = walk(given, given.source, given.tokens(len(given.pairs) * beams, 1), beams=beams).state
        return sum(tensor.numel() for tensor in _source_tensors(state))

    assert of_sources(1) == of_sources(4), "more beams, more memory for the source"


def _source_tensors(state: State) -> Iterator[Tensor]:
    """The tensors of a state that have a row a source, by the suffix of their names, and no place in it a beam."""
    for field in fields(state) if isinstance(state, Rows) else ():
        value = getattr(state, field.name)
        suffix = field.name.rpartition("_")[2]
        of_beam = suffix.startswith("N") or "K" in suffix
        for item in value if isinstance(value, tuple) else (value,):
            if isinstance(item, Tensor) and not of_beam:
                yield item
            elif isinstance(item, State):
                yield from _source_tensors(item)


def _same(
    given: Sample,
    output: DecoderOutput,
    other: DecoderOutput,
    *,
    memory: Memory | None = None,
    other_memory: Memory | None = None,
) -> None:
    memory = given.model.encode(given.source) if memory is None else memory
    known = given.vocabulary.size  # behind it stand the rows' own words, as many as the longest source
    first = given.logp(output, memory)[..., :known]
    second = given.logp(other, memory if other_memory is None else other_memory)[..., :known]
    close(first, second)
