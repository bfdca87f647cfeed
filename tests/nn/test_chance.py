"""Dropout and the other draws: how often, how much, and whose."""

from concurrent.futures import ThreadPoolExecutor

import pytest
import torch
from torch import Tensor, nn

from seqloom.nn import chance


@pytest.mark.parametrize("rate", [0.001, 0.1, 0.3, 0.9])
def test_so_many_are_dropped_and_the_mean_stays(rate: float) -> None:
    with chance.begun(1):
        dropped = chance.dropout(torch.ones(1000, 1001), rate)
    assert (dropped == 0).float().mean().item() == pytest.approx(rate, abs=0.002)
    assert dropped.unique().tolist() == [0, pytest.approx(1 / (1 - rate), rel=1e-3)]
    assert dropped.mean().item() == pytest.approx(1, abs=0.005)


def test_the_gradient_is_dropped_where_the_number_is() -> None:
    x = torch.ones(40, 7, dtype=torch.float64, requires_grad=True)
    with chance.begun(1):
        dropped = chance.dropout(x, 0.5)
    dropped.sum().backward()
    assert x.grad is not None
    assert x.grad.equal(dropped.detach())


def test_nothing_and_everything() -> None:
    x = torch.randn(5, 3)
    assert chance.dropout(x, 0.0) is x
    assert chance.dropout(x, 0.5, training=False) is x
    assert chance.dropout(x, 1.0).eq(0).all()
    assert chance.Dropout(0.5).eval()(x) is x


def test_a_seed_is_all_that_it_hangs_on() -> None:
    def drawn(seed: int) -> list[Tensor]:
        like = torch.zeros(9, 5)
        with chance.begun(seed):
            made = [chance.dropout(like + 1, 0.5), chance.uniform(like), chance.normal(like), chance.poisson(like, 3.0)]
            return [*made, torch.tensor(chance.seeds(4))]

    first = drawn(1)
    torch.manual_seed(9)
    assert all(one.equal(other) for one, other in zip(first, drawn(1), strict=True))
    assert not any(one.equal(other) for one, other in zip(first, drawn(2), strict=True))


def test_threads_side_by_side_do_not_disturb_one_another() -> None:
    def drawn(seed: int) -> Tensor:
        with chance.begun(seed):
            return torch.stack(
                [chance.dropout(torch.ones(50, 50), 0.5) + chance.normal(torch.ones(50, 50)) for _ in range(9)]
            )

    alone = [drawn(seed) for seed in range(8)]
    with ThreadPoolExecutor(4) as threads:
        together = list(threads.map(drawn, range(8)))
    assert all(one.equal(other) for one, other in zip(alone, together, strict=True))


def test_without_a_purpose_it_draws_where_torch_does() -> None:
    layer = nn.Sequential(chance.Dropout(0.5))

    def drawn() -> Tensor:
        torch.manual_seed(3)
        return torch.stack([layer(torch.ones(30)), chance.uniform(torch.ones(30))])

    assert drawn().equal(drawn())
    assert not layer(torch.ones(30)).equal(layer(torch.ones(30)))


def test_a_purpose_within_another_leaves_it_as_it_was() -> None:
    def drawn(*, interrupted: bool) -> Tensor:
        with chance.begun(1):
            first = chance.uniform(torch.ones(5))
            if interrupted:
                with chance.begun(2):
                    chance.uniform(torch.ones(5))
            return torch.stack([first, chance.uniform(torch.ones(5))])

    assert drawn(interrupted=True).equal(drawn(interrupted=False))
