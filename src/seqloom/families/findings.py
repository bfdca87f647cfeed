"""What the figures say, in words: what one vector loses, what attention buys, what it costs, and whom to take."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

from seqloom.families.comparison import FamilyComparison, Measured
from seqloom.families.family import FIXED_VECTOR

__all__ = ["Said", "findings_of"]

_CHANCE = 0.05
"""p from which a difference may be chance."""


@dataclass(frozen=True, kw_only=True)
class Said:
    """A question, and what was found."""

    question: str
    answer: str
    shown: bool
    """Whether it came out as articles promise, and not by chance."""
    about: Literal["quality", "length", "cost"] = "quality"

    def __str__(self) -> str:
        return f"{self.question} {self.answer}"


def findings_of(found: FamilyComparison) -> list[Said]:
    """Those for which the families are there."""
    said: list[Said] = []
    fixed = found.of(FIXED_VECTOR.name)
    attending = _nearest(found)
    if fixed is not None and attending is not None:
        if len(found.bins) > 1:
            said.append(_lost(found, fixed, attending))
        said += [_bought(found, fixed, attending), _cost(fixed, attending)]
    said += _parallel(found)
    if len(found.families) > 1:
        said.append(_taken(found))
    return said


def _nearest(found: FamilyComparison) -> Measured | None:
    """The one with attention that differs least from the fixed vector: the first of the others, for they are sorted."""
    others = [each for each in found.families if each.family.attends]
    return others[0] if others else None


def _lost(found: FamilyComparison, fixed: Measured, other: Measured) -> Said:
    """From the shortest sources to the longest."""
    name, shown = fixed.score.name, fixed.score.shown
    first, last = found.bins[0], found.bins[-1]
    ends = [(each.by_length[0].value, each.by_length[-1].value) for each in (fixed, other)]
    low, high = fixed.by_length[-1], other.by_length[-1]
    apart = low.high is not None and high.low is not None and low.high < high.low
    gaps = [high.value - low.value for low, high in zip(fixed.by_length, other.by_length, strict=True)]
    loses = fixed.score.higher_is_better and apart and gaps[-1] > gaps[0]
    told = (
        f"From sources of {first} tokens to those of {last}, {name} of the {fixed.title} goes from {shown(ends[0][0])} "
        f"to {shown(ends[0][1])}, and of the {other.title} from {shown(ends[1][0])} to {shown(ends[1][1])}"
    )
    why = (
        ": the longer the source, the less of it one vector holds."
        if loses
        else ". On these pairs and in this time that does not set them apart as length should: longer sentences or a "
        "longer budget may."
    )
    return Said(question="What does the fixed vector lose?", answer=told + why, shown=loses, about="length")


def _bought(found: FamilyComparison, fixed: Measured, other: Measured) -> Said:
    difference = found.difference(fixed, other)
    better = difference.difference > 0 if fixed.score.higher_is_better else difference.difference < 0
    sure = difference.p < _CHANCE and not difference.low <= 0 <= difference.high
    shown = fixed.score.shown
    how = "more" if difference.difference > 0 else "less"
    told = (
        f"The {other.title} has {abs(difference.difference):.1f} {fixed.score.name} {how} than the {fixed.title} "
        f"({shown(other.score.value)} and {shown(fixed.score.value)}; 95 % from "
        f"{difference.low:+.1f} to {difference.high:+.1f}, p = {difference.p:.3f})"
    )
    end = "" if sure else ", which may be chance"
    cells = "" if fixed.trained.built.split()[1] == other.trained.built.split()[1] else " Their cells differ, too."
    return Said(question="What does attention buy?", answer=f"{told}{end}.{cells}", shown=better and sure)


def _cost(fixed: Measured, other: Measured) -> Said:
    """Time, while it learns and when it answers."""
    learnt, answered = other.speed / fixed.speed, other.point.rate / fixed.point.rate
    told = (
        f"Beside the {fixed.title}, the {other.title} learns from {learnt:.2g} times as many tokens a second and "
        f"answers {answered:.2g} times as many sentences ({other.point.rate:,.0f} and {fixed.point.rate:,.0f} a second)"
    )
    memory = other.point.memory - fixed.point.memory
    told += f", in {abs(memory):,.0f} MB {'more' if memory > 0 else 'less'} memory." if abs(memory) >= 1 else "."
    return Said(question="What does it cost?", answer=told, shown=learnt < 1 or answered < 1, about="cost")


def _parallel(found: FamilyComparison) -> Iterator[Said]:
    """Whether those that read all positions at once learn from more in the same time."""
    walking = [each for each in found.families if each.family.name not in ("conv", "transformer")]
    leaping = [each for each in found.families if each not in walking]
    if not walking or not leaping:
        return
    one, other = _quickest(walking), _quickest(leaping)
    more = other.speed / one.speed
    yield Said(
        question="What does reading all positions at once bring?",
        answer=(
            f"The {other.title} learnt from {other.speed:,.0f} target tokens a second, {more:.2g} times as "
            f"many as the quickest that goes step by step ({one.title}). A GPU favours it more. Answers are "
            f"written token by token by all of them: {other.point.latency:,.0f} ms a sentence that comes alone, and "
            f"{one.point.latency:,.0f} ms."
        ),
        shown=more > 1,
        about="cost",
    )


def _quickest(those: Sequence[Measured]) -> Measured:
    return max(those, key=lambda each: each.speed)


def _taken(found: FamilyComparison) -> Said:
    best = found.best
    near = [each for each in found.families if each is not best and found.difference(best, each).p >= _CHANCE]
    fastest = max([best, *near], key=lambda each: each.point.rate)
    told = f"{best.title}: {best.score.name} {best.score.shown(best.score.value)}"
    if near:
        told += f". {_listed([each.title for each in near])} may be as good: these sentences are too few to tell"
    if fastest is not best:
        told += f"; the fastest of these is {fastest.title}, {fastest.point.rate:,.0f} sentences a second"
    return Said(question="Which is best on these pairs, in this time?", answer=f"{told}.", shown=not near)


def _listed(names: Sequence[str]) -> str:
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
