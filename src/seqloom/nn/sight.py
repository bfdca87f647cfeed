"""How far an encoder's position sees: all of its source, or a window around itself at a cost that grows linearly."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import torch
from torch import Tensor
from torch.nn import functional

from seqloom.nn.multihead import Visible
from seqloom.nn.positions import Positions

__all__ = ["Sight", "Whole", "Window"]


class Sight(Protocol):
    """Brings queries together with the keys that they see."""

    def visible(self, mask_BS: Tensor, positions: Positions) -> Visible:
        """What each query sees of the keys that ``split`` puts before it; the same for all layers."""
        ...

    def split(self, q_BSHE: Tensor, k_BSGE: Tensor, v_BSGE: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Queries, and keys and values for them, in as many rows as it takes."""
        ...

    def join(self, attended: Tensor, *, like_BSD: Tensor) -> Tensor:
        """The rows of what was found, back in their places: ``attended_BSD``."""
        ...


@dataclass(frozen=True)
class Whole:
    """Every position sees every real one."""

    def visible(self, mask_BS: Tensor, positions: Positions) -> Visible:
        places_S = torch.arange(mask_BS.shape[1], device=mask_BS.device)
        return Visible(mask=mask_BS[:, None, None], bias_NHTS=positions.bias(places_S[None], places_S))

    def split(self, q_BSHE: Tensor, k_BSGE: Tensor, v_BSGE: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        return q_BSHE, k_BSGE, v_BSGE

    def join(self, attended: Tensor, *, like_BSD: Tensor) -> Tensor:
        return attended


@dataclass(frozen=True, kw_only=True)
class Window:
    """Beltagy et al. 2020, section 3.1: a position sees those at most ``reach`` away on either side.

    The source is cut into blocks of ``reach`` positions. A block's queries see nothing but the block, the one before
    and the one behind, so each block with these three becomes a row of its own, and nothing is ever S by S. A source
    no longer than three blocks would gain nothing, and stays whole.
    """

    reach: int

    def visible(self, mask_BS: Tensor, positions: Positions) -> Visible:
        cut = self._cuts(mask_BS.shape[1])
        keys_L = torch.arange(3 * self.reach if cut else mask_BS.shape[1], device=mask_BS.device)
        queries_C = keys_L[self.reach : 2 * self.reach] if cut else keys_L
        near_CL = (keys_L - queries_C[:, None]).abs() <= self.reach
        real_BL = self._around(mask_BS) if cut else mask_BS
        return Visible(mask=real_BL[:, None, None] & near_CL, bias_NHTS=positions.bias(queries_C[None], keys_L))

    def split(self, q_BSHE: Tensor, k_BSGE: Tensor, v_BSGE: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        if not self._cuts(q_BSHE.shape[1]):
            return q_BSHE, k_BSGE, v_BSGE
        return self._blocks(q_BSHE).flatten(0, 1), self._around(k_BSGE), self._around(v_BSGE)

    def join(self, attended: Tensor, *, like_BSD: Tensor) -> Tensor:
        return attended.reshape(like_BSD.shape[0], -1, attended.shape[-1])[:, : like_BSD.shape[1]]

    def _cuts(self, num_positions: int) -> bool:
        return num_positions > 3 * self.reach

    def _around(self, x_BS: Tensor) -> Tensor:
        """(B, S, …) → (B · blocks, 3 · reach, …): each block between its neighbours, zeros where there are none."""
        blocks_BZC = self._blocks(x_BS)
        nothing_B1C = torch.zeros_like(blocks_BZC[:, :1])
        before_BZC = torch.cat([nothing_B1C, blocks_BZC[:, :-1]], 1)
        behind_BZC = torch.cat([blocks_BZC[:, 1:], nothing_B1C], 1)
        return torch.cat([before_BZC, blocks_BZC, behind_BZC], 2).flatten(0, 1)

    def _blocks(self, x_BS: Tensor) -> Tensor:
        """(B, S, …) → (B, blocks, reach, …), with zeros behind the end."""
        missing = -x_BS.shape[1] % self.reach
        padded_BS = functional.pad(x_BS, (0, 0) * (x_BS.dim() - 2) + (0, missing))
        return padded_BS.unflatten(1, (-1, self.reach))
