"""A language model beside a model, by its formula; and answers that follow it."""

from __future__ import annotations

import math

import pytest
import torch

from seqloom.core.errors import DecodingError
from seqloom.decoding.fusion import Fusion, SameSource
from seqloom.decoding.mix import check_same_tokens
from seqloom.decoding.request import Pair, Source, answer
from seqloom.decoding.search import Search

from .tables import EOS, Table, ask, run, source

NOTHING = source(4)


def by_hand(parts: list[tuple[Table, Source, float]], prefix: tuple[int, ...]) -> dict[int, float]:
    steps = [(weight, table.after(asked, prefix)) for table, asked, weight in parts]
    raw = {token: sum(weight * logps[token] for weight, logps in steps) for token in steps[0][1]}
    norm = math.log(sum(math.exp(each) for each in raw.values()))
    return {token: each - norm for token, each in raw.items()}


@pytest.mark.parametrize("internal", [False, True])
def test_fusion_follows_its_equation(internal: bool) -> None:
    model, lm, inner = Table(1, sharpness=1.0), Table(2, sharpness=1.0), Table(3, sharpness=1.0, longest=9)
    parts = [(model, source(3, 5), 1.0), (lm, NOTHING, 0.4)]
    fused = Fusion(model, SameSource(lm, NOTHING), weight=0.4)
    if internal:
        parts.append((inner, NOTHING, -0.3))
        other = SameSource(inner, NOTHING)
        fused = Fusion(model, SameSource(lm, NOTHING), weight=0.4, internal=other, internal_weight=0.3)
        assert fused.longest == 9
    said = Search(fused).score([Pair(source=source(3, 5), target=[4, 3]), Pair(source=source(3), target=[5])])[0]
    expected = [by_hand(parts, (4, 3)[:place])[token] for place, token in enumerate((4, 3, EOS))]
    assert said.token_logps == pytest.approx(expected, abs=1e-5)


def test_the_language_model_reads_its_own_source_whoever_asks_and_joins() -> None:
    model, lm = Table(1), Table(2)
    fused = Fusion(model, SameSource(lm, NOTHING), weight=0.7)
    asked = [ask(id, *[3 + id % 3] * (1 + id % 4), beams=2, nbest=2, attention=id % 2 == 0) for id in range(7)]
    together = run(Search(fused, max_rows=6), asked, [0, 0, 1, 2, 3, 3, 5])
    for request in asked:
        alone = answer(Search(fused), [request])[0]
        other = together.finished[request.id].answer
        assert (alone.tokens, alone.attention is None) == (other.tokens, other.attention is None)
        assert alone.token_logps == pytest.approx(other.token_logps, abs=1e-5)


def test_answers_follow_the_language_model() -> None:
    """The ablation: an undecided model says what the in-domain language model is used to."""
    for word in (3, 4, 5):
        undecided, lm = Table(1, sharpness=0.05), Table(2, sharpness=0.05)
        lm.logits[..., word] += 2.0
        lm.logits[:, :, word, EOS] += 5.0
        alone = answer(Search(undecided), [ask(0, beams=3, min_length=1)])[0]
        fused = Fusion(undecided, SameSource(lm, NOTHING), weight=1.0)
        with_it = answer(Search(fused), [ask(0, beams=3, min_length=1)])[0]
        assert with_it.tokens == (word,)
        faint = Fusion(undecided, SameSource(lm, NOTHING), weight=1e-6)
        assert answer(Search(faint), [ask(0, beams=3, min_length=1)])[0].tokens == alone.tokens


def test_own_words_of_a_source_are_unknown_to_the_language_model() -> None:
    model, lm = Table(1, copies=True, sharpness=1.0), Table(2, sharpness=1.0)
    asked = source(3, 4, copy=[6, 7])
    state = (fused := Fusion(model, SameSource(lm, NOTHING), weight=0.5)).start(batch(asked), beams=1)
    given = fused.step(torch.tensor([1]), state).logp_NV[0]
    own, lm_logps = model.after(asked, ()), lm.after(NOTHING, ())
    raw = {token: logp + 0.5 * lm_logps[token if token < 6 else 3] for token, logp in own.items()}
    norm = math.log(sum(math.exp(each) for each in raw.values()))
    assert {token: float(given[token]) for token in raw} == pytest.approx(
        {token: each - norm for token, each in raw.items()}, abs=1e-5
    )


def batch(asked: Source):  # type: ignore[no-untyped-def]
    from seqloom.decoding.collate import collate

    return collate([asked])


def test_what_the_internal_model_excludes_does_not_become_likely() -> None:
    model, lm, inner = Table(1, sharpness=1.0), Table(2, sharpness=1.0), Table(3, sharpness=1.0)
    inner.logits[..., 5] = -math.inf
    lm.logits[..., 5] = -math.inf
    fused = Fusion(
        model,
        SameSource(lm, NOTHING),
        weight=0.5,
        internal=SameSource(inner, NOTHING),
        internal_weight=0.5,
    )
    given = answer(Search(fused), [ask(0, beams=4, nbest=4)])[0]
    assert all(math.isfinite(each.logp) and 5 not in each.tokens for each in (given, *given.alternatives))


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda: Fusion(Table(), Table(size=7), weight=0.3), "must have one vocabulary"),
        (lambda: Fusion(Table(), Table(), weight=0.0), "`weights` must be above 0"),
        (lambda: Fusion(Table(), Table(), weight=0.3, internal=Table()), "Give both or neither"),
        (lambda: Fusion(Table(), Table(), weight=0.3, internal_weight=0.2), "Give both or neither"),
        (
            lambda: check_same_tokens({"a": ["<pad>", "der"], "b": ["<pad>", "die"]}),
            "its token 1 is 'der' in a and 'die' in b",
        ),
        (lambda: check_same_tokens({"a": ["x"], "b": ["x"], "c": []}), "its token 0 is 'x' in a and missing in c"),
    ],
)
def test_an_impossible_fusion_is_an_error(make: object, said: str) -> None:
    with pytest.raises(DecodingError, match=said):
        make()  # type: ignore[operator]


def test_same_tokens_are_fine() -> None:
    check_same_tokens({"a": ["x", "y"], "b": ("x", "y")})
