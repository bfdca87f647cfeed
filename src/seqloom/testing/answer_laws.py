"""Laws of search over a model: what is found, and that company changes nothing."""

from __future__ import annotations

import itertools
from dataclasses import replace

import torch

from seqloom.decoding.collate import collate
from seqloom.decoding.request import (
    BeamSearch,
    ExactSearch,
    Finished,
    LengthPenalty,
    Paths,
    Piece,
    Request,
    SearchKind,
    Viterbi,
)
from seqloom.decoding.search import Search, answer
from seqloom.models.stepper import ModelStepper
from seqloom.testing.samples import FIRST_WORD, Sample, close, walk

__all__ = [
    "one_beam_is_greedy",
    "one_equals_many",
    "rollout_reads_its_own_means",
    "scores_are_the_models",
    "wide_beam_is_exhaustive",
]


@torch.inference_mode()
def one_beam_is_greedy(given: Sample) -> None:
    """Beam 1 says what ten lines say that know nothing of states: read all, take the likeliest, again."""
    if given.vectors:
        return  # its greedy search is the rollout, which has a law of its own
    limit = 3
    given = replace(given, pairs=given.pairs[:2])
    found = answer(Search(ModelStepper(given.model)), _requests(given, max_length=limit))
    for pair, got in zip(given.pairs, found, strict=True):
        memory = given.model.encode(collate([pair.source]))
        tokens = [given.vocabulary.bos]
        while len(tokens) <= given.steps(limit + 1) and tokens[-1] != given.vocabulary.eos:
            state = given.model.decoder.start(memory, attention=given.model.head.attention)
            logp_V = given.logp(given.model.decoder(torch.tensor([tokens]), state), memory)[0, -1]
            logp_V[given.vocabulary.bos] = float("-inf")
            last = len(tokens) == given.steps(limit + 1)
            tokens.append(given.vocabulary.eos if last else int(logp_V.argmax()))
        assert got.tokens == tuple(tokens[1:-1]), f"{got.tokens} is not the greedy {tuple(tokens[1:-1])}"


@torch.inference_mode()
def rollout_reads_its_own_means(given: Sample) -> None:
    """A real-valued answer is what ten lines say that know nothing of states: read all, take the mean, again."""
    if not given.vectors:
        return
    limit = given.steps(4) - 1
    for pair, got in zip(given.pairs, answer(given.engine(), _requests(given, max_length=limit)), strict=True):
        memory = given.model.encode(collate([pair.source]))
        read_1TC = given.tokens(1, 1)
        while True:
            state = given.model.decoder.start(memory, attention=given.model.head.attention)
            said_C = given.logp(given.model.decoder(read_1TC, state), memory)[0, -1]
            made = read_1TC.shape[1] - 1
            if made == limit or (made and said_C[-1] > 0):
                break
            said_C[-1] = 0
            read_1TC = torch.cat([read_1TC, said_C[None, None]], 1)
        close(torch.tensor(got.frames, dtype=torch.float64), read_1TC[0, 1:, :-1])


@torch.inference_mode()
def wide_beam_is_exhaustive(given: Sample) -> None:
    """With a beam as wide as there are sequences, the n best are the n best of all; exact searches need none."""
    if given.vectors:
        return  # there is no end of sequences
    [pair] = given.pairs[-1:]
    vocabulary, limit, penalty = given.vocabulary, given.steps(3) - 1, LengthPenalty(kind="average")
    source = collate([pair.source])
    first = walk(given, source, given.tokens(1, 1))
    copies = given.logp(first, given.model.encode(source)).shape[-1] > vocabulary.size
    own = {word for word in pair.source.copy or () if word >= vocabulary.size} if copies else set()
    words = [vocabulary.unk, *range(FIRST_WORD, vocabulary.size), *sorted(own)]
    request = Request(
        id=0, source=pair.source, beams=(len(words) + 1) ** limit, nbest=4, length_penalty=penalty, max_length=limit
    )
    stepper = ModelStepper(given.model)
    exact = replace(request, id=1, beams=4, search=ExactSearch(width=3))
    company = replace(exact, id=2, source=given.pairs[0].source)  # states at different depths are joined and parted
    viterbi = [replace(exact, id=3, search=Viterbi())] if stepper.order in (0, 1) else []
    found, exactly, _, *by_viterbi = answer(Search(stepper), [request, exact, company, *viterbi])
    every = [said for length in range(limit + 1) for said in itertools.product(words, repeat=length)]
    batch = replace(given, pairs=tuple(replace(pair, target=said) for said in every)).batch
    logps = given.model.logp_P(batch).split([len(said) + 1 for said in every])
    scored = [(float(logp.sum()) / penalty(len(said) + 1), said) for logp, said in zip(logps, every, strict=True)]
    best = sorted(scored, reverse=True)[:4]
    for answered in (found, exactly, *by_viterbi):
        got = [(one.score, one.tokens) for one in (answered, *answered.alternatives)]
        close([score for score, _ in got], [score for score, _ in best])
        assert got[0][1] == best[0][1], f"{got[0][1]} is not the best, {best[0][1]}"


@torch.inference_mode()
def one_equals_many(given: Sample) -> None:
    """A source is answered alike alone, in a batch, and joining a running one."""
    for search in (BeamSearch(), Paths(paths=3)) if given.vectors else (BeamSearch(),):
        _alone_and_together(given, search)


def _alone_and_together(given: Sample, search: SearchKind) -> None:
    requests = [replace(request, beams=2, search=search) for request in _requests(given, max_length=3)]
    engine = given.engine()
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
        close(one.frames, other.frames)
        close([*one.quantiles.values()], [*other.quantiles.values()])
        close(one.score, other.score)


@torch.inference_mode()
def scores_are_the_models(given: Sample) -> None:
    """The log-probability of a given target, step by step, is the model's own in one call."""
    pairs = [replace(pair, target=pair.target[: given.steps(5) - 1]) for pair in given.pairs]
    scored = given.engine().score(pairs)
    logp_P = given.model.logp_P(replace(given, pairs=tuple(pairs)).batch)
    close([logp for score in scored for logp in score.token_logps], logp_P.tolist())


def _requests(given: Sample, *, max_length: int) -> list[Request]:
    return [Request(id=row, source=pair.source, max_length=max_length) for row, pair in enumerate(given.pairs)]
