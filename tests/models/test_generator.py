"""The generator: all at once, in chunks, over a shortlist; never a probability for padding, never all logits."""

import pytest
import torch
from torch import Tensor

from seqloom.core.specials import Specials
from seqloom.models.heads import Generator, GeneratorSettings, generator
from seqloom.nn.contracts import DecoderShape, Features, Scored
from seqloom.nn.embedding import EmbeddingSettings
from seqloom.nn.memory import Memory

VOCABULARY = Specials(size=50)
WIDTH, NUM_POSITIONS = 4, 40
MEMORY = Memory(states_BSD=torch.zeros(1, 1, 1), mask_BS=torch.ones(1, 1, dtype=torch.bool))


def head(*, tie: bool = False, hidden: int = WIDTH) -> Generator:
    torch.manual_seed(1)
    embedding = EmbeddingSettings(width=WIDTH).build(VOCABULARY)
    made = GeneratorSettings().build(decoder=DecoderShape(hidden=hidden), embedding=embedding, tie=tie)
    assert made.bias is not None
    torch.nn.init.normal_(made.bias)
    return made


def features(hidden: int = WIDTH) -> Features:
    torch.manual_seed(2)
    return Features(
        hidden_PD=torch.randn(NUM_POSITIONS, hidden, requires_grad=True),
        row_P=torch.zeros(NUM_POSITIONS, dtype=torch.long),
    )


def targets() -> Tensor:
    torch.manual_seed(3)
    return torch.randint(1, VOCABULARY.size, (NUM_POSITIONS,))


def gradients(made: Generator, at: Features, scored: Scored) -> tuple[Tensor, ...]:
    leaves = [at.hidden_PD, *made.parameters()]
    return torch.autograd.grad((scored.logp_P.sin() + scored.mean_logp_P).sum(), leaves)


def test_probabilities_are_a_softmax_without_padding() -> None:
    made, at = head(), features()
    p_PV = made(at, MEMORY).exp()
    assert p_PV[:, VOCABULARY.pad].abs().max() == 0
    real = [token for token in range(VOCABULARY.size) if token != VOCABULARY.pad]
    wanted = (at.hidden_PD @ made.weight.T + made.bias)[:, real].softmax(-1)
    torch.testing.assert_close(p_PV[:, real], wanted)


def test_scores_are_those_of_the_targets_and_the_mean_over_what_is_possible() -> None:
    made, at = head(), features()
    logp_PV, scored = made(at, MEMORY), made.score(at, MEMORY, targets())
    for position, target in enumerate(targets().tolist()):
        torch.testing.assert_close(scored.logp_P[position], logp_PV[position, target])
        possible = [token for token in range(VOCABULARY.size) if token != VOCABULARY.pad]
        torch.testing.assert_close(scored.mean_logp_P[position], logp_PV[position, possible].mean())


@pytest.mark.parametrize("tie", [False, True])
@pytest.mark.parametrize("positions_at_once", [1, 7, 20, 39])
def test_chunks_change_neither_scores_nor_gradients(
    positions_at_once: int, tie: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    made, at = head(tie=tie), features()
    whole = made.score(at, MEMORY, targets())
    monkeypatch.setattr(generator, "_CHUNK", positions_at_once * VOCABULARY.size)
    parts = made.score(at, MEMORY, targets())
    torch.testing.assert_close(parts.logp_P, whole.logp_P)
    torch.testing.assert_close(parts.mean_logp_P, whole.mean_logp_P)
    torch.testing.assert_close(gradients(made, at, parts), gradients(made, at, whole))


def test_chunks_never_keep_all_logits(monkeypatch: pytest.MonkeyPatch) -> None:
    made, at = head(), features()
    sizes: list[int] = []

    def note(x: Tensor) -> Tensor:
        sizes.append(x.numel())
        return x

    def kept() -> int:
        sizes.clear()
        with torch.autograd.graph.saved_tensors_hooks(note, lambda x: x):
            made.score(at, MEMORY, targets())
        return max(sizes, default=0)

    assert kept() >= NUM_POSITIONS * VOCABULARY.size, "in one piece, all of them are kept for the gradient"
    monkeypatch.setattr(generator, "_CHUNK", 5 * VOCABULARY.size)
    assert kept() <= 5 * VOCABULARY.size


def test_dropout_in_chunks_is_the_same_when_made_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """The backward pass makes each chunk a second time; with another mask the gradient would be another function's."""
    embedding = EmbeddingSettings(width=WIDTH).build(VOCABULARY)
    settings = GeneratorSettings(dropout=0.5)
    made, at = settings.build(decoder=DecoderShape(hidden=WIDTH), embedding=embedding, tie=False), features()
    monkeypatch.setattr(generator, "_CHUNK", 7 * VOCABULARY.size)
    scored = made.score(at, MEMORY, targets())
    (gradient_PD,) = torch.autograd.grad(scored.logp_P.sum(), [at.hidden_PD], retain_graph=True)
    # Where an entry was dropped nothing depends on it; elsewhere it is doubled. Both show in the score itself.
    dropped_PD = gradient_PD == 0
    assert 0.3 < dropped_PD.float().mean() < 0.7
    doubled_PD = torch.where(dropped_PD, 0.0, 2 * at.hidden_PD)
    logp_PV = (doubled_PD @ made.weight.T + made.bias).index_fill(-1, torch.tensor(VOCABULARY.pad), -torch.inf)
    torch.testing.assert_close(scored.logp_P, logp_PV.log_softmax(-1).gather(1, targets()[:, None])[:, 0])


def test_shortlist_is_normalised_over_its_own_columns() -> None:
    made, at = head(), features()
    columns_V = torch.tensor([3, 0, 17, 8])
    found_PV = made(at, MEMORY, columns_V=columns_V)
    logp_PV = made(at, MEMORY)[:, columns_V]
    torch.testing.assert_close(found_PV, logp_PV - logp_PV.logsumexp(-1, keepdim=True))
    assert (found_PV[:, 1] == -torch.inf).all(), "padding has no probability here either"


def test_tied_head_of_another_width_has_a_bridge() -> None:
    made, at = head(tie=True, hidden=6), features(hidden=6)
    assert isinstance(made.bridge, torch.nn.Linear)
    logits = (at.hidden_PD @ made.bridge.weight.T) @ made.weight.T + made.bias
    wanted = logits[:, 1:].log_softmax(-1)
    torch.testing.assert_close(made(at, MEMORY)[:, 1:], wanted)
