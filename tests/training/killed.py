"""One run, killed again and again at random instants, against one that was left alone. Prints both, as JSON.

The process forks, so that torch is imported once; a child that is killed is killed for good, by the kernel.
"""

import hashlib
import json
import os
import random
import signal
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch
from tests.training.models import model
from tests.training.runs import copied, loss_of, stream, trainer

from seqloom.models.encoder_decoder import EncoderDecoder
from seqloom.training.budget import make_plan
from seqloom.training.events import Stepped
from seqloom.training.lock import locked
from seqloom.training.log import LoggingSettings
from seqloom.training.objectives import CoverageSettings, CrossEntropySettings, DenoisingSettings, Targets
from seqloom.training.optimizers import AdamWSettings
from seqloom.training.run import resume, run
from seqloom.training.sampling import LinearSamplingSettings
from seqloom.training.schedules import PlateauScheduleSettings
from seqloom.training.settings import TrainingSettings
from seqloom.training.trainer import Trainer
from seqloom.training.validation import Validation

STEPS = 22


def settings(save_every: int) -> TrainingSettings:
    """All that has a state or draws by chance."""
    return TrainingSettings(
        steps=STEPS,
        rate=2e-2,
        warmup=3,
        schedule=PlateauScheduleSettings(patience=0, factor=0.7),
        optimizer=AdamWSettings(weight_decay=0.01),
        objectives=(
            CrossEntropySettings(),
            CoverageSettings(weight=0.1, warmup=10),
            DenoisingSettings(weight=0.1, delete=0.2, infill=0.2),
        ),
        accumulate=2,
        word_dropout=0.1,
        sampling=LinearSamplingSettings(offset=1.0, slope=0.02),
        ema=0.9,
        average=2,
        validate_every=4,
        patience=50,
        save_every=save_every,
    )


def train(folder: Path, save_every: int, told: int) -> None:
    """Train to the end, a byte to ``told`` for each step; then leave the weights' hash and what else should agree."""
    torch.set_num_threads(1)
    with locked(folder):
        network = model(FAMILY)
        targets = Targets(vocabulary=network.vocabulary, joint=True)
        made = Trainer(network, settings(save_every), stream(), targets=targets)
        if not resume(made, folder):
            made.plan = make_plan(made)
        for event in run(made, folder, validate=coarse, logging=LoggingSettings(every=1)):
            if isinstance(event, Stepped):
                os.write(told, b".")
        found = {"weights": hashed(copied(made.model)), "history": made.history, "rate": made.scores.factor}
        (folder / "found.json").write_text(json.dumps(found))


def coarse(network: EncoderDecoder) -> Validation:
    """In whole nats, so that there is a plateau."""
    found = loss_of(network)
    return replace(found, score=round(found.score))


def hashed(weights: Mapping[str, torch.Tensor]) -> str:
    digest = hashlib.sha256()
    for name in sorted(weights):
        digest.update(name.encode() + weights[name].numpy().tobytes())
    return digest.hexdigest()


def attempt(folder: Path, save_every: int, kill_after: int | None) -> bool:
    """One process. Whether it came to its end; else it was killed when it had told of so many steps, or soon after."""
    read, write = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(read)
        try:
            train(folder, save_every, write)
        except BaseException:
            sys.excepthook(*sys.exc_info())
            os._exit(1)
        os._exit(0)
    os.close(write)
    seen = 0
    while chunk := os.read(read, 1):
        seen += len(chunk)
        if seen == kill_after:
            os.kill(child, signal.SIGKILL)
            break
    os.close(read)
    _, status = os.waitpid(child, 0)
    assert status in (0, signal.SIGKILL), f"the child failed: {status}"
    return status == 0


def found(folder: Path) -> dict[str, Any]:
    lines = [json.loads(line) for line in (folder / "log.jsonl").read_text().splitlines()]
    steps = [(line["step"], line["loss"]) for line in lines if line["event"] == "step"]
    return json.loads((folder / "found.json").read_text()) | {"steps": steps}


def main() -> None:
    dice = random.Random(FAMILY)
    # What torch imports when it makes its first optimiser is there for all children.
    trainer(TrainingSettings(steps=1, warmup=0))
    with tempfile.TemporaryDirectory() as place:
        whole, cut = Path(place) / "whole", Path(place) / "cut"
        assert attempt(whole, save_every=1000, kill_after=None)
        kills = 0
        while not attempt(cut, save_every=3, kill_after=dice.randint(1, 6) if kills < 6 else None):
            kills += 1
        sys.stdout.write(json.dumps({"whole": found(whole), "cut": found(cut), "kills": kills}))


if __name__ == "__main__":
    FAMILY = sys.argv[1]
    main()
