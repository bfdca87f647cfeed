"""The ways to search as settings: read, written, and made by somebody else."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Literal, get_args

import pytest
import torch
from torch import Tensor

from seqloom.core import settings
from seqloom.core.errors import RecipeError
from seqloom.core.settings import by_kind
from seqloom.decoding.beam import Beam
from seqloom.decoding.choice import Choice
from seqloom.decoding.columns import Columns
from seqloom.decoding.hypotheses import Hypotheses
from seqloom.decoding.progress import Progress
from seqloom.decoding.request import BeamSearch, DiverseBeam, Request, SearchKind, answer
from seqloom.decoding.run import RunningBatch
from seqloom.decoding.search import Search

from .tables import EOS, Table, ask, run


@dataclass(frozen=True, kw_only=True)
class Holder:
    """The holder."""

    search: Annotated[SearchKind, by_kind] = BeamSearch()


@pytest.mark.parametrize("way", get_args(SearchKind))
def test_each_kind_is_read_and_written(way: type[Any]) -> None:
    read = settings.parse(Holder, {"search": {"kind": way().kind}})
    assert read == Holder(search=way())
    assert settings.parse(Holder, settings.to_data(read)) == read
    assert isinstance(hash(way().alike()), int)


def test_a_mistake_is_one_line() -> None:
    with pytest.raises(
        RecipeError, match=r"`search.group` is not a setting of the diverse beam search. Did you mean `groups`"
    ):
        settings.parse(Holder, {"search": {"kind": "diverse", "group": 3}})
    with pytest.raises(RecipeError, match=r"`search.groups` must be"):
        settings.parse(Holder, {"search": {"kind": "diverse", "groups": 0}})
    with pytest.raises(RecipeError, match=r"`search.kind` must be one of"):
        settings.parse(Holder, {"search": {"kind": "beams"}})


class LastFirst(Beam):
    """Of the tokens that may follow, the one with the highest id; the end only where it must be."""

    def pick(
        self, logp_NV: Tensor, live: Hypotheses, columns: Columns, progress: Sequence[Progress], *, again: Sequence[int]
    ) -> Choice:
        rank_V = torch.arange(logp_NV.shape[1]).to(logp_NV).index_fill(0, torch.tensor([EOS]), 0)
        ranked = super().pick(torch.where(logp_NV.isfinite(), rank_V, logp_NV), live, columns, progress, again=again)
        logp_N = logp_NV.gather(1, ranked.token_N[:, None])[:, 0]
        return Choice(beams=1, parent_N=None, token_N=ranked.token_N, logp_N=logp_N, total_N=live.total_N + logp_N)


@dataclass(frozen=True, kw_only=True)
class LastFirstSearch:
    """The last-first search, which somebody else wrote."""

    kind: Literal["last-first"] = "last-first"

    def fault(self, request: Request, *, order: int | None, size: int) -> str | None:
        return None if request.beams == 1 else "`beams` must be 1."

    def rows(self, request: Request, *, size: int) -> int:
        return 1

    def alike(self) -> Hashable:
        return self.kind

    def run(self, *given: Any, **more: Any) -> RunningBatch:
        return RunningBatch(*given, picker=LastFirst, **more)


def test_somebodys_own_way_runs_beside_the_others() -> None:
    asked = [ask(0, search=LastFirstSearch(), max_length=3), ask(1), ask(2, beams=2, search=LastFirstSearch())]
    outcome = run(Search(Table()), asked)
    assert outcome.finished[0].answer.tokens == (5, 5, 5)
    assert outcome.finished[1].answer == answer(Search(Table()), [ask(1)])[0]
    assert outcome.failed == {2: "`beams` must be 1."}


def test_only_what_is_alike_shares_a_batch() -> None:
    assert DiverseBeam(groups=2).alike() == DiverseBeam(groups=2, strength=3.0).alike()
    assert DiverseBeam(groups=2).alike() != DiverseBeam(groups=3).alike()
