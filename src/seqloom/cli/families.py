"""`seqloom families`: five ways to turn one sequence into another, on the same pairs and in the same time."""

import json
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from seqloom.cli.options import Device, Files, Overrides, importing, named_all, tell

__all__ = ["families"]


def families(
    *pairs: str,
    out: Annotated[Path | None, Parameter(name=("--out", "-o"))] = None,
    budget: str = "10m",
    valid: Files = (),
    test: str | None = None,
    only: Files = (),
    overrides: Overrides = (),
    html: Path | None = None,
    sentences: int = 1000,
    rounds: int = 3,
    as_json: Annotated[bool, Parameter(name="--json", negative=())] = False,
    device: Device = "auto",
) -> None:
    """Train five families of models on the same pairs, as long each, and show what each is worth on one page.

    They are a tanh RNN with one fixed vector, a GRU with additive attention, an LSTM with general attention and input
    feeding, gated convolutions, and a Transformer: of comparable size, with the same vocabulary and seed. The same
    command goes on where it was interrupted, and trains no family twice.

    Parameters
    ----------
    pairs
        Files to learn from, as `seqloom train --train` takes them.
    out
        The folder for all of it, a folder a family; by default `runs/families`.
    budget
        How long each family may take, such as 10m.
    valid
        Files to choose the best weights on. Without any, some of the training pairs are held out.
    test
        A file to measure on; by default the validation pairs.
    only
        Some of the families: rnn, gru, lstm, conv, transformer.
    overrides
        One setting for all of them: `--set data.tokenizer.kind=word`. May be given again.
    html
        The page; by default `families.html` in the folder.
    sentences
        The first so many test pairs are measured; 0: all.
    rounds
        How often everyone has its turn to be timed.
    as_json
        Print the figures instead of the tables.
    device
        Where to train: cpu, cuda or auto. Answers are timed on the processor.
    """
    with importing():
        from seqloom.core.errors import DataError, RecipeError
        from seqloom.core.files import write_json
        from seqloom.explain.pages import check_page
        from seqloom.families.comparison import measure_families
        from seqloom.families.family import chosen
        from seqloom.families.page import page_of
        from seqloom.families.table import lines_of
        from seqloom.families.training import Plan, train_families
        from seqloom.workflow.display import show
        from seqloom.workflow.training import parse_budget

    for name, number, least in (("rounds", rounds, 1), ("sentences", sentences, 0)):
        if number < least:
            raise RecipeError(f"`--{name}` must be at least {least}, but is {number}.")
    if not pairs:
        raise DataError("there is nothing to learn from. Name files of pairs: `seqloom families pairs.tsv`.")
    if html is not None:
        check_page(html)
    plan = Plan(
        families=chosen(only),
        out=out or Path("runs/families"),
        train=named_all(pairs),
        valid=named_all(valid),
        test=test,
        budget=parse_budget(budget),
        overrides=overrides,
        device=device,
    )
    trained = train_families(plan, watch=lambda events: show(events, last=lambda _: ()), tell=tell)
    tell("\nmeasuring")
    found = measure_families(trained, plan, sentences=sentences, rounds=rounds, tell=tell)
    page = html or plan.out / "families.html"
    page_of(found).write(page)
    write_json(plan.out / "families.json", found.to_data())
    if as_json:
        print(json.dumps(found.to_data(), ensure_ascii=False))
    else:
        for line in lines_of(found):
            print(line)
    tell(f"\nThe page is {page}; the models are in {plan.out}.")
