"""The copy head against See et al. 2017, equations 8 and 9, one word at a time."""

from dataclasses import replace

import numpy as np
import numpy.typing as npt
import pytest
import torch
from torch import Tensor
from torch.func import functional_call

from seqloom.core.errors import RecipeError
from seqloom.core.specials import Specials
from seqloom.models.heads import CopyHead, CopyHeadSettings, generator
from seqloom.nn.contracts import DecoderShape, Features
from seqloom.nn.embedding import EmbeddingSettings
from seqloom.nn.memory import Memory

Array = npt.NDArray[np.float64]
VOCABULARY = Specials(size=7)
SHAPE = DecoderShape(hidden=4, context=3, embedded=2)
COPY_BS = torch.tensor([[5, 7, 5, 8], [6, 7, 0, 0]])
"""Row 0 says a known word twice and two of its own (7 and 8); row 1 a known one and one of its own (another 7)."""
MASK = torch.tensor([[True, True, True, True], [True, True, False, False]])
ROW_P = torch.tensor([0, 0, 1, 1, 1])


def head() -> CopyHead:
    torch.manual_seed(1)
    embedding = EmbeddingSettings(width=2).build(VOCABULARY)
    made = CopyHeadSettings().build(decoder=SHAPE, embedding=embedding, tie=False).double()
    for parameter in made.parameters():
        parameter.data += 0.5 * torch.randn_like(parameter)
    return made


def memory(copy_BS: Tensor | None = COPY_BS) -> Memory:
    return Memory(states_BSD=torch.zeros(2, 4, 3, dtype=torch.float64), mask_BS=MASK, copy_BS=copy_BS)


def features() -> Features:
    torch.manual_seed(2)
    scores_PS = torch.randn(5, 4, dtype=torch.float64).masked_fill(~MASK[ROW_P], -torch.inf)
    attention_PS = scores_PS.softmax(-1)
    attention_PS[4] = 0  # this one attends to nothing
    sizes = (SHAPE.hidden, SHAPE.context, SHAPE.embedded)
    hidden, context, embedded = (torch.randn(5, size or 0, dtype=torch.float64) for size in sizes)
    return Features(hidden_PD=hidden, row_P=ROW_P, context_PD=context, embedded_PD=embedded, attention_PS=attention_PS)


def array(x: Tensor) -> Array:
    return x.detach().numpy()


def test_probabilities_are_those_of_the_paper() -> None:
    made, at = head(), features()
    found_PX = array(made(at, memory()).exp())
    assert found_PX.shape == (5, VOCABULARY.size + 4)
    for p in range(5):
        logits = array(made.generator.weight) @ array(at.hidden_PD[p]) + array(made.generator.bias)
        logits[VOCABULARY.pad] = -np.inf
        p_vocabulary = np.exp(logits) / np.exp(logits).sum()
        read = np.concatenate([array(x[p]) for x in (at.hidden_PD, at.context_PD, at.embedded_PD)])
        p_gen = 1 / (1 + np.exp(-(array(made.gate.weight)[0] @ read + array(made.gate.bias)[0])))
        if p == 4:
            p_gen = 1.0  # nothing attended to, nothing copied
        for word in range(VOCABULARY.size + 4):
            known = p_vocabulary[word] if word < VOCABULARY.size else 0.0
            places = [s for s in range(4) if MASK[ROW_P[p], s] and COPY_BS[ROW_P[p], s] == word]
            copied = sum(float(at.attention_PS[p, s]) for s in places)
            assert found_PX[p, word] == pytest.approx(p_gen * known + (1 - p_gen) * copied, abs=1e-12)
    np.testing.assert_allclose(found_PX.sum(-1), 1, rtol=0, atol=1e-12)


def test_own_words_can_be_said_and_no_others() -> None:
    logp_PX = head()(features(), memory())
    assert (logp_PX[:2, 7:9] > -torch.inf).all()
    assert (logp_PX[:2, 9:] == -torch.inf).all()
    assert (logp_PX[2:4, 7] > -torch.inf).all()
    assert (logp_PX[2:4, 8:] == -torch.inf).all()
    assert (logp_PX[4, 7:] == -torch.inf).all()
    assert (logp_PX[:, VOCABULARY.pad] == -torch.inf).all()


def test_source_without_copies_leaves_the_generator() -> None:
    made, at = head(), features()
    found_PX = made(at, memory(copy_BS=None))
    torch.testing.assert_close(found_PX[:, : VOCABULARY.size], made.generator(at, memory()), rtol=0, atol=1e-10)
    assert (found_PX[:, VOCABULARY.size :] == -torch.inf).all()


def test_shortlist_still_sums_to_one_with_own_words_behind() -> None:
    columns_V = torch.tensor([2, 5, 4])
    p_PX = head()(features(), memory(), columns_V=columns_V).exp()
    assert p_PX.shape == (5, 3 + 4)
    torch.testing.assert_close(p_PX.sum(-1), torch.ones(5, dtype=torch.float64))


