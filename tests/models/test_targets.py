"""The targets' log-probabilities without all the others."""

import pytest
import torch
from torch import Tensor

from seqloom.models.heads.targets import score_targets

NEVER = 2


def plain(logits_PV: Tensor, target_P: Tensor) -> tuple[Tensor, Tensor]:
    """As it is written in a book."""
    possible = torch.arange(logits_PV.shape[1]) != NEVER
    logp_PV = logits_PV.masked_fill(~possible, float("-inf")).log_softmax(-1)
    return logp_PV.gather(1, target_P[:, None])[:, 0], logp_PV[:, possible].mean(1)


def example(dtype: torch.dtype = torch.float64, *, scale: float = 3.0) -> tuple[Tensor, Tensor]:
    torch.manual_seed(1)
    return (torch.randn(6, 11) * scale).to(dtype), torch.tensor([0, 1, 3, 10, 4, 4])


@pytest.mark.parametrize("scale", [0.1, 3.0, 300.0])
def test_it_is_the_log_softmax(scale: float) -> None:
    logits_PV, target_P = example(scale=scale)
    logp_P, mean_P = plain(logits_PV, target_P)
    scored = score_targets(logits_PV.clone(), target_P, never=NEVER)
    torch.testing.assert_close(scored.logp_P, logp_P)
    torch.testing.assert_close(scored.mean_logp_P, mean_P)


def test_the_gradient_by_small_differences() -> None:
    logits_PV, target_P = example()

    def both(logits_PV: Tensor) -> tuple[Tensor, Tensor]:
        scored = score_targets(logits_PV.clone(), target_P, never=NEVER)
        return scored.logp_P, scored.mean_logp_P

    assert torch.autograd.gradcheck(both, logits_PV.requires_grad_())


@pytest.mark.parametrize("wanted", [(1.0, 0.0), (0.0, 1.0), (0.9, 0.1)])
def test_any_sum_of_the_two_has_the_book_s_gradient(wanted: tuple[float, float]) -> None:
    logits_PV, target_P = example()
    logits_PV.requires_grad_()
    weight_P = torch.rand(6, dtype=torch.float64)

    def gradient(logp_P: Tensor, mean_P: Tensor) -> Tensor:
        terms = [
            share * (weight_P * each_P).sum() for share, each_P in zip(wanted, (logp_P, mean_P), strict=True) if share
        ]
        [found] = torch.autograd.grad(torch.stack(terms).sum(), logits_PV)
        return found

    scored = score_targets(logits_PV * 1, target_P, never=NEVER)
    found = gradient(scored.logp_P, scored.mean_logp_P)
    torch.testing.assert_close(found, gradient(*plain(logits_PV, target_P)))
    assert found[:, NEVER].eq(0).all()


def test_half_precision_is_computed_in_single() -> None:
    logits_PV, target_P = example(torch.bfloat16)
    logits_PV.requires_grad_()
    scored = score_targets(logits_PV * 1, target_P, never=NEVER)
    assert scored.logp_P.dtype is torch.float32
    torch.testing.assert_close(scored.logp_P, plain(logits_PV.float(), target_P)[0])
    [found] = torch.autograd.grad(scored.logp_P.sum(), logits_PV)
    assert found.dtype is torch.bfloat16
