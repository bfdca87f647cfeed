"""Runs a peer as it is, and counts what it learns from.

    metered.py --pad ID --begins bos|start -- SCRIPT ARGUMENTS…      (or: -- -m MODULE ARGUMENTS…)

No peer is changed for it: ids are counted on their way into an embedding, of which the first in a step is taken for the
source and the second for the target, and a step is over when torch's optimiser says so.
"""

import argparse
import runpy
import sys
from pathlib import Path
from typing import Any

from window import Step, Window

Pairs = list[tuple[int, int]]


class Meter:
    """Real tokens and positions of what is embedded between two steps."""

    def __init__(self, *, pad: int, begins: str) -> None:
        self.pad = pad
        self.begins = begins
        self.window = Window()
        self.seen: Pairs = []

    def embedded(self, ids: Any) -> None:
        if ids.dim() == 3:  # OpenNMT-py's and Eole's have features behind each other
            ids = ids[..., 0]
        lengths = (ids != self.pad).sum(1)
        if len(self.seen) % 2 == 1:
            # The decoder reads all but the end: what it says is counted. With a `bos`, the last column is cut off, so
            # that the longest row has lost its end, and the others still have bos and end; with padding for a start,
            # one token more is said than is read.
            lengths = lengths + 1 if self.begins == "start" else lengths - (lengths < ids.shape[1]).long()
        self.seen.append((int(lengths.sum()), ids.shape[0] * ids.shape[1]))

    def stepped(self) -> None:
        sources, targets = self.seen[0::2], self.seen[1::2]
        self.seen = []
        self.window.step(
            Step(
                target=sum(tokens for tokens, _ in targets),
                source=sum(tokens for tokens, _ in sources),
                target_positions=sum(positions for _, positions in targets),
                source_positions=sum(positions for _, positions in sources),
            )
        )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pad", type=int, required=True, help="the id of padding")
    parser.add_argument("--begins", choices=["bos", "start"], required=True, help="what the decoder reads first")
    parser.add_argument("command", nargs="+")
    asked = parser.parse_args()
    watch(Meter(pad=asked.pad, begins=asked.begins))
    if asked.command[0] == "-m":
        sys.path.pop(0)
        sys.argv = asked.command[1:]
        runpy.run_module(asked.command[1], run_name="__main__", alter_sys=True)
    else:
        sys.argv = asked.command
        sys.path[0] = str(Path(asked.command[0]).parent)
        runpy.run_path(asked.command[0], run_name="__main__")


def watch(meter: Meter) -> None:
    import torch
    from torch.nn import functional
    from torch.optim.optimizer import register_optimizer_step_post_hook

    embedding = functional.embedding

    def counted(ids: Any, *arguments: Any, **named: Any) -> Any:
        if torch.is_grad_enabled() and ids.dim() > 1 and ids.numel() > 1:
            meter.embedded(ids)
        return embedding(ids, *arguments, **named)

    functional.embedding = counted
    register_optimizer_step_post_hook(lambda *_: meter.stepped())


if __name__ == "__main__":
    main()
