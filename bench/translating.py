"""How fast Seqloom and its peers translate with the same weights, side by side on this machine.

    python bench/translating.py MODEL MULTI30K --peers PEERS    # prints the tables, draws docs/pictures/translating.png

MODEL is the folder of a trained Transformer, MULTI30K one with the corpus's files, PEERS the one that
bench/peers/setup.sh made; a peer that is not there is skipped. All translate the same sentences, each in a process of
its own, one after the other, in several rounds: what a machine does besides then falls on all alike. `--model` names
others (a recurrent one, say), which our own engine translates with. bench/peers/README.md says how each is set up.
"""

import argparse
import json
import os
import shlex
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib import pyplot
from sacrebleu.metrics.bleu import BLEU

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(Path(__file__).parent / "peers"))

from translators import Contestant, Job, contestants, prepare  # noqa: E402
from turn import ALONE, BEAM, WAYS  # noqa: E402

from seqloom.core.errors import SeqloomError  # noqa: E402

PICTURE = ROOT / "docs/pictures/translating.png"
PAIRS = "test_2016_flickr.de,test_2016_flickr.en"
OURS, THEIRS = "#0072B2", "#8a8a8a"
DISTURBED = 0.15
"""Processors that others use meanwhile, from which a figure is marked."""
SAME = 1e-3
"""A 32-bit peer whose log-probabilities differ by more has another model."""
LEGEND = """\
fp32, 2 × 1: two batches side by side, a thread each. as ours: answers that are the first row's, letter by letter.
off: how far a token's log-probability is from the model's own, at most. of CTranslate2, of Hugging Face: the speed, its
fastest setting's being 1, in the same round (the median of the rounds)."""


@dataclass(kw_only=True)
class Measured:
    """A contestant, and what each of its turns told, round by round."""

    contestant: Contestant
    job: Job
    told: dict[int, dict[str, Any]] = field(default_factory=dict)
    failed: bool = False

    @property
    def name(self) -> str:
        return f"{self.contestant.name} ({self.job.name})"

    @property
    def middle_memory(self) -> float:
        return statistics.median(told["memory"] for told in self.told.values())

    def rate(self, way: str, number: int) -> float:
        """Sentences a second; of one at a time, by the median sentence."""
        sentences = 1 if way == ALONE else len(self.job.question.sources)
        return sentences / self.told[number]["seconds"][way]

    def rates(self, way: str) -> list[float]:
        return [self.rate(way, number) for number in self.told]

    def middle(self, way: str) -> float:
        return statistics.median(self.rates(way))

    def ahead_of(self, other: "Measured", way: str) -> float:
        """How many times as fast as another in the same round, the median of all rounds."""
        both = self.told.keys() & other.told.keys()
        return statistics.median(self.rate(way, number) / other.rate(way, number) for number in both)

    def texts(self, way: str) -> list[str]:
        first = next(iter(self.told.values()))
        return [self.job.text(answer) for answer in first["answers"][way]]

    def off(self) -> float | None:
        """The most that a token's log-probability differs from the model's own; None where it is the model's own."""
        first = next(iter(self.told.values()))
        return difference(first["logps"], self.job.logps)


def difference(theirs: Sequence[Sequence[float]], ours: Sequence[Sequence[float]]) -> float | None:
    if not theirs:
        return None
    pairs = list(zip(theirs, ours, strict=True))
    return max(abs(one - other) for their, our in pairs for one, other in zip(their, our, strict=True))


def main() -> None:
    asked = arguments()
    if asked.model is None or asked.corpus is None or not (asked.corpus / asked.pairs.split(",")[0]).is_file():
        print("Skipped: a trained model or the folder with Multi30k's files is not given, or not there.")
        print("See bench/peers/README.md.")
        return
    with tempfile.TemporaryDirectory() as work:
        measured = rounds(entered(asked, Path(work)), asked)
        measured = [each for each in measured if each.told]
        if not measured:
            raise SystemExit("Nobody has translated anything.")
        for way in WAYS:
            print(table(way, measured))
        print(f"\n{LEGEND}\nBLEU: {signature()}")
        draw(measured, asked.picture)
    print(f"Drawn in {asked.picture}.")


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model", type=Path, nargs="?", default=os.environ.get("MODEL"), help="a model folder")
    parser.add_argument("corpus", type=Path, nargs="?", default=os.environ.get("MULTI30K"), help="Multi30k's folder")
    parser.add_argument(
        "--model", dest="more", type=Path, action="append", default=[], help="another one's, ours alone"
    )
    parser.add_argument("--peers", type=Path, default=os.environ.get("PEERS"), help="the folder that setup.sh made")
    parser.add_argument("--pairs", default=PAIRS, help="two files of the corpus: %(default)s")
    parser.add_argument("--sentences", type=int, help="the first so many; all, if left out")
    parser.add_argument("--alone", type=int, default=100, help="so many of them one at a time, too")
    parser.add_argument("--beam", type=int, default=5)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--only", action="append", metavar="PART", help="those with this in their key, as printed")
    parser.add_argument("--through", default="", metavar="COMMAND", help='what each turn is started by: "nice -n -5"')
    parser.add_argument("--picture", type=Path, default=PICTURE)
    asked = parser.parse_args()
    for name in ("model", "corpus", "peers"):
        setattr(asked, name, getattr(asked, name) and Path(getattr(asked, name)))
    return asked


