"""What holds for every combination. A law takes a sample and raises ``AssertionError`` where it is broken."""

from __future__ import annotations

import itertools
import tempfile
import traceback
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, fields, replace
from functools import partial
from pathlib import Path

import torch
from torch import Tensor
from torch.testing import assert_close

from seqloom.core.errors import DataError
from seqloom.decoding.collate import collate
from seqloom.decoding.request import Finished, LengthPenalty, Piece, Request, Source
from seqloom.decoding.search import Search, answer
from seqloom.models.stepper import ModelStepper
from seqloom.models.weights import load_weights, save_weights
from seqloom.nn.contracts import DecoderOutput
from seqloom.nn.memory import Memory, Part
from seqloom.nn.state import Rows, State
from seqloom.testing.combinations import Combination
from seqloom.testing.samples import FIRST_WORD, Sample, sample, walk

__all__ = ["LAWS", "Broken", "Law", "check"]

Law = Callable[[Sample], None]

_close = partial(assert_close, rtol=1e-8, atol=1e-9)
"""Double precision leaves no room for \"about\"."""


@dataclass(frozen=True, kw_only=True)
class Broken:
    """A law that does not hold, and for what."""

    law: str
    combination: Combination
    place: str
    """File and line that raised."""
    why: str


def check(combination: Combination, *, laws: Sequence[Law] | None = None) -> list[Broken]:
    """The laws that this combination breaks."""
    broken = []
    given = sample(combination)
    for law in LAWS if laws is None else laws:
        try:
            law(given)
        except Exception as error:  # a part that raises breaks the law like one that is wrong
            frames = [frame for frame in traceback.extract_tb(error.__traceback__) if "torch" not in frame.filename]
            place = f"{Path(frames[-1].filename).name}:{frames[-1].lineno}"
            why = " ".join(f"{type(error).__name__}: {error}".split())
            broken.append(Broken(law=law.__name__, combination=combination, place=place, why=why))
    return broken


# ---- one call --------------------------------------------------------------------------------------------------------


@torch.inference_mode()
def padding_changes_nothing(given: Sample) -> None:
    """A row says the same alone and beside longer rows, whatever stands at padding."""
    given = replace(given, pairs=(given.pairs[0], given.pairs[-1]))
    alone = [given.model.logp_P(replace(given, pairs=(pair,)).batch) for pair in given.pairs]

    def litter(part: Part) -> Part:
        return replace(part, values=torch.where(part.mask_BS, part.values, FIRST_WORD + 1))

    batch = given.batch
    source = replace(batch.source, parts={name: litter(part) for name, part in batch.source.parts.items()})
    target_BT = torch.where(batch.target_mask_BT, batch.target_BT, FIRST_WORD + 1)
    _close(given.model.logp_P(replace(batch, source=source, target_BT=target_BT)), torch.cat(alone))


