"""Viterbi: every label sequence is found, though few hypotheses are held."""

from __future__ import annotations

import math

import pytest
import torch

from seqloom.core.errors import DecodingError
from seqloom.core.specials import Specials
from seqloom.decoding.collate import collate
from seqloom.decoding.constraints.basic import AllowedSet, ForcedPrefix
from seqloom.decoding.mix import LogLinear, Mean
from seqloom.decoding.request import EVERYTHING, AllBut, Allowed, Answer, BeamSearch, LengthPenalty, Viterbi, answer
from seqloom.decoding.search import Search
from seqloom.models.decoders import AlignedDecoderSettings
from seqloom.models.encoder_decoder import ModelSettings
from seqloom.models.encoders import RecurrentEncoderSettings
from seqloom.models.sources import TextSourceSettings
from seqloom.models.stepper import ModelStepper
from seqloom.nn.embedding import EmbeddingSettings

from .tables import EOS, Plain, Table, ask, every_answer, run, source


def assert_best(given: Answer, expected: list[Plain]) -> None:
    answers = (given, *given.alternatives)
    by_tokens = {plain.tokens: plain for plain in expected}
    assert len({each.tokens for each in answers}) == len(answers)
    for each, plain in zip(answers, expected, strict=False):  # the same labels in another order may score the same
        assert each.score == pytest.approx(plain.score, abs=1e-4)
        assert each.score == pytest.approx(by_tokens[each.tokens].score, abs=1e-4)
        assert each.token_logps == pytest.approx(by_tokens[each.tokens].logps, abs=1e-4)


@pytest.mark.parametrize("nbest", [1, 3])
@pytest.mark.parametrize("kind", ["none", "average", "wu"])
def test_it_finds_what_exhaustive_search_finds(nbest: int, kind: str) -> None:
    penalty = LengthPenalty(kind=kind)  # type: ignore[arg-type]
    for seed in range(8):
        table = Table(seed, order=1, sharpness=1.0)
        request = ask(0, nbest=nbest, search=Viterbi(), length_penalty=penalty, min_length=seed % 3)
        given = answer(Search(table), [request])[0]
        assert len(given.alternatives) == nbest - 1
        assert_best(given, every_answer(table, request))


def late_reward() -> Table:
    """Three labels look good at first; the fourth alone leads to what is certain, three steps later."""
    table = Table(keys=1, order=1, size=8)
    table.logits[:] = -30
    table.logits[0, :, 1, [3, 4, 5, 6]] = torch.tensor([1.0, 0.9, 0.8, 0.0])
    for label in (3, 4, 5):
        table.logits[0, :, label, [3, 4, 5]] = 0.0
        table.logits[0, :, label, EOS] = -0.5
    table.logits[0, :, 6, 7] = 9.0
    table.logits[0, :, 7, EOS] = 9.0
    return table


def test_it_finds_what_a_beam_gives_up() -> None:
    table = late_reward()
    beam = ask(0, beams=2, max_length=4, min_length=2, length_penalty=LengthPenalty(kind="none"))
    exact = ask(0, max_length=4, min_length=2, length_penalty=LengthPenalty(kind="none"), search=Viterbi())
    narrow, found = answer(Search(table), [beam])[0], answer(Search(table), [exact])[0]
    assert_best(found, every_answer(table, exact))
    assert found.tokens == (6, 7)
    assert narrow.score < found.score - 1


class NoRepeat:
    """The label before may not be said again: a state is the last label."""

    def start(self) -> int:
        return -1

    def allowed(self, state: int) -> Allowed:
        return EVERYTHING if state < 0 else AllBut(frozenset({state}))

    def advance(self, state: int, token: int) -> int:
        return token

    def missing(self, state: int) -> int:
        return 0


class Parity:
    """An even number of 3s: two states for every label."""

    def start(self) -> int:
        return 0

    def allowed(self, state: int) -> Allowed:
        return EVERYTHING

    def advance(self, state: int, token: int) -> int:
        return state ^ (token == 3)

    def missing(self, state: int) -> int:
        return state


class Everywhere:
    """Remembers all that was said, so that no two hypotheses are one."""

    def start(self) -> tuple[int, ...]:
        return ()

    def allowed(self, state: tuple[int, ...]) -> Allowed:
        return EVERYTHING

    def advance(self, state: tuple[int, ...], token: int) -> tuple[int, ...]:
        return (*state, token)

    def missing(self, state: tuple[int, ...]) -> int:
        return 0