def test_chunks_change_neither_scores_nor_gradients(monkeypatch: pytest.MonkeyPatch) -> None:
    made, at, target_P = head(), features(), torch.tensor([7, 5, 7, 6, 3])

    def run() -> tuple[Tensor, ...]:
        scored = made.score(at, memory(), target_P)
        learnt = torch.autograd.grad((scored.logp_P + scored.mean_logp_P).sum(), list(made.parameters()))
        return scored.logp_P, scored.mean_logp_P, *learnt

    whole = run()
    monkeypatch.setattr(generator, "_CHUNK", 2 * (VOCABULARY.size + 4))
    torch.testing.assert_close(run(), whole, rtol=0, atol=1e-12)


@pytest.mark.parametrize(
    "copy_BS", [COPY_BS, torch.tensor([[5, 5, -1, 8], [6, 7, -1, -1]]), None], ids=["words", "gaps", "nothing"]
)
@pytest.mark.parametrize("target", [[7, 5, 7, 6, 3], [5, 8, 6, 7, 4], [1, 2, 3, 4, 5]])
def test_scores_are_those_of_all_that_can_be_said(copy_BS: Tensor | None, target: list[int]) -> None:
    """Only the words of the source are looked at one by one, yet it is the same, and so are the gradients."""
    made, at, target_P = head(), features(), torch.tensor(target)
    scores_PS = torch.randn(5, 4, dtype=torch.float64).masked_fill(~MASK[ROW_P], -torch.inf).requires_grad_()
    at = replace(at, attention_PS=scores_PS.softmax(-1))
    scored, all_said = made.score(at, memory(copy_BS), target_P), generator.scored(made(at, memory(copy_BS)), target_P)
    can_be_said = all_said.logp_P > -torch.inf
    assert (scored.logp_P > -torch.inf).equal(can_be_said)
    leaves, slope_P = [scores_PS, *made.parameters()], torch.randn(5, dtype=torch.float64)
    for found_P, wanted_P in (
        (scored.logp_P[can_be_said], all_said.logp_P[can_be_said]),
        (scored.mean_logp_P, all_said.mean_logp_P),
    ):
        torch.testing.assert_close(found_P, wanted_P, rtol=0, atol=1e-12)
        found, wanted = (
            torch.autograd.grad(
                (each_P * slope_P[: len(each_P)]).sum(), leaves, retain_graph=True, materialize_grads=True
            )
            for each_P in (found_P, wanted_P)
        )
        torch.testing.assert_close(found, wanted, rtol=0, atol=1e-12)


def test_gradients_even_where_something_is_impossible() -> None:
    made, at = head(), features()
    names = [name for name, _ in made.named_parameters()]
    possible_PX = made(at, memory()) > -torch.inf

    def run(hidden: Tensor, context: Tensor, embedded: Tensor, attention: Tensor, *weights: Tensor) -> Tensor:
        changed = Features(
            hidden_PD=hidden, row_P=ROW_P, context_PD=context, embedded_PD=embedded, attention_PS=attention
        )
        logp_PX: Tensor = functional_call(made, dict(zip(names, weights, strict=True)), (changed, memory()))
        return logp_PX[possible_PX]

    assert at.context_PD is not None
    assert at.embedded_PD is not None
    assert at.attention_PS is not None
    # Small numbers everywhere, lest a step of gradcheck makes an impossible word possible.
    attention_PS = torch.where(MASK[ROW_P], at.attention_PS.clamp(min=0.05), 0.0)
    attention_PS = 0.9 * attention_PS / attention_PS.sum(-1, keepdim=True)
    leaves = [at.hidden_PD, at.context_PD, at.embedded_PD, attention_PS, *made.parameters()]
    assert torch.autograd.gradcheck(run, [leaf.detach().clone().requires_grad_() for leaf in leaves])

    logp_PX = made(at, memory())
    logp_PX[logp_PX > -torch.inf].sum().backward()
    assert all(parameter.grad.isfinite().all() for parameter in made.parameters() if parameter.grad is not None)


def test_decoder_that_attends_to_nothing_cannot_copy() -> None:
    with pytest.raises(RecipeError, match="needs a decoder that attends"):
        CopyHeadSettings().build(
            decoder=DecoderShape(hidden=4), embedding=EmbeddingSettings(width=2).build(VOCABULARY), tie=False
        )


def test_a_word_that_is_hardly_possible_has_a_number() -> None:
    """Far below what a float32 probability can hold, a word that cannot be copied keeps its log-probability."""
    made, at = head().float(), features()
    with torch.no_grad():
        made.generator.weight.zero_()
        assert made.generator.bias is not None
        made.generator.bias.zero_()
        made.generator.bias[5] = -300.0
    numbers = {name: value.float() for name, value in vars(at).items() if name.endswith(("_PD", "_PS"))}
    logp_PX = made(Features(row_P=at.row_P, **numbers), memory(torch.full_like(COPY_BS, 6)))
    assert logp_PX[:, 5].isfinite().all()
    assert (logp_PX[:, 5] < -250).all()
