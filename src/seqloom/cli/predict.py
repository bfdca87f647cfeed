"""`seqloom predict`: one answer a line, in the order asked."""

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal, TextIO

from cyclopts import Parameter

from seqloom.cli.options import Device, Trust, named
from seqloom.core.errors import SeqloomError

if TYPE_CHECKING:
    from seqloom.workflow.answers import Answer

__all__ = ["predict"]


def predict(
    model: Path,
    file: str = "-",
    /,
    *,
    out: Annotated[Path | None, Parameter(name=("--out", "-o"))] = None,
    beam: int | None = None,
    nbest: int = 1,
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
    as_json: Annotated[bool, Parameter(name="--json", negative=())] = False,
    device: Device = "cpu",
    trust: Trust = (),
) -> None:
    """Answer each line of a file, or of standard input as the lines come.

    An empty line has an empty answer; a source too long for the model is answered sentence by sentence. With `--nbest`
    each answer is a line of its own: the source's number, the score and the text, with tabs between them.

    Parameters
    ----------
    model
        A model folder.
    file
        A source a line; of a table (TSV, CSV, JSONL) its column of sources. `-` is standard input.
    out
        Write there; the file appears when it is complete.
    beam
        Width of the search; by default the recipe's. 1 is greedy.
    nbest
        Answers for each source.
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
    as_json
        Print an object a line: text, score, confidence, tokens, alternatives.
    device
        Where to compute: cpu, cuda or auto.
    trust
        Packages whose parts the model may run.
    """
    from seqloom.workflow.answering import Pipe, asking_of
    from seqloom.workflow.model import load
    from seqloom.workflow.rows import sources_of

    asking = asking_of(
        beam=beam,
        nbest=nbest,
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
    )
    loaded = load(model, device=device, trust=trust)
    with _output(out) as stream:
        for number, answer in enumerate(loaded.answers(Pipe(sources_of(named(file), loaded.recipe)), asking), start=1):
            for line in _lines(number, answer, nbest=nbest, as_json=as_json):
                stream.write(line + "\n")
            stream.flush()


def _lines(number: int, answer: "Answer", *, nbest: int, as_json: bool) -> Iterator[str]:
    if as_json:
        yield json.dumps(answer.to_data(), ensure_ascii=False)
    elif nbest == 1:
        yield _one_line(answer.text)
    else:
        for each in (answer, *answer.alternatives):
            yield f"{number}\t{each.score:.4f}\t{_one_line(each.text)}"


def _one_line(text: str) -> str:
    """A line of output is an answer, whatever the model says."""
    return " ".join(text.splitlines()) if len(text.splitlines()) > 1 else text.strip("\r\n")


@contextmanager
def _output(out: Path | None) -> Iterator[TextIO]:
    """Standard output, or a file that is complete when it has its name."""
    if out is None:
        sys.stdout.reconfigure(encoding="utf-8")  # type: ignore[union-attr]
        yield sys.stdout
        return
    beside = out.with_name(out.name + ".part")
    try:
        with beside.open("w", encoding="utf-8", newline="\n") as stream:
            yield stream
        beside.replace(out)
    except OSError as error:
        raise SeqloomError(
            f"{out}: cannot be written: {error.strerror}. What was answered is in {beside.name}; choose another `-o`."
            if beside.exists()
            else f"{out}: cannot be written: {error.strerror}. Choose another `-o`."
        ) from error
