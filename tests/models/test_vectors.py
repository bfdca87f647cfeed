"""Real-valued sequences: the likelihood is the mean squared error, frames stack, and what cannot be is refused."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

from seqloom.core.errors import RecipeError
from seqloom.core.settings import parse
from seqloom.core.specials import Specials
from seqloom.data.batches import make_batch
from seqloom.decoding.request import Pair, Source
from seqloom.models.encoder_decoder import EncoderDecoder, ModelSettings
from seqloom.models.heads import VectorHead
from seqloom.models.sources import VectorSourceSettings
from seqloom.nn.contracts import Batch, Features
from seqloom.nn.memory import Memory, Part, SourceBatch
from seqloom.training.loop import train
from seqloom.training.objectives import CrossEntropy
from seqloom.training.settings import TrainingSettings

CHANNELS = 3
VECTORS = {"target": {"kind": "vectors", "width": 16}, "head": {"kind": "vectors"}}
NOTHING = Memory(states_BSD=torch.zeros(1, 1, 1), mask_BS=torch.ones(1, 1, dtype=torch.bool))


def head_and_targets(num_frames: int = 12, *, learns_spread: bool = False) -> tuple[VectorHead, Features, Tensor]:
    """A head, what it reads, and as many frames with their edges; every fourth is an end."""
    torch.manual_seed(1)
    head = VectorHead(8, channels=CHANNELS, learns_spread=learns_spread).double()
    at = Features(hidden_PD=torch.randn(num_frames, 8).double(), row_P=torch.zeros(num_frames, dtype=torch.long))
    target_PC = torch.randn(num_frames, CHANNELS + 1).double()
    target_PC[:, -1] = 0
    target_PC[3::4] = torch.eye(CHANNELS + 1)[-1].double()
    return head, at, target_PC


def model(**other: Any) -> EncoderDecoder:
    torch.manual_seed(1)
    settings = {
        "source": {"kind": "vectors", "width": 16},
        "encoder": {"kind": "recurrent", "width": 16},
        "decoder": {"kind": "recurrent", "width": 16},
        **VECTORS,
        **other,
    }
    vocabulary = Specials(size=4, channels=1)
    return parse(ModelSettings, settings).build(source=vocabulary, target=vocabulary)


def batch(series: list[list[float]], horizon: int) -> Batch:
    """Each series but its last frames, and those."""
    pairs = []
    for each in series:
        frames = np.array(each, dtype=np.float32)[:, None]
        pairs.append(Pair(source=Source(parts={"vectors": frames[:-horizon]}), target=frames[-horizon:]))
    return make_batch(pairs, vocabulary=Specials(size=4, channels=1))


def test_a_frame_is_a_unit_gaussian_and_its_end_a_coin() -> None:
    head, at, target_PC = head_and_targets()
    said_PC, logp_P = head(at, NOTHING), head.score(at, NOTHING, target_PC).logp_P
    for said_C, target_C, logp in zip(said_PC, target_PC, logp_P, strict=True):
        end = torch.sigmoid(said_C[-1])
        gaussian = torch.distributions.Normal(said_C[:-1], 1.0).log_prob(target_C[:-1]).sum()
        wanted = end.log() if target_C[-1] else (1 - end).log() + gaussian
        torch.testing.assert_close(logp, wanted)


def test_a_learnt_spread_is_that_of_the_gaussian() -> None:
    head, at, target_PC = head_and_targets(learns_spread=True)
    said, logp_P = head.density(at), head.score(at, NOTHING, target_PC).logp_P
    assert head(at, NOTHING).shape == target_PC.shape, "what is fed back has no spread"
    wanted_PC = torch.distributions.Normal(said.mean_PC, said.scale_PC).log_prob(target_PC[:, :-1])
    going_P = torch.nn.functional.logsigmoid(-said.odds_P)
    real_P = target_PC[:, -1] == 0
    torch.testing.assert_close(logp_P[real_P], (wanted_PC.sum(-1) + going_P)[real_P])
    torch.testing.assert_close(logp_P[~real_P], torch.nn.functional.logsigmoid(said.odds_P)[~real_P])


def test_a_spread_is_learnt_and_never_nothing() -> None:
    """Ones and zeros by chance are a half, give or take a half; what never changes is as narrow as it may be."""
    head = VectorHead(2, channels=1, learns_spread=True)
    at = Features(hidden_PD=torch.tensor([[1.0, 0.0], [1.0, 0.0], [0.0, 1.0]]), row_P=torch.zeros(3, dtype=torch.long))
    target_PC = torch.tensor([[0.0, 0.0], [1.0, 0.0], [5.0, 0.0]])
    optimizer = torch.optim.Adam(head.parameters(), lr=0.05)
    for _ in range(600):
        optimizer.zero_grad()
        (-head.score(at, NOTHING, target_PC).logp_P.sum()).backward()
        optimizer.step()
    chance, _, still = head.density(at).scale_PC[:, 0].tolist()
    assert chance == pytest.approx(0.5, abs=0.05)
    assert 0 < math.exp(-6) <= still < 0.1


def test_its_gradient_is_that_of_half_the_squared_error() -> None:
    head, at, target_PC = head_and_targets()
    [by_likelihood] = torch.autograd.grad(-head.score(at, NOTHING, target_PC).logp_P.sum(), [head.out.weight])
    real_P = target_PC[:, -1] == 0
    half_squares = (head(at, NOTHING)[real_P, :-1] - target_PC[real_P, :-1]).square().sum() / 2
    [by_squares] = torch.autograd.grad(half_squares, [head.out.weight])
    torch.testing.assert_close(by_likelihood[:-1], by_squares[:-1])
    assert by_likelihood[-1].abs().min() > 0, "the end learns too"


def test_the_score_is_right_by_finite_differences() -> None:
    head, at, target_PC = head_and_targets(4)
    weight = head.out.weight

    def logp_of(hidden_PD: Tensor) -> Tensor:
        return head.score(Features(hidden_PD=hidden_PD, row_P=at.row_P), NOTHING, target_PC).logp_P

    assert weight.dtype == torch.float64
    assert torch.autograd.gradcheck(logp_of, (at.hidden_PD.requires_grad_(),))


def test_the_loss_of_a_batch_is_the_mean_squared_error_and_what_the_end_costs() -> None:
    net, given = model().eval(), batch([[0.0, 1.0, 2.0, 3.0, 4.0], [1.0, 0.0, 1.0, 0.0]], 2)
    loss = CrossEntropy()(net(given))
    said_BTC = net.head(net(given).output.pick(), NOTHING).view(2, 3, 2)
    squares = (said_BTC[:, :2, 0] - given.outputs_BT[:, :2, 0]).square().sum()
    ends = torch.nn.functional.binary_cross_entropy_with_logits(
        said_BTC[..., 1], given.outputs_BT[..., 1], reduction="sum"
    )
    torch.testing.assert_close(loss.total, squares / 2 + 4 / 2 * math.log(2 * math.pi) + ends)
    assert int(loss.count) == 6


def test_the_first_frame_read_is_no_frame_of_zeros() -> None:
    """Normalised data has many of those."""
    given = batch([[0.0, 0.0, 0.0]], 2)
    assert given.inputs_BT.tolist() == [[[0, 1], [0, 0], [0, 0]]]
    assert given.outputs_BT.tolist() == [[[0, 0], [0, 0], [0, 1]]]
    net = model().eval()
    first, second = net.decoder.embedding(given.inputs_BT)[0, :2]
    assert (first - second).abs().max() > 0.1


def test_frames_stack_into_positions() -> None:
    torch.manual_seed(1)
    source = VectorSourceSettings(width=5, stack=3).build(Specials(size=4, channels=2))
    frames = torch.randn(2, 7, 2)
    mask_BS = torch.arange(7) < torch.tensor([7, 4])[:, None]
    units_BU = torch.tensor([[0, 3, 6], [3, -1, -1]])
    memory = source(SourceBatch(parts={"vectors": Part(values=frames, mask_BS=mask_BS)}, units_BU=units_BU))
    assert memory.mask_BS.tolist() == [[True, True, True], [True, True, False]]
    assert memory.units_BU is not None
    assert memory.units_BU.tolist() == [[0, 1, 2], [1, -1, -1]]
    last = torch.cat([frames[1, 3], torch.zeros(4)])  # the row's fourth frame, and nothing of the padding behind it
    torch.testing.assert_close(memory.states_BSD[1, 1], source.into(last))
    torch.testing.assert_close(memory.states_BSD[0, 0], source.into(frames[0, :3].flatten()))


def test_a_model_learns_to_go_on_and_where_to_end() -> None:
    """Lines go on as lines: the constant that fits best is more than thirty times as far off."""
    torch.manual_seed(1)
    rows = [[start + slope * place for place in range(12)] for start in (-1, 0, 1) for slope in (-0.2, -0.1, 0.1, 0.2)]
    given = batch(rows, 4)
    net = model()
    for _ in train(net, [given] * 150, TrainingSettings(steps=150, warmup=20, rate=0.01)):
        pass
    net.eval()
    said_PC = net.head(net(given).output.pick(given.keep_BT), NOTHING)
    target_PC = given.outputs_BT[given.keep_BT]
    real_P = target_PC[:, -1] == 0
    error = (said_PC[real_P, 0] - target_PC[real_P, 0]).square().mean()
    spread = target_PC[real_P, 0].var(correction=0)
    assert error < spread / 30
    assert ((said_PC[:, -1] > 0) == ~real_P).all(), "it knows where a series ends"


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"head": {"kind": "vectors"}}, 'target.kind must be "vectors" with `head.kind` "vectors"'),
        (
            {"target": {"kind": "vectors"}},
            'head.kind must be "vectors" with `target.kind` "vectors", but is "generator"',
        ),
        ({**VECTORS, "tie": "output"}, 'tie must be "none" with `target.kind` "vectors", but is "output"'),
        ({"source": {"kind": "vectors"}, "tie": "all"}, 'tie must not be "all" with `source.kind` "vectors"'),
        (
            {"source": {"kind": "vectors"}, "head": {"kind": "copy"}},
            'source.kind must be one of "text"',
        ),
    ],
)
def test_parts_that_cannot_work_together_are_one_line(settings: dict[str, Any], said: str) -> None:
    with pytest.raises(RecipeError, match=said) as raised:
        parse(ModelSettings, settings)
    assert len(str(raised.value).splitlines()) == 1


@pytest.mark.parametrize("side", ["source", "target"])
def test_the_data_must_be_what_the_model_reads(side: str) -> None:
    text, frames = Specials(size=9), Specials(size=4, channels=2)
    wanted = parse(ModelSettings, VECTORS if side == "target" else {"source": {"kind": "vectors"}})
    with pytest.raises(RecipeError, match=f"`model.{side}.kind` must be"):
        wanted.build(source=text, target=text)
    with pytest.raises(RecipeError, match=f"`model.{side}.kind` must be"):
        ModelSettings().build(**{"source": text, "target": text, side: frames})
