"""`seqloom chat`: a conversation with a model."""

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import Parameter

from seqloom.cli.options import Device, Engine, Overrides, Trust, importing, tell

if TYPE_CHECKING:
    from seqloom.workflow.chatting import Conversation

__all__ = ["chat"]

_HELP = "/new begins anew, /undo takes back the last question, /quit or Ctrl-D ends it."


def chat(
    model: Path,
    /,
    *,
    beam: int | None = None,
    sample: Annotated[bool, Parameter(negative=())] = False,
    temperature: float = 1.0,
    top_k: int | None = None,
    top_p: float | None = None,
    min_p: float | None = None,
    seed: int = 1,
    max_length: int | None = None,
    set_: Overrides = (),
    engine: Engine = "auto",
    device: Device = "cpu",
    trust: Trust = (),
) -> None:
    """Talk to a model: a line, its answer while it is found, the next line.

    The model sees as many of the last turns as its task looks back at. `/new` begins anew, `/undo` takes back the last
    question with its answer, `/quit` or Ctrl-D ends the conversation; Ctrl-C ends an answer that goes on too long.

    Where lines come through a pipe there is an answer a line and nothing else; an empty line is passed over.

    Parameters
    ----------
    model
        A model folder.
    beam
        Width of the search; by default the recipe's. 1 is greedy, and streams best.
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
        When drawing: another seed, another conversation.
    max_length
        Tokens of an answer at most.
    set_
        Any key of the recipe's `answers` anew: `--set answers.search.kind=diverse`.
    engine
        What answers: own, ctranslate2 or onnx; by default the fastest that can, of those that are there.
    device
        Where to compute: cpu, cuda or auto.
    trust
        Packages whose parts the model may run.
    """
    with importing():
        from seqloom.workflow.asking import asking_of
        from seqloom.workflow.chatting import Conversation
        from seqloom.workflow.loading import load

    loaded = load(model, engine=engine, device=device, trust=trust)
    conversation = Conversation(
        loaded,
        beam=beam,
        sample=sample,
        temperature=temperature,
        top_k=top_k,
        top_p=top_p,
        min_p=min_p,
        seed=seed,
        max_length=max_length,
        set=set_,
    )
    asking_of(loaded.recipe.answers, **conversation.how)  # what cannot be is said before anybody has typed a line
    for line in _lines():
        if line == "/quit":
            return
        if line == "/new":
            conversation.new()
        elif line == "/undo":
            if conversation.undo() is None:
                tell("there is nothing to take back.")
        elif line.startswith("/"):
            tell(f"`{line.split()[0]}` is no command: {_HELP}")
        elif line:
            _answer(conversation, line)


def _lines() -> Iterator[str]:
    """What is typed, with a mark to type behind; or what comes through a pipe, without."""
    sys.stdout.reconfigure(encoding="utf-8")  # type: ignore[union-attr]
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        sys.stdin.reconfigure(encoding="utf-8", errors="replace")  # type: ignore[union-attr]
        for line in sys.stdin:
            yield line.strip()
        return
    import readline  # noqa: F401 - gives `input` its history and arrow keys

    tell(_HELP)
    while True:
        try:
            line = input("> ")
        except EOFError:
            print()
            return
        yield line.strip()


def _answer(conversation: "Conversation", line: str) -> None:
    from seqloom.core.errors import SeqloomError

    try:
        for piece in conversation.say(line):
            print(piece, end="", flush=True)
    except SeqloomError as error:  # the next line may do
        tell(str(error))
    except KeyboardInterrupt:
        if not sys.stdin.isatty():
            raise
        tell(" … cut off; it is not remembered.")
    print(flush=True)
