"""`seqloom predict`: one answer a line, in the order asked."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

from cyclopts import Parameter

from seqloom.cli.options import Device, Engine, Given, Overrides, Task, Trust, given_by, importing, named
from seqloom.core.errors import RecipeError, SeqloomError

if TYPE_CHECKING:
    from seqloom.workflow.resuming import Draft
    from seqloom.workflow.written import Flow, Form

__all__ = ["predict"]

_TOLD = 100
"""Kinds of errors that are told of one question: were each of a million another one, nobody would read them."""


def predict(
    model: Path,
    file: str = "-",
    /,
    *,
    out: Annotated[Path | None, Parameter(name=("--out", "-o"))] = None,
    restart: Annotated[bool, Parameter(negative=())] = False,
    prior: int | None = None,
    beam: int | None = None,
    nbest: int | None = None,
    sample: Annotated[bool, Parameter(negative=())] = False,
    temperature: float = 1.0,
    top_k: int | None = None,
    top_p: float | None = None,
    min_p: float | None = None,
    seed: int = 1,
    min_length: int = 0,
    max_length: int | None = None,
    length_penalty: Literal["none", "average", "wu"] | None = None,
    alpha: float | None = None,
    set_: Overrides = (),
    with_: Given = (),
    min_confidence: float | None = None,
    as_json: Annotated[bool, Parameter(name="--json", negative=())] = False,
    task: Task = None,
    engine: Engine = "auto",
    device: Device = "cpu",
    trust: Trust = (),
) -> None:
    """Answer each line of a file, or of standard input as the lines come.

    An empty line has an empty answer; a source too long for the model is answered sentence by sentence. With `--nbest`
    each answer is a line of its own: the source's number, the score and the text, with tabs between them. A task may
    know the name's ending in `-o`: tags go to `….conll` as a word and its tag a line.

    A file of any length takes the same memory. With `-o` a command that was killed goes on where it was when it is
    given again, as long as the file is one that can be read again.

    With `--min-confidence` two columns stand before all others: `?` where the answer is less sure than that and a
    person should see it, else nothing; and the confidence. The last line, on standard error, counts such answers. A
    confidence is the chance that the answer is right or, where answers are not just right or wrong, the quality to be
    expected of it, as far as the model's validation pairs tell; `seqloom evaluate` says how far to rely on it.

    Parameters
    ----------
    model
        A model folder.
    file
        A source a line; of a table (TSV, CSV, JSONL) its column of sources. `-` is standard input.
    out
        Write there; the file appears when it is complete. Until then the answers are in `….part` beside it.
    restart
        Begin anew, whatever a command that was killed left for this `-o`.
    prior
        Read nothing: answer so many draws from the prior of a model with a latent encoder. `--seed` says which.
    beam
        Width of the search; by default the recipe's. 1 is greedy.
    nbest
        Answers for each source. Left out: one, which of some tasks is a list.
    sample
        Draw answers instead of searching for the best.
    temperature
        When drawing: below 1 prefers likely tokens, above 1 unlikely ones.
    top_k
        When drawing: only among so many likeliest tokens.
    top_p
        When drawing: only among the likeliest tokens that together reach this probability.
    min_p
        When drawing: only among tokens at least this share as likely as the likeliest.
    seed
        When drawing: another seed, another answer.
    min_length
        Tokens of an answer at least.
    max_length
        And at most.
    length_penalty
        What an answer's log-probability is divided by: nothing, its length, or as Wu et al. 2016 do.
    alpha
        How strongly.
    set_
        Any key of the recipe's `answers` anew: `--set answers.search.kind=diverse`. See the guide's page on search.
    with_
        A column that every question has, whatever the file says of it: `--with to=fr`.
    min_confidence
        Mark the answers that are less sure than this, from 0 to 1, for a person to see; in JSON by `review`.
    as_json
        Print an object a line: text, score, confidence, tokens and theirs, alternatives.
    task
        One of the further tasks that the model was trained for; by default the main one.
    engine
        What answers: own, ctranslate2 or onnx; by default the fastest that can, of those that are there.
    device
        Where to compute: cpu, cuda or auto.
    trust
        Packages whose parts the model may run.
    """
    with importing():
        from seqloom.data.opening import flows
        from seqloom.workflow.answers import listed
        from seqloom.workflow.asking import asking_of
        from seqloom.workflow.feeds import Pipe, Question, Ready
        from seqloom.workflow.loading import load
        from seqloom.workflow.rows import questions_of
        from seqloom.workflow.watching import Lines, watch
        from seqloom.workflow.written import form_of

    if min_confidence is not None and not 0 <= min_confidence <= 1:
        raise RecipeError(f"`--min-confidence` must be from 0 to 1, but is {min_confidence:g}.")
    loaded = load(model, engine=engine, device=device, trust=trust)
    loaded = loaded if task is None else loaded.task(task)
    list_of = min(loaded.doing.at_once, beam or loaded.doing.at_once) if nbest is None else 1
    asking = asking_of(
        loaded.recipe.answers,
        beam=beam,
        nbest=list_of if nbest is None else nbest,
        sample=sample,
        temperature=temperature,
        top_k=top_k,
        top_p=top_p,
        min_p=min_p,
        seed=seed,
        min_length=min_length,
        max_length=max_length,
        length_penalty=length_penalty,
        alpha=alpha,
        set=set_,
    )
    channels, given = loaded.numbering.channels, given_by(with_)
    if min_confidence is not None and "target" in channels:
        raise RecipeError("`--min-confidence` must be left out: an answer that is a series of numbers has none.")
    form = form_of(out, loaded.doing, nbest=nbest or 1, least=min_confidence, as_json=as_json)
    once = prior is not None or flows(named(file))
    terms = None
    if out is not None and not once:
        from seqloom.workflow.resuming import terms_of

        terms = terms_of(model, asking, form, engines=loaded.engines, task=task, given=given)
    told: set[str] = set()
    with _output(out, terms, form, restart=restart) as output:
        if prior is None:
            rows = output.rest(lambda: questions_of(named(file), loaded.recipe, channels=channels, given=given))
            questions = (Question(text=row.source, extras=row.extras) for row in rows)
            # What can be read again is read in turn, so that the same command computes the same.
            feed = Pipe(questions) if once else Ready(questions)
            answers = loaded.answers(feed, asking, first=output.tally.answered)
            total: Lines | int | None = None if once else Lines(named(file), encoding=loaded.recipe.data.encoding)
        else:
            output.rest(lambda: iter(()))
            answers, total = loaded.imagined(prior, asking, seed=seed), prior
        if before := output.tally.answered:
            print(f"{out}: goes on at source {before + 1:,}, for {before:,} are answered.", file=sys.stderr, flush=True)
        try:
            with watch(total=total, before=before, into_file=out is not None) as watched:
                for answer in answers:
                    output.put(listed(answer, loaded.doing) if list_of > 1 else answer)
                    watched.at(output.saved)
                    if answer.error is not None and answer.error not in told and len(told) < _TOLD:
                        told.add(answer.error)  # what is wrong with all of them is said once
                        print(f"source {output.tally.answered}: {answer.error}", file=sys.stderr, flush=True)
                output.save()
                watched.at(output.saved)
        except KeyboardInterrupt:
            if terms is not None:
                print(f"{out}: interrupted; the same command goes on where it was.", file=sys.stderr)
            raise
    tally = output.tally
    if min_confidence is not None:
        fitted = loaded.calibration.fitted
        print(_counted(tally.unsure, tally.answered, min_confidence, fitted=fitted), file=sys.stderr)
    if tally.failed:
        one = "it has" if tally.failed == 1 else "they have"
        raise SeqloomError(
            f"{tally.failed:,} of {tally.answered:,} sources could not be answered; {one} an empty line."
        )


def _counted(unsure: int, number: int, least: float, *, fitted: str) -> str:
    """How much there is for a person to do, and whether the confidences it rests on were ever fitted to anything."""
    doubt = "" if fitted else " This model's confidences were not calibrated: `seqloom train --valid` does that."
    if not unsure:
        return f"None of {number:,} answers is below {least:g}.{doubt}"
    verb, them = ("is", "it") if unsure == 1 else ("are", "them")
    return f"{unsure:,} of {number:,} answers {verb} below {least:g}: look at {them}.{doubt}"


@contextmanager
def _output(out: Path | None, terms: dict[str, Any] | None, form: "Form", *, restart: bool) -> "Iterator[Flow | Draft]":
    """Standard output, or a file that is complete when it has its name."""
    from seqloom.workflow.resuming import drafted
    from seqloom.workflow.written import Flow

    if out is None:
        sys.stdout.reconfigure(encoding="utf-8")  # type: ignore[union-attr]
        yield Flow(sys.stdout, form)
        return
    if out.exists() and not out.is_file() and not out.is_dir():  # a device takes what comes, and has no other name
        with out.open("w", encoding="utf-8", newline="\n") as stream:
            yield Flow(stream, form)
        return
    with drafted(out, terms, form, restart=restart) as draft:
        yield draft
