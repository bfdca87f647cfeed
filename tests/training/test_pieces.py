"""A batch in pieces: no row is lost, the gradient is the whole batch's, and threads change nothing."""

from collections.abc import Iterator
from dataclasses import replace
from itertools import islice

import pytest
import torch
from torch import Tensor, nn

from seqloom.models.encoder_decoder import EncoderDecoder
from seqloom.nn.chance import Dropout
from seqloom.nn.contracts import Batch
from seqloom.training.loop import Learner
from seqloom.training.objectives import CrossEntropySettings, RiskSettings
from seqloom.training.pieces import Team, pieces, team_for
from seqloom.training.settings import TrainingSettings

from .models import FAMILIES, batches, model

SETTINGS = TrainingSettings(steps=3, warmup=0, rate=1e-2, smoothing=0.1)


@pytest.fixture
def two_threads() -> Iterator[None]:
    before = torch.get_num_threads()
    torch.set_num_threads(2)
    yield
    torch.set_num_threads(before)


def batch() -> Batch:
    """With all that can stand in one."""
    whole = next(batches(60))
    text = whole.source.parts["text"]
    lengths_B = text.mask_BS.sum(1)
    places_S = torch.arange(text.mask_BS.shape[1])
    units_BU = torch.where(places_S < (lengths_B - 1)[:, None], places_S, -1)
    aligned_BTS = whole.keep_BT[:, :, None] & text.mask_BS[:, None]
    source = replace(whole.source, parts={"text": text, "text.pos": text}, copy_BS=text.values + 100, units_BU=units_BU)
    return replace(whole, source=source, alignment_BTS=aligned_BTS, read_BT=whole.inputs_BT + 100)


def rows(given: Batch) -> list[tuple[list[int], ...]]:
    """All that a row is, without padding."""
    found = []
    text = given.source.parts["text"]
    assert given.source.copy_BS is not None
    assert given.source.units_BU is not None
    assert given.read_BT is not None
    assert given.alignment_BTS is not None
    for row, (keep, mask) in enumerate(zip(given.target_mask_BT, text.mask_BS, strict=True)):
        units = given.source.units_BU[row]
        found.append(
            (
                given.target_BT[row][keep].tolist(),
                given.read_BT[row][keep[1:]].tolist(),
                text.values[row][mask].tolist(),
                given.source.parts["text.pos"].values[row][mask].tolist(),
                given.source.copy_BS[row][mask].tolist(),
                units[units >= 0].tolist(),
                given.alignment_BTS[row].sum(1)[keep[1:]].tolist(),
            )
        )
    return found


@pytest.mark.parametrize("count", [1, 2, 7, 60, 1000])
def test_no_row_is_lost_and_no_column_is_padding(count: int) -> None:
    whole = batch()
    cut = pieces(whole, count)
    assert len(cut) <= min(count, 60)
    assert len(cut) == count or count > 7
    assert sorted(row for piece in cut for row in rows(piece)) == sorted(rows(whole))
    if count > 1:
        for piece in cut:
            assert piece.target_mask_BT.any(0).all()
            assert piece.source.parts["text"].mask_BS.any(0).all()
            assert piece.source.units_BU is not None
            assert (piece.source.units_BU >= 0).any(0).all()


def test_pieces_are_about_as_large_and_hold_little_padding() -> None:
    whole = next(batches(200))
    cut = pieces(whole, 4)
    tokens = [int(piece.target_mask_BT.sum() + piece.source.parts["text"].mask_BS.sum()) for piece in cut]
    assert max(tokens) < 1.1 * min(tokens)
    assert sum(piece.target_mask_BT.numel() for piece in cut) < 0.85 * whole.target_mask_BT.numel()


def gradients(network: EncoderDecoder, given: Batch, team: Team) -> list[Tensor]:
    learner = Learner(network, SETTINGS)
    learner.team = team
    learner.learn([given], step=1, rate=1e-9)
    return [parameter.grad.clone() for parameter in learner.parameters if parameter.grad is not None]


def undropped(network: EncoderDecoder) -> EncoderDecoder:
    for part in network.modules():
        if isinstance(part, Dropout):
            part.rate = 0.0
    return network


@pytest.mark.parametrize("family", FAMILIES)
def test_the_gradient_is_the_whole_batch_s(family: str, two_threads: None) -> None:
    given = next(batches(120))
    whole = gradients(undropped(model(family)).double(), given, Team(1))
    shared = gradients(undropped(model(family)).double(), given, Team(2))
    assert len(Team(2).shares([given])) == 2
    for one, other in zip(whole, shared, strict=True):
        torch.testing.assert_close(one, other)


def test_a_gpu_takes_a_batch_as_it_is() -> None:
    given = next(batches(500))
    [[(_, whole)]] = team_for(model(), torch.device("cuda"), threads=0, alone=False).shares([given])
    assert whole is given
    [cut] = team_for(model(), torch.device("cpu"), threads=1, alone=False).shares([given])
    assert len(cut) > 1


def test_long_rows_walk_abreast() -> None:
    """Steps of a few long rows take as long as those of many; where nobody walks, tokens alone say what is cut."""
    given = next(batches(120))
    few = Team(1, most=100).shares([given])[0]
    assert len(few) > 6
    for least in (20, 50):
        abreast = Team(1, most=100, abreast=least).shares([given])[0]
        assert len(abreast) == 120 // least
    assert len(Team(1, most=100, abreast=1000).shares([given])[0]) == 1
    assert len(Team(2, most=100, abreast=1000).shares([given])) == 2
    cpu = torch.device("cpu")
    assert team_for(model("walking"), cpu, threads=1, alone=False).abreast > 1
    assert team_for(model("transformer"), cpu, threads=1, alone=False).abreast == 1


def test_the_same_bits_every_time(two_threads: None) -> None:
    """Which thread is the quicker one decides nothing, dropout included."""

    def learnt() -> list[float]:
        learner = Learner(model(), SETTINGS)
        return [learner.learn([each], step=step, rate=1e-2).loss for step, each in enumerate(islice(batches(120), 6))]

    first = learnt()
    assert all(learnt() == first for _ in range(3))


def test_a_failure_in_a_thread_is_told() -> None:
    def fail(number: int) -> int:
        if number == 1:
            raise ValueError("the second")
        return number

    with pytest.raises(ValueError, match="the second"):
        Team(2).each(fail, [0, 1])
    assert Team(2).each(abs, [-1, -2]) == [1, 2]


def test_each_of_a_team_has_one_of_torch_s_threads(two_threads: None) -> None:
    team = Team(2)
    assert team.each(lambda _: torch.get_num_threads(), [0, 1]) == [1, 1]
    assert torch.get_num_threads() == 2


def test_what_cannot_be_shared_is_not(two_threads: None) -> None:
    assert Learner(model(), SETTINGS).team.size == 2
    foreign = model()
    foreign.head.extra = nn.Sequential(nn.Dropout(0.1))  # draws from what all threads have in common
    assert Learner(foreign, SETTINGS).team.size == 1
    risk = replace(SETTINGS, objectives=(CrossEntropySettings(), RiskSettings()))
    assert Learner(model(), risk).team.size == 1, "it sets the model to answering and back"