def entered(asked: argparse.Namespace, work: Path) -> list[Measured]:
    """Everyone who can take part, with what they read; says of every other why not."""
    sources, targets = ((asked.corpus / name).read_text("utf-8").splitlines() for name in asked.pairs.split(","))
    pairs = list(zip(sources, targets, strict=True))[: asked.sentences]
    chosen, missing = [], []
    for number, folder in enumerate([asked.model, *asked.more]):
        first = number == 0
        try:
            job = prepare(folder, work / str(number), pairs, beam=asked.beam, alone=asked.alone, peers=first)
        except SeqloomError as error:
            raise SystemExit(str(error)) from None
        for each in contestants(len(os.sched_getaffinity(0)), peers=first):
            if asked.only and not any(part in each.key for part in asked.only):
                continue
            if each.files in job.missing:
                missing.append(f"{each.name} is skipped: {job.missing[each.files]}.")
            elif each.python(asked.peers) is None:
                where = f"venv-{each.environment} among the peers" if each.environment else f"package {each.package}"
                missing.append(f"{each.name} is skipped: there is no {where}.")
            else:
                chosen.append(Measured(contestant=each, job=job))
    print(*dict.fromkeys(missing), sep="\n")
    return chosen


# ---- measure ---------------------------------------------------------------------------------------------------------


def rounds(measured: list[Measured], asked: argparse.Namespace) -> list[Measured]:
    for number in range(asked.rounds):
        for each in measured:
            if not each.failed:
                one(each, number, asked)
    return measured


def one(measured: Measured, number: int, asked: argparse.Namespace) -> None:
    """One turn of one contestant."""
    contestant, folder = measured.contestant, measured.job.folder
    python = contestant.python(asked.peers)
    assert python is not None
    out, log = folder / "out.json", folder / "out.log"
    out.unlink(missing_ok=True)
    command = [*shlex.split(asked.through), *contestant.command(python, folder, out)]
    with log.open("w") as said:
        subprocess.run(command, env=contestant.surroundings(), stdout=said, stderr=subprocess.STDOUT, check=False)
    if not out.is_file():
        last = (log.read_text("utf-8", "replace").splitlines() or ["it said nothing"])[-1]
        measured.failed = True
        print(f"{contestant.key} failed: {last}", flush=True)
        return
    told = json.loads(out.read_text("utf-8"))
    off = difference(told["logps"], measured.job.logps)
    if off is not None and off > SAME and contestant.precision == "fp32":
        measured.failed = True
        print(f"{contestant.key} is left out: it has another model, whose log-probabilities differ by {off:.2g}.")
        return
    measured.told[number] = told
    disturbed = f"   others used {told['others_processors']:.2f} processors" * (told["others_processors"] > DISTURBED)
    rates = "  ".join(f"{way} {measured.rate(way, number):7.1f}" for way in WAYS)
    key = f"{contestant.key} ({measured.job.name})"
    print(f"round {number + 1}: {key:42} sentences/s: {rates}{disturbed}", flush=True)


# ---- tell ------------------------------------------------------------------------------------------------------------


def best(measured: Sequence[Measured], way: str, name: str) -> Measured | None:
    """A program's fastest setting."""
    settings = [each for each in measured if each.contestant.name == name]
    return max(settings, key=lambda each: each.middle(way), default=None)