@torch.inference_mode()
def steps_equal_one_call(given: Sample) -> None:
    """T calls with one token each say what one call with T tokens says; so do two calls."""
    model, num_steps = given.model, _steps(given, 3)
    tokens_BT = given.tokens(len(given.pairs), num_steps)
    memory = model.encode(given.source)
    state = model.decoder.start(memory, attention=model.head.attention)
    whole = _logp(given, model.decoder(tokens_BT, state), memory)
    for sizes in ((1,) * num_steps, (num_steps // 2, num_steps - num_steps // 2)):
        state = model.decoder.start(memory, attention=model.head.attention)
        parts = []
        for tokens in tokens_BT.split([size for size in sizes if size], dim=1):
            output = model.decoder(tokens, state)
            state = output.state
            parts.append(_logp(given, output, memory))
        _close(torch.cat(parts, 1), whole)


@torch.inference_mode()
def no_peeking(given: Sample) -> None:
    """What is said at a step does not depend on later tokens, and adds up to probability one."""
    model, num_steps = given.model, _steps(given, 3)
    tokens_BT = given.tokens(len(given.pairs), num_steps)
    memory = model.encode(given.source)

    def said(tokens_BT: Tensor) -> Tensor:
        state = model.decoder.start(memory, attention=model.head.attention)
        return _logp(given, model.decoder(tokens_BT, state), memory)

    whole = said(tokens_BT)
    for step in range(1, num_steps):
        other_BT = tokens_BT.clone()
        other_BT[:, step:] = FIRST_WORD + (other_BT[:, step:] - FIRST_WORD + 1) % (given.vocabulary.size - FIRST_WORD)
        _close(said(other_BT)[:, :step], whole[:, :step])
    _close(whole.exp().sum(-1), torch.ones(whole.shape[:2], dtype=whole.dtype))
    assert (whole[..., given.vocabulary.pad] == float("-inf")).all(), "padding has a probability"


# ---- states ----------------------------------------------------------------------------------------------------------


@torch.inference_mode()
def reorder_moves_hypotheses(given: Sample) -> None:
    """After ``reorder`` a row goes on as the row it came from; what belongs to the source stays where it is."""
    beams, num_steps = 3, _steps(given, 3)
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
    beams, num_steps, rows = 2, _steps(given, 3), [2, 0]
    tokens_NT = given.tokens(len(given.pairs) * beams, num_steps)
    before = walk(given, given.source, tokens_NT[:, :-1], beams=beams)
    kept_NT = tokens_NT.view(-1, beams, num_steps)[rows].flatten(0, 1)
    after = given.model.decoder(kept_NT[:, -1:], before.state.select(torch.tensor(rows)))
    memory = given.model.encode(given.source).select(torch.tensor(rows))
    fresh = walk(given, given.pick(*rows), kept_NT, beams=beams)
    _same(given, after, fresh, memory=memory, other_memory=given.model.encode(given.pick(*rows)))


@torch.inference_mode()
def join_appends_sources(given: Sample) -> None:
    """Sources that join a running batch go on as they would alone, at whatever position each is."""
    if not given.model.decoder.joins:
        return
    beams, num_steps = 2, _steps(given, 3)
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
    logp_N1V = _logp(given, together, memory)
    taken = 2 if num_steps > 2 else 1
    for source, tokens_NT, rows in ((running, old_NT, slice(0, 4)), (fresh, new_NT[:, :taken], slice(4, 6))):
        alone = _logp(given, walk(given, source, tokens_NT, beams=beams), given.model.encode(source))
        known = given.vocabulary.size
        _close(logp_N1V[rows, :, :known], alone[..., :known])


@torch.inference_mode()
def beams_share_the_memory(given: Sample) -> None:
    """What belongs to the source is there once, however many beams look at it."""

    def of_sources(beams: int) -> int:
        state = walk(given, given.source, given.tokens(len(given.pairs) * beams, 1), beams=beams).state
        return sum(tensor.numel() for tensor in _source_tensors(state))

    assert of_sources(1) == of_sources(4), "more beams, more memory for the source"


# ---- answers ---------------------------------------------------------------------------------------------------------


@torch.inference_mode()
def one_beam_is_greedy(given: Sample) -> None:
    """Beam 1 says what ten lines say that know nothing of states: read all, take the likeliest, again."""
    limit = 3
    given = replace(given, pairs=given.pairs[:2])
    found = answer(Search(ModelStepper(given.model)), _requests(given, max_length=limit))
    for pair, got in zip(given.pairs, found, strict=True):
        memory = given.model.encode(collate([pair.source]))
        tokens = [given.vocabulary.bos]
        while len(tokens) <= _steps(given, limit + 1) and tokens[-1] != given.vocabulary.eos:
            state = given.model.decoder.start(memory, attention=given.model.head.attention)
            logp_V = _logp(given, given.model.decoder(torch.tensor([tokens]), state), memory)[0, -1]
            logp_V[given.vocabulary.bos] = float("-inf")
            last = len(tokens) == _steps(given, limit + 1)
            tokens.append(given.vocabulary.eos if last else int(logp_V.argmax()))
        assert got.tokens == tuple(tokens[1:-1]), f"{got.tokens} is not the greedy {tuple(tokens[1:-1])}"


@torch.inference_mode()
def wide_beam_is_exhaustive(given: Sample) -> None:
    """With a beam as wide as there are sequences, the n best are the n best of all."""
    [pair] = given.pairs[-1:]
    vocabulary, limit, penalty = given.vocabulary, _steps(given, 3) - 1, LengthPenalty(kind="average")
    source = collate([pair.source])
    first = walk(given, source, given.tokens(1, 1))
    copies = _logp(given, first, given.model.encode(source)).shape[-1] > vocabulary.size
    own = {word for word in pair.source.copy or () if word >= vocabulary.size} if copies else set()
    words = [vocabulary.unk, *range(FIRST_WORD, vocabulary.size), *sorted(own)]
    request = Request(
        id=0, source=pair.source, beams=(len(words) + 1) ** limit, nbest=4, length_penalty=penalty, max_length=limit
    )
    [found] = answer(Search(ModelStepper(given.model)), [request])
    every = [said for length in range(limit + 1) for said in itertools.product(words, repeat=length)]
    batch = replace(given, pairs=tuple(replace(pair, target=said) for said in every)).batch
    logps = given.model.logp_P(batch).split([len(said) + 1 for said in every])
    scored = [(float(logp.sum()) / penalty(len(said) + 1), said) for logp, said in zip(logps, every, strict=True)]
    best = sorted(scored, reverse=True)[:4]
    got = [(one.score, one.tokens) for one in (found, *found.alternatives)]
    _close([score for score, _ in got], [score for score, _ in best])
    assert got[0][1] == best[0][1], f"{got[0][1]} is not the best, {best[0][1]}"


@torch.inference_mode()
def one_equals_many(given: Sample) -> None:
    """A source is answered alike alone, in a batch, and joining a running one."""
    requests = [replace(request, beams=2) for request in _requests(given, max_length=3)]
    engine = Search(ModelStepper(given.model))
    together = answer(engine, requests)
    engine.admit(requests[:1])
    events = engine.step()
    engine.admit(requests[1:])  # one step behind, they join
    while sum(not isinstance(event, Piece) for event in events) < len(requests):
        events += engine.step()
    joined = {event.id: event.answer for event in events if isinstance(event, Finished)}
    last = requests[-1]  # the one with most padding beside the others
    company = [(together[-1], answer(engine, [last])[0])]
    company += [(many, joined[request.id]) for request, many in zip(requests, together, strict=True)]
    for one, other in company:
        assert one.tokens == other.tokens, f"{one.tokens} is not {other.tokens}"
        _close(one.score, other.score)


@torch.inference_mode()
def scores_are_the_models(given: Sample) -> None:
    """The log-probability of a given target, step by step, is the model's own in one call."""
    pairs = [replace(pair, target=pair.target[: _steps(given, 5) - 1]) for pair in given.pairs]
    scored = Search(ModelStepper(given.model)).score(pairs)
    logp_P = given.model.logp_P(replace(given, pairs=tuple(pairs)).batch)
    _close([logp for score in scored for logp in score.token_logps], logp_P.tolist())


# ---- learning and keeping --------------------------------------------------------------------------------------------


def every_parameter_learns(given: Sample) -> None:
    """A gradient reaches every parameter. It is zero for key biases alone: softmax does not see what all keys share."""
    model = given.model
    torch.manual_seed(given.seed)
    pairs = [replace(pair, target=pair.target[: _steps(given, 5) - 1]) for pair in given.pairs]
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
    _close(other.logp_P(batch), given.model.logp_P(batch))


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


LAWS: tuple[Law, ...] = (
    padding_changes_nothing,
    steps_equal_one_call,
    no_peeking,
    reorder_moves_hypotheses,
    select_keeps_sources,
    join_appends_sources,
    beams_share_the_memory,
    one_beam_is_greedy,
    wide_beam_is_exhaustive,
    one_equals_many,
    scores_are_the_models,
    every_parameter_learns,
    saving_keeps_everything,
    nothing_is_an_error,
)


def _steps(given: Sample, wanted: int) -> int:
    """As many steps as wanted, or as the decoder can take."""
    longest = given.model.decoder.longest
    return wanted if longest is None else min(wanted, longest)


def _requests(given: Sample, *, max_length: int) -> list[Request]:
    return [Request(id=row, source=pair.source, max_length=max_length) for row, pair in enumerate(given.pairs)]


def _logp(given: Sample, output: DecoderOutput, memory: Memory) -> Tensor:
    logp_PV = given.model.head(output.pick(), memory)
    return logp_PV.view(*output.hidden_NTD.shape[:2], -1)


def _source_tensors(state: State) -> Iterator[Tensor]:
    """The tensors of a state that have a row a source, by the suffix of their names."""
    for field in fields(state) if isinstance(state, Rows) else ():
        value = getattr(state, field.name)
        of_beam = field.name.rpartition("_")[2].startswith("N")
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
    first = _logp(given, output, memory)[..., :known]
    second = _logp(given, other, memory if other_memory is None else other_memory)[..., :known]
    _close(first, second)
