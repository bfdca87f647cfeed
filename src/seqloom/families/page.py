"""The comparison as a page: what was found in words, charts, and answers side by side."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from seqloom.families.comparison import FamilyComparison, Measured
from seqloom.families.findings import findings_of
from seqloom.families.table import with_interval
from seqloom.pages import (
    Bars,
    Block,
    Code,
    Column,
    Finding,
    Line,
    Lines,
    Page,
    Prose,
    Section,
    SideBySide,
    Table,
    Tile,
    Tiles,
    number,
)

__all__ = ["page_of"]

_SAMPLES = (0.1, 0.4, 0.7, 0.9, 0.99)
"""Of the lengths of the sources: one of the short ones, … one of the longest."""


def page_of(found: FamilyComparison) -> Page:
    return Page(
        title=f"{len(found.families)} families, {found.length} each",
        lead=(
            f"Trained on the same {found.pairs:,} pairs with the same vocabulary, from the same seed and for as long; "
            f"measured on {len(found.tested):,} sentences of {found.on}."
        ),
        sections=[
            _overview(found),
            *_by_length(found),
            _learning(found),
            _costs(found),
            _samples(found),
            _how(found),
        ],
        foot="Made by `seqloom families`.",
    )


def _overview(found: FamilyComparison) -> Section:
    scores = [score.name for score in found.families[0].point.scores]
    columns = [Column(title="family", kind="name")]
    columns += [Column(title=each, kind="number") for each in scores]
    columns += [
        Column(title=each, kind="number")
        for each in ("sentences/s", "ms alone", "MB memory", "parameters", "steps", "tokens learnt", "epochs")
    ]
    best = found.best
    fastest = max(found.families, key=lambda each: each.point.rate)
    smallest = min(found.families, key=lambda each: each.point.memory)
    learner = max(found.families, key=lambda each: each.trained.tokens)
    tiles = [
        Tile(name="best", value=best.score.shown(best.score.value), note=f"{best.score.name}: {best.title}"),
        Tile(name="fastest answers", value=f"{fastest.point.rate:,.0f}/s", note=fastest.title),
        Tile(name="least memory", value=f"{smallest.point.memory:,.0f} MB", note=smallest.title),
        Tile(name="learnt from most", value=f"{number(round(learner.trained.tokens))} tokens", note=learner.title),
    ]
    blocks: list[Block] = [Tiles(tiles=tiles)]
    blocks += [
        Finding(level="good" if said.shown and said.about != "cost" else "note", title=said.question, text=said.answer)
        for said in findings_of(found)
    ]
    blocks += [Finding(level="warn", title=each) for each in found.warnings]
    blocks.append(
        Table(
            caption="All that was measured",
            columns=columns,
            rows=[_row(each) for each in found.families],
            note="; ".join(f"{score.name}: `{score.signature}`" for score in found.families[0].point.scores),
        )
    )
    return Section(title="What came out", blocks=blocks)


def _row(each: Measured) -> list[str | float | None]:
    scores = [
        with_interval(score) if not place else score.shown(score.value) for place, score in enumerate(each.point.scores)
    ]
    point, trained = each.point, each.trained
    memory = f"{point.memory:,.0f}" if point.memory else None
    speed = [f"{point.rate:,.1f}", f"{point.latency:,.1f}", memory]
    taught = [f"{trained.steps:,}", f"{trained.tokens:,.0f}", f"{trained.epochs:.1f}"]
    return [each.title, *scores, *speed, f"{trained.parameters:,}", *taught]


def _by_length(found: FamilyComparison) -> Iterator[Section]:
    if len(found.bins) < 2:
        return
    name = found.families[0].score.name
    means = [each.mean for each in found.bins]
    chart = Lines(
        caption=f"{name} by the length of the source",
        alt=f"A line a family: {name} from {found.bins[0]} source tokens to {found.bins[-1]}.",
        lines=[Line(name=each.title, x=means, y=[one.value for one in each.by_length]) for each in found.families],
        x="source tokens",
        y=name,
        from_zero=found.families[0].score.higher_is_better,
    )
    table = Table(
        caption="The same with 95 % intervals",
        columns=[
            Column(title="source tokens", kind="name"),
            *(Column(title=str(each), kind="number") for each in found.bins),
        ],
        rows=[
            ["sentences", *(len(each.places) for each in found.bins)],
            *([each.title, *(with_interval(score) for score in each.by_length)] for each in found.families),
        ],
    )
    yield Section(
        title="By length",
        lead=(
            "An encoder without attention leaves one vector of one size, whatever it has read. What attends looks at "
            "every position again with each token that it writes."
        ),
        blocks=[chart, table],
    )


def _learning(found: FamilyComparison) -> Section:
    name = found.families[0].score.name
    lines = [
        Line(name=each.title, x=[x for x, _ in each.trained.curve], y=[y for _, y in each.trained.curve])
        for each in found.families
        if each.trained.curve
    ]
    blocks: list[Block] = [Prose(text="There were no validation pairs, so nothing was measured on the way.")]
    if lines:
        blocks = [
            Lines(
                caption=f"{name} of the validation pairs over the seconds of training",
                alt=f"A line a family: {name} at each validation.",
                lines=lines,
                x="seconds",
                y=name,
                from_zero=found.families[0].score.higher_is_better,
            ),
            Bars(
                caption="Target tokens learnt from in that time, repetitions counted",
                alt="A bar a family.",
                bars={each.title: each.trained.tokens for each in found.families},
                notes={
                    each.title: f"{each.trained.tokens:,.0f}, {each.speed:,.0f} a second" for each in found.families
                },
            ),
        ]
    lead = "Validated greedily while it learns; the rate falls to nothing at the end, and so the last steps bring much."
    return Section(title="While they learn", lead=lead, blocks=blocks)


def _costs(found: FamilyComparison) -> Section:
    def bars(caption: str, value: Callable[[Measured], float], unit: str) -> Bars:
        return Bars(
            caption=caption,
            alt="A bar a family.",
            bars={each.title: value(each) for each in found.families},
            notes={each.title: f"{value(each):,.0f}{unit}" for each in found.families},
        )

    searched = found.families[0].point.searched
    blocks: list[Block] = [
        SideBySide(
            blocks=[
                bars(f"Sentences a second, many together, {searched}", lambda each: each.point.rate, ""),
                bars("A sentence that comes alone, the median", lambda each: each.point.latency, " ms"),
                bars("Most memory of the process that answers", lambda each: each.point.memory, " MB"),
                bars("Parameters", lambda each: each.trained.parameters, ""),
            ]
        )
    ]
    return Section(
        title="What they cost",
        lead="On the processor, by our own engine, each in a process of its own, one after the other, round by round.",
        blocks=blocks,
    )


def _samples(found: FamilyComparison) -> Section:
    order = sorted(range(len(found.tested)), key=lambda place: len(found.tested[place].source))
    places = dict.fromkeys(order[min(len(order) - 1, int(share * len(order)))] for share in _SAMPLES)
    tables = [
        Table(
            caption=f"Sentence {place + 1:,}",
            columns=[Column(title="", kind="name"), Column(title="", kind="sample")],
            rows=[
                ["source", found.tested[place].source],
                ["reference", found.tested[place].references[0]],
                *([each.title, each.answers[place] or "(nothing)"] for each in found.families),
            ],
        )
        for place in places
    ]
    return Section(title="Side by side", lead="From a short sentence to one of the longest.", blocks=tables)


def _how(found: FamilyComparison) -> Section:
    rows: list[list[str | float | None]] = [
        [each.title, each.family.name, each.family.recipe, each.trained.built] for each in found.families
    ]
    text = (
        "Size is comparable, not equal: a family's layers and widths are those of its recipe. Batches, dropout and the "
        "optimizer are those that the recipe `translation` takes for so much time; rate, warm-up and clipping are each "
        "recipe's own. Time is the only end of a training, and the weights with the best validation are kept."
    )
    blocks: list[Block] = [
        Prose(text=text),
        Table(
            caption="What each is",
            columns=[
                Column(title="family", kind="name"),
                Column(title="folder"),
                Column(title="recipe"),
                Column(title="encoder → decoder"),
            ],
            rows=rows,
        ),
    ]
    if found.overrides:
        blocks.append(Code(text="\n".join(f"--set {each}" for each in found.overrides), caption="Set for all of them"))
    return Section(title="How it was measured", blocks=blocks)
