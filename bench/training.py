"""How fast Seqloom and its peers learn, side by side on this machine.

    python bench/training.py MULTI30K --peers PEERS      # prints the tables, draws docs/pictures/training.png

MULTI30K is a folder with the corpus's files, PEERS the one that bench/peers/setup.sh made; a peer that is not there is
skipped. All train the same models on the same ids, one after the other, in several rounds: what a machine does besides
then falls on all alike. bench/peers/README.md says how each is set up, and how it is measured.
"""

import argparse
import json
import os
import shlex
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import torch
from matplotlib import pyplot

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(Path(__file__).parent / "peers"))

from contestants import CONTESTANTS, Contestant, Task  # noqa: E402
from machine import family, memory_of  # noqa: E402
from operations import training_operations  # noqa: E402
from ours import recipe  # noqa: E402

from seqloom.training.precision import resolve  # noqa: E402

PICTURE = ROOT / "docs/pictures/training.png"
TITLES: Mapping[Task, str] = {
    "transformer": "Transformer, 3 + 3 layers of width 256, feed-forward 1024, 4 heads",
    "recurrent": "Bidirectional LSTM of width 512, attention and input feeding",
    "conv": "Convolutions with attention, as many parameters as the Transformer",
}
VOCABULARY = 8000
OURS, THEIRS = "#0072B2", "#8a8a8a"
DISTURBED = 0.15
"""Processors that others use meanwhile, from which a figure is marked."""


@dataclass(kw_only=True)
class Measured:
    """A contestant and what its meter wrote, round by round."""

    contestant: Contestant
    runs: dict[int, dict[str, float]] = field(default_factory=dict)
    failed: bool = False

    def middle(self, name: str) -> float:
        return statistics.median(run[name] for run in self.runs.values())

    def ahead_of(self, other: "Measured") -> float:
        """How many times as fast as another in the same round, the median of all rounds."""
        both = self.runs.keys() & other.runs.keys()
        return statistics.median(self.runs[number]["rate"] / other.runs[number]["rate"] for number in both)


def main() -> None:
    asked = arguments()
    if asked.corpus is None or not (asked.corpus / "train.de").is_file():
        print("Skipped: the folder with Multi30k's files is not given, or not there. See bench/peers/README.md.")
        return
    with tempfile.TemporaryDirectory() as own:
        peers = asked.peers.resolve() if asked.peers else Path(own)
        if not (peers / "data/train.ids.de").is_file():
            prepare = [sys.executable, str(ROOT / "bench/peers/prepare.py"), str(asked.corpus), str(peers)]
            subprocess.run(prepare, check=True)
        chosen = here(peers, asked.only)
        peaks, measured = rounds(chosen, peers, asked)
        each_token = {task: operations(peers, task) for task in TITLES}
    for task in TITLES:
        if found := [each for each in measured if each.contestant.task == task and each.runs]:
            print(table(task, found, measured, peaks, each_token[task]))
    if any(each.runs for each in measured):
        draw(measured)
        print(f"\nDrawn in {PICTURE.relative_to(ROOT)}.")


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("corpus", type=Path, nargs="?", default=os.environ.get("MULTI30K"), help="Multi30k's folder")
    parser.add_argument("--peers", type=Path, default=os.environ.get("PEERS"), help="the folder that setup.sh made")
    parser.add_argument("--seconds", type=float, default=20.0, help="of measuring, each contestant in each round")
    parser.add_argument("--warm", type=float, default=5.0, help="seconds of training before")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--only", action="append", metavar="PART", help="those with this in their key, as printed")
    parser.add_argument(
        "--through", default="", metavar="COMMAND", help='what each run is started by: "taskset -c 0,1"'
    )
    asked = parser.parse_args()
    asked.corpus, asked.peers = asked.corpus and Path(asked.corpus), asked.peers and Path(asked.peers)
    return asked