def table(way: str, measured: Sequence[Measured]) -> str:
    against = {name: best(measured, way, name) for name in ("CTranslate2", "Hugging Face")}
    against = {name: each for name, each in against.items() if each is not None}
    own = next((each for each in measured if each.contestant.ours), None)
    columns: dict[str, Callable[[Measured], str]] = {
        "": lambda each: each.name,
        " ": lambda each: each.contestant.setting,
        **(of_one(way) if way == ALONE else of_many(way)),
        "MB": lambda each: f"{each.middle_memory:.0f}",
        "as ours": lambda each: like(each, own, way),
        "off": lambda each: "" if (off := each.off()) is None else f"{off:.0e}",
        **{f"of {name}": against_cell(other, way) for name, other in against.items()},
    }
    rows = [[head.strip() for head in columns], *([cell(each) for cell in columns.values()] for each in measured)]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = [
        "   ".join(shown(place, *each) for place, each in enumerate(zip(row, widths, strict=True))) for row in rows
    ]
    return "\n".join(["", title(way, measured[0]), "", *(line.rstrip() for line in lines)])


def shown(place: int, cell: str, width: int) -> str:
    """Its name and setting to the left, figures to the right."""
    return cell.ljust(width) if place < 2 else cell.rjust(width)


def title(way: str, measured: Measured) -> str:
    question = measured.job.question
    if way == ALONE:
        return f"One at a time, beam {question.beam}: {min(question.alone, len(question.sources))} sentences"
    searched = f"beam {question.beam}" if way == BEAM else "greedy"
    return f"{len(question.sources)} sentences, {searched}, batches of {question.batch}"


def of_many(way: str) -> Mapping[str, Callable[[Measured], str]]:
    return {
        "sentences/s": lambda each: f"{each.middle(way):.1f}",
        "rounds": lambda each: " ".join(f"{rate:.0f}" for rate in each.rates(way)),
        "seconds": lambda each: f"{len(each.job.question.sources) / each.middle(way):.2f}",
        "BLEU": lambda each: f"{bleu(each, way):.1f}",
    }


def of_one(way: str) -> Mapping[str, Callable[[Measured], str]]:
    return {
        "ms a sentence": lambda each: f"{1000 / each.middle(way):.1f}",
        "rounds": lambda each: " ".join(f"{1000 / rate:.1f}" for rate in each.rates(way)),
    }


def against_cell(other: Measured, way: str) -> Callable[[Measured], str]:
    return lambda each: f"{each.ahead_of(other, way):.2f}" if each.told.keys() & other.told.keys() else ""


def like(measured: Measured, own: Measured | None, way: str) -> str:
    """The share of answers that are ours, letter by letter."""
    if own is None or measured.job is not own.job:
        return ""
    pairs = list(zip(measured.texts(way), own.texts(way), strict=True))
    return f"{sum(one == other for one, other in pairs) / len(pairs):.1%}"


def bleu(measured: Measured, way: str) -> float:
    texts = measured.texts(way)
    return float(BLEU().corpus_score(texts, [measured.job.references[: len(texts)]]).score)


def signature() -> str:
    metric = BLEU()
    metric.corpus_score(["a"], [["a"]])
    return str(metric.get_signature())


def draw(measured: Sequence[Measured], picture: Path) -> None:
    """Bars by way of translating, the fastest first, with all rounds on them."""
    figure, axes = pyplot.subplots(
        len(WAYS), 1, figsize=(9, len(WAYS) * (0.3 * len(measured) + 0.9)), layout="constrained"
    )
    for axis, way in zip(np.atleast_1d(axes), WAYS, strict=True):
        ordered = sorted(measured, key=lambda each: each.middle(way))
        for place, each in enumerate(ordered):
            rate, rates = each.middle(way), each.rates(way)
            axis.barh(place, rate, color=OURS if each.contestant.ours else THEIRS, height=0.7)
            axis.plot(rates, [place] * len(rates), "k.", markersize=4)
            axis.annotate(f"{rate:,.0f}", (max(rates), place), xytext=(7, -3), textcoords="offset points", fontsize=9)
        several = len({each.job.name for each in measured}) > 1
        names = [f"{each.name if several else each.contestant.name}, {each.contestant.setting}" for each in ordered]
        axis.set_yticks(range(len(names)), names)
        axis.set_title(title(way, measured[0]), loc="left", fontsize=10)
        axis.margins(x=0.12)
        axis.spines[["top", "right"]].set_visible(False)
        axis.grid(axis="x", alpha=0.3)
        axis.set_axisbelow(True)
    np.atleast_1d(axes)[-1].set_xlabel("sentences a second")
    picture.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(picture, dpi=150)


if __name__ == "__main__":
    main()