@pytest.mark.parametrize(
    "constraints",
    [(NoRepeat(),), (ForcedPrefix([4, 4]),), (AllowedSet([3, 5]), NoRepeat()), (Parity(),)],
    ids=["no repeat", "prefix", "set and no repeat", "parity"],
)
def test_only_hypotheses_in_one_state_of_the_constraints_are_merged(constraints: tuple[object, ...]) -> None:
    for seed in range(8):
        table = Table(seed, order=1, sharpness=1.0)
        table.logits[..., 3] += 2
        request = ask(0, search=Viterbi(), beams=16, constraints=constraints, nbest=2)
        assert_best(answer(Search(table), [request])[0], every_answer(table, request))


def test_states_that_do_not_fit_fail_that_request_alone() -> None:
    table = Table(order=1)
    asked = [ask(0, search=Viterbi()), ask(1, search=Viterbi(), constraints=(Everywhere(),)), ask(2, search=Viterbi())]
    outcome = run(Search(table), asked)
    assert sorted(outcome.finished) == [0, 2]
    assert '`search` "viterbi" must keep 6 hypotheses at most, but `constraints` tell' in outcome.failed[1]


def test_own_words_of_a_source_are_labels_like_others() -> None:
    table = Table(1, order=1, copies=True, sharpness=1.0)
    request = ask(0, search=Viterbi(), nbest=3, source=source(3, 4, copy=[6, 7]), max_length=4)
    assert_best(answer(Search(table), [request])[0], every_answer(table, request))


def test_more_than_one_token_of_memory_is_refused_in_one_line() -> None:
    outcome = run(Search(Table()), [ask(0, search=Viterbi()), ask(1)])
    assert list(outcome.finished) == [1]
    assert 'a step must depend on the last token alone for `search` "viterbi"' in outcome.failed[0]
    assert "hypotheses" in str(Search(Table(order=1)).refuses(ask(0, search=Viterbi(most=3))))
    assert "`coverage_penalty` must be 0" in str(
        Search(Table(order=1)).refuses(ask(0, search=Viterbi(), coverage_penalty=0.1))
    )
    with pytest.raises(DecodingError, match="last token alone"):
        answer(Search(Mean([Table(order=1), Table()])), [ask(0, search=Viterbi())])


def test_a_mix_remembers_as_much_as_its_members() -> None:
    tables = [Table(1, order=1, sharpness=1.0), Table(2, order=0, sharpness=1.0)]
    mixed = LogLinear(tables, [1.0, 0.5])
    assert mixed.order == 1
    wide = ask(0, beams=300)
    exact = ask(0, search=Viterbi())
    assert answer(Search(mixed), [wide])[0].tokens == answer(Search(mixed), [exact])[0].tokens


@pytest.mark.parametrize("previous", [True, False])
def test_the_aligned_decoder_says_how_far_it_looks_back(previous: bool) -> None:
    torch.manual_seed(0)
    specials = Specials(size=9)
    model = ModelSettings(
        source=TextSourceSettings(width=12),
        encoder=RecurrentEncoderSettings(width=12),
        target=EmbeddingSettings(width=12),
        decoder=AlignedDecoderSettings(width=12, previous=previous),
    ).build(source=specials, target=specials)
    stepper = ModelStepper(model.eval())
    assert stepper.order == int(previous)
    engine = Search(stepper, max_rows=40)
    penalty = LengthPenalty(kind="none")
    for length in (1, 2, 4):
        asked = source(*range(4, 4 + length))
        wide = ask("wide", source=asked, beams=400, length_penalty=penalty, max_length=3)
        exact = ask("exact", source=asked, search=Viterbi(), length_penalty=penalty, max_length=3)
        [widest], [found] = answer(engine, [wide]), answer(engine, [exact])
        assert found.tokens == widest.tokens
        assert found.logp == pytest.approx(widest.logp, abs=1e-5)


def test_the_model_declares_nothing_by_default() -> None:
    specials = Specials(size=9)
    stepper = ModelStepper(ModelSettings().build(source=specials, target=specials))
    assert stepper.order is None
    state = stepper.start(collate([source(4, 5)]), beams=1)
    with torch.no_grad():
        assert math.isfinite(float(stepper.step(torch.tensor([1]), state).logp_NV.logsumexp(-1)))
    assert BeamSearch().fault(ask(0), order=None, size=9) is None