def here(peers: Path, only: Sequence[str] | None) -> list[Contestant]:
    """The contestants that can run; says of every other why not."""
    chosen = []
    has_bf16 = resolve("auto", torch.device("cpu")) == "bf16"
    missing = set()
    for contestant in CONTESTANTS:
        if only and not any(part in contestant.key for part in only):
            continue
        if contestant.missing(peers):
            missing.add(f"{contestant.name} is skipped: {contestant.bin(peers)} is not there.")
        elif contestant.precision == "fp32" or has_bf16:
            chosen.append(contestant)
    print(*sorted(missing), *([] if has_bf16 else ["bf16 is skipped: this processor has it not."]), sep="\n")
    return chosen


# ---- measure ---------------------------------------------------------------------------------------------------------


def rounds(
    chosen: Sequence[Contestant], peers: Path, asked: argparse.Namespace
) -> tuple[dict[str, float], list[Measured]]:
    """The machine's peaks in GFLOP/s, and everyone's measurements."""
    measured = [Measured(contestant=contestant) for contestant in chosen]
    peaks: dict[str, float] = {}
    for number in range(asked.rounds):
        for precision, peak in machine_peaks({each.precision for each in chosen}, asked).items():
            peaks[precision] = max(peak, peaks.get(precision, 0.0))
        for each in measured:
            if not each.failed:
                one(each, number, peers, asked)
    return peaks, measured


def environment(**more: str) -> dict[str, str]:
    threads = str(len(os.sched_getaffinity(0)))
    return {**os.environ, "OMP_NUM_THREADS": threads, "TOKENIZERS_PARALLELISM": "false", "PYTHONPATH": "", **more}


def machine_peaks(precisions: set[str], asked: argparse.Namespace) -> dict[str, float]:
    command = [*shlex.split(asked.through), sys.executable, str(ROOT / "bench/peers/peak.py"), *sorted(precisions)]
    told = subprocess.run(command, check=True, capture_output=True, text=True, env=environment())
    return json.loads(told.stdout)


def one(measured: Measured, number: int, peers: Path, asked: argparse.Namespace) -> None:
    """One run of one contestant; its log is kept beside its models."""
    contestant = measured.contestant
    out, log = peers / "logs" / f"{contestant.key}.json", peers / "logs" / f"{contestant.key}.log"
    out.parent.mkdir(exist_ok=True)
    out.unlink(missing_ok=True)
    (peers / "models").mkdir(exist_ok=True)
    meter = {"METER_OUT": str(out), "METER_WARM": str(asked.warm), "METER_SECONDS": str(asked.seconds)}
    # What it is started by may have to wait: its time begins when it does.
    started = ["sh", "-c", 'METER_STARTED=$(date +%s.%N) exec "$@"', "sh", *contestant.prepare(peers)]
    with log.open("w") as told:
        process = subprocess.Popen(
            [*shlex.split(asked.through), *started],
            cwd=peers,
            env=environment(**meter),
            stdout=told,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        try:
            memory = watched(process)
        finally:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)
    if not out.is_file():
        measured.failed = True
        last = (log.read_text("utf-8", "replace").splitlines() or ["it said nothing"])[-1]
        print(f"{contestant.key} failed: {last} ({log})", flush=True)
        return
    run: dict[str, Any] = json.loads(out.read_text())
    measured.runs[number] = {**run, "memory": memory}
    disturbed = f"   others used {run['others_processors']:.2f} processors" * (run["others_processors"] > DISTURBED)
    print(f"round {number + 1}: {contestant.key:45} {run['rate']:7.0f} target tokens/s{disturbed}", flush=True)


def watched(process: subprocess.Popen[bytes]) -> float:
    """Megabytes of memory that it and what it starts had at most; ends when it does."""
    most: dict[int, float] = {}
    while process.poll() is None:
        for each in family(process.pid):
            most[each] = max(memory_of(each), most.get(each, 0.0))
        time.sleep(0.5)
    return sum(most.values())


