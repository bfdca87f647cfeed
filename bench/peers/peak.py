"""The machine's measured matrix peak, all processors together: prints GFLOP/s as JSON, by precision.

peak.py fp32 [bf16]
"""

import json
import sys
import time

import torch

SIZE, SECONDS, WARM = 2048, 1.5, 2


def peak(precision: str) -> float:
    kind = {"fp32": torch.float32, "bf16": torch.bfloat16}[precision]
    a, b = (torch.randn(SIZE, SIZE).to(kind) for _ in range(2))
    for _ in range(WARM):
        a @ b
    taken = []
    until = time.perf_counter() + SECONDS
    while (begun := time.perf_counter()) < until:
        a @ b
        taken.append(time.perf_counter() - begun)
    return 2 * SIZE**3 / min(taken) / 1e9


if __name__ == "__main__":
    print(json.dumps({precision: peak(precision) for precision in sys.argv[1:]}))
