"""Muon: what orthogonal makes, slabs of odd shapes, and agreement with torch's own where they say the same."""

import pytest
import torch
from torch import nn

from seqloom.training.muon import Muon, orthogonal


def test_singular_values_come_near_one_and_their_vectors_stay() -> None:
    x_GRC = torch.randn(3, 24, 40, generator=torch.Generator().manual_seed(1), dtype=torch.float64)
    left, given, right = torch.linalg.svd(x_GRC, full_matrices=False)
    found = left.mT @ orthogonal(x_GRC) @ right.mT
    values = found.diagonal(dim1=1, dim2=2)
    torch.testing.assert_close(found, torch.diag_embed(values))
    large = given / given.norm(dim=1, keepdim=True) > 0.021
    assert large.sum() > 60
    assert ((values - 1).abs()[large] < 0.1).all()


def test_nothing_to_learn_is_no_step() -> None:
    assert not orthogonal(torch.zeros(1, 4, 6)).any()


@pytest.mark.parametrize("shape", [(64, 64), (130, 70), (70, 300), (1, 9), (9, 1)])
def test_each_slab_is_a_matrix_of_its_own(shape: tuple[int, int]) -> None:
    torch.manual_seed(1)
    matrix = nn.Parameter(torch.randn(shape))
    whole = matrix.detach().clone()
    matrix.grad = torch.randn(shape)
    muon = Muon([{"params": [matrix], "weight_decay": 0.1}], momentum=0.9, nesterov=True, slab=64)
    muon.param_groups[0]["lr"] = 0.01
    muon.step()
    assert matrix.grad is not None
    way = matrix.grad * (0.1 + 0.1 * 0.9)  # gradient and momentum, which began with nothing
    wide, start = (way, whole) if shape[0] <= shape[1] else (way.T, whole.T)
    short, long = wide.shape
    parts = wide.tensor_split([]) if short <= 64 else wide.split(-(-short // (-(-short // 64))))
    steps = torch.cat([orthogonal(part[None])[0] for part in parts])
    expected = start * (1 - 0.01 * 0.1) - 0.01 * 0.2 * long**0.5 * steps
    torch.testing.assert_close(matrix.detach() if shape[0] <= shape[1] else matrix.detach().T, expected)


def test_whole_matrices_go_where_torch_s_own_goes() -> None:
    """Its polynomials leave singular values between 0.7 and 1.1, which shortens its ways, and it computes in bf16."""
    ours, theirs = (nn.Linear(32, 48, bias=False) for _ in range(2))
    theirs.load_state_dict(ours.state_dict())
    before = ours.weight.detach().clone()
    muon = Muon([{"params": [ours.weight], "weight_decay": 0.0}], momentum=0.95, nesterov=True, slab=0)
    torch_s = torch.optim.Muon([theirs.weight], lr=0.01, weight_decay=0.0, adjust_lr_fn="match_rms_adamw")
    muon.param_groups[0]["lr"] = 0.01
    for step in range(4):
        gradient = torch.randn(48, 32, generator=torch.Generator().manual_seed(step))
        ours.weight.grad, theirs.weight.grad = gradient, gradient.clone()
        muon.step()
        torch_s.step()
    gone, theirs_gone = ours.weight.detach() - before, theirs.weight.detach() - before
    assert nn.functional.cosine_similarity(gone.flatten(), theirs_gone.flatten(), dim=0) > 0.98
    assert float(gone.norm() / theirs_gone.norm()) == pytest.approx(1.15, abs=0.1)
