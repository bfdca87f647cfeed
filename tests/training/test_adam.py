"""AdamW without torch's optimizer around it."""

import subprocess
import sys
from copy import deepcopy
from typing import Any

import torch
from torch import nn

from seqloom.training.adam import FusedAdamW


def groups(model: nn.Module) -> list[dict[str, Any]]:
    parameters = list(model.parameters())
    return [
        {"params": [each for each in parameters if each.dim() > 1], "weight_decay": 0.1},
        {"params": [each for each in parameters if each.dim() <= 1], "weight_decay": 0.0},
    ]


def steps(model: nn.Module, optimizer: FusedAdamW | torch.optim.AdamW, number: int) -> None:
    for step in range(number):
        model.zero_grad()
        model(torch.linspace(-1, 1, 35).view(5, 7)).square().sum().backward()
        for group in optimizer.param_groups:
            group["lr"] = 0.01 * (step + 1)
        optimizer.step()


def test_it_is_torchs_own_bit_for_bit_before_and_after_a_stop() -> None:
    torch.manual_seed(1)
    ours = nn.Sequential(nn.Linear(7, 9), nn.ReLU(), nn.Linear(9, 3))
    theirs = deepcopy(ours)
    optimizer = FusedAdamW(groups(ours), betas=(0.9, 0.98), eps=1e-8)
    other = torch.optim.AdamW(groups(theirs), betas=(0.9, 0.98), eps=1e-8, fused=True)
    steps(ours, optimizer, 3)
    steps(theirs, other, 3)
    resumed = FusedAdamW(groups(ours), betas=(0.9, 0.98), eps=1e-8)
    resumed.load_state_dict(optimizer.state_dict())
    steps(ours, resumed, 2)
    steps(theirs, other, 2)
    assert all(torch.equal(one, two) for one, two in zip(ours.parameters(), theirs.parameters(), strict=True))
    state, expected = resumed.state_dict()["state"], other.state_dict()["state"]
    assert all(torch.equal(state[key][name], expected[key][name]) for key in expected for name in expected[key])


def test_a_parameter_without_a_gradient_stays() -> None:
    idle = nn.Parameter(torch.ones(2))
    FusedAdamW([{"params": [idle], "weight_decay": 0.1}], betas=(0.9, 0.98), eps=1e-8).step()
    assert idle.tolist() == [1, 1]


def test_torchs_compiler_is_not_imported() -> None:
    program = (
        "import sys, torch; from seqloom.training.adam import FusedAdamW; w = torch.nn.Parameter(torch.ones(2));"
        "o = FusedAdamW([{'params': [w], 'weight_decay': 0.0}], betas=(0.9, 0.98), eps=1e-8);"
        "w.sum().backward(); o.step(); sys.exit('torch._dynamo' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", program]).returncode == 0