def operations(peers: Path, task: Task) -> float:
    """Of a target token, with its share of everything else."""
    sources, targets = (
        np.array([len(line.split()) + 1 for line in (peers / f"data/train.ids.{language}").open()])
        for language in ("de", "en")
    )
    return training_operations(recipe(task).model, sources, targets, vocabulary=VOCABULARY) / targets.sum()


# ---- tell ------------------------------------------------------------------------------------------------------------


def table(
    task: Task, found: Sequence[Measured], everyone: Sequence[Measured], peaks: Mapping[str, float], each_token: float
) -> str:
    told = ", ".join(f"{precision} {peak:.0f}" for precision, peak in sorted(peaks.items(), reverse=True))
    lines = [f"\n{TITLES[task]}: {each_token / 1e6:.1f} MFLOP a target token; peak in GFLOP/s: {told}", ""]
    heads = ["tokens/s", "from–to", "padding", "MB", *(f"of {name}" for name in sorted(peaks, reverse=True)), "to us"]
    lines.append(f"{'':28} {'':12}" + "".join(f"{head:>14}" for head in heads))
    against = next((each for each in everyone if each.contestant.ours and each.contestant.task == task), None)
    if task == "conv":
        against = next((each for each in everyone if each.contestant.ours and each.contestant.task != task), None)
    for each in found:
        rates = [run["rate"] for run in each.runs.values()]
        cells = [
            f"{each.middle('rate'):.0f}",
            f"{min(rates):.0f}–{max(rates):.0f}",
            f"{each.middle('source_padding'):.0%}/{each.middle('target_padding'):.0%}",
            f"{each.middle('memory'):.0f}",
            *(f"{each.middle('rate') * each_token / peaks[name] / 1e9:.0%}" for name in sorted(peaks, reverse=True)),
            f"{each.ahead_of(against):.2f}" if against is not None and against.runs else "",
        ]
        of = each.contestant
        lines.append(f"{of.name:28} {of.setting:12}" + "".join(f"{cell:>14}" for cell in cells))
    return "\n".join(lines)


def draw(measured: Sequence[Measured]) -> None:
    """Bars by task, the fastest setting of each program first, with all rounds on them."""
    tasks = [task for task in TITLES if any(each.contestant.task == task and each.runs for each in measured)]
    found = {task: [each for each in measured if each.contestant.task == task and each.runs] for task in tasks}
    sizes = [len(each) for each in found.values()]
    figure, axes = pyplot.subplots(
        len(tasks), 1, figsize=(9, 0.34 * sum(sizes) + 0.9 * len(tasks)), height_ratios=sizes, layout="constrained"
    )
    for axis, task in zip(np.atleast_1d(axes), tasks, strict=True):
        ordered = sorted(found[task], key=lambda each: each.middle("rate"))
        for place, each in enumerate(ordered):
            rate, rates = each.middle("rate"), [run["rate"] for run in each.runs.values()]
            axis.barh(place, rate, color=OURS if each.contestant.ours else THEIRS, height=0.7)
            axis.plot(rates, [place] * len(rates), "k.", markersize=4)
            axis.annotate(f"{rate:,.0f}", (max(rates), place), xytext=(7, -3), textcoords="offset points", fontsize=9)
        names = [f"{each.contestant.name}, {each.contestant.setting}" for each in ordered]
        axis.set_yticks(range(len(names)), names)
        axis.set_title(TITLES[task], loc="left", fontsize=10)
        axis.margins(x=0.12)
        axis.spines[["top", "right"]].set_visible(False)
        axis.grid(axis="x", alpha=0.3)
        axis.set_axisbelow(True)
    np.atleast_1d(axes)[-1].set_xlabel("target tokens a second")
    PICTURE.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(PICTURE, dpi=150)


if __name__ == "__main__":
    main()
