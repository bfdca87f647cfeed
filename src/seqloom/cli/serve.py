"""`seqloom serve`: models behind a port."""

from dataclasses import replace
from importlib.util import find_spec
from ipaddress import ip_address
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from seqloom.cli.options import Engine, Trust, importing, tell
from seqloom.core.errors import MissingExtraError, RecipeError

__all__ = ["serve"]

Words = Annotated[tuple[str, ...], Parameter(consume_multiple=True, negative=(), show_default=False)]


def serve(
    *models: str,
    host: str = "127.0.0.1",
    port: int = 8000,
    api_key_file: Path | None = None,
    cors: Words = (),
    languages: Words = (),
    pairs: Words = (),
    runs: Path | None = None,
    otlp: str = "",
    patterns: Annotated[bool, Parameter(negative=())] = False,
    max_queue: int = 256,
    max_client: int = 0,
    max_body: int = 4 << 20,
    max_text: int = 10_000,
    deadline: float = 60.0,
    drain: float = 30.0,
    reload_every: float = 2.0,
    cache: int = 1024,
    engine: Engine = "auto",
    trust: Trust = (),
) -> None:
    """Serve models over HTTP: translation, chat, answers of any task, whole or piece by piece.

    It speaks its own API, LibreTranslate's and OpenAI's, and has a page to try it all at `/`. Questions that come at
    the same time share the model's steps. A model whose folder is replaced is read anew, and no request is lost by it.

    Parameters
    ----------
    models
        Model folders, each by its name or as `NAME=FOLDER`. Who names no model asks the first one.
    host
        Where to listen; by default this machine alone can ask.
    port
        0 takes any that is free. The line that says it is ready says which.
    api_key_file
        Answer only who has a key of this file: one a line, `#` begins a comment.
    cors
        Origins whose pages may ask, such as https://example.org; by default none.
    languages
        What models translate that do not say so themselves: `NAME=de:en`.
    pairs
        Pairs that a model has learnt from, of which it may show the nearest to a text: `NAME=FILE`.
    runs
        A folder of training runs, for the page to show.
    otlp
        Address of a collector of OpenTelemetry, such as http://127.0.0.1:4318, to be told of every request.
    patterns
        Take regular expressions and JSON schemas as constraints from clients. A hostile one keeps a core busy.
    max_queue
        Questions to a model that may be under way; beyond it, clients are told to come again.
    max_client
        Requests of one client that may be under way; 0: any number.
    max_body
        Bytes of a request.
    max_text
        Characters of a question.
    deadline
        Seconds for a request's answer.
    drain
        Seconds for what was accepted when the server is told to stop.
    reload_every
        Seconds between two looks at the models' folders; 0: never look.
    cache
        Answers that are remembered for each model; 0: none.
    engine
        What answers: own, ctranslate2 or onnx; by default the fastest that can, of those that are there.
    trust
        Packages whose parts the models may run.
    """
    if any(find_spec(name) is None for name in ("fastapi", "uvicorn", "prometheus_client")):
        raise MissingExtraError("seqloom serve", extra="serve")
    with importing():
        from seqloom.core.settings import parse
        from seqloom.serve.house import open_house
        from seqloom.serve.journal import show_journal
        from seqloom.serve.keys import read_keys
        from seqloom.serve.server import bind
        from seqloom.serve.server import serve as run
        from seqloom.serve.settings import ServeSettings

    said = {
        "max_queue": max_queue,
        "max_client": max_client,
        "max_body": max_body,
        "max_text": max_text,
        "deadline": deadline,
        "drain": drain,
        "reload_every": reload_every,
        "cache": cache,
    }
    settings = replace(
        parse(ServeSettings, said, where="seqloom serve"),
        engine=engine,
        trust=trust,
        keys=read_keys(api_key_file) if api_key_file else (),
        cors=cors,
        runs=runs,
        otlp=otlp,
        patterns=patterns,
    )
    folders = _named(models)
    spoken, learnt = _directions(languages), _files(pairs)
    with bind(host, port) as bound:
        house = open_house(folders, settings, languages=spoken, pairs=learnt)
        if not settings.keys and not _is_loopback(host):
            tell(f"{host}: anybody who reaches this address may ask. `--api-key-file` lets only those who have a key.")
        show_journal()
        address = f"http://{f'[{host}]' if ':' in host else host}:{bound.getsockname()[1]}"
        run(house, settings, bound, ready=lambda: print(f"{address} serves {', '.join(folders)}", flush=True))


def _named(models: tuple[str, ...]) -> dict[str, Path]:
    if not models:
        raise RecipeError("`MODEL` must be a model folder, but there is none. Name one, or several as `NAME=FOLDER`.")
    found: dict[str, Path] = {}
    for model in models:
        name, equals, folder = model.partition("=")
        path = Path(folder if equals else model)
        name = name if equals else path.name or path.resolve().name
        if not name or name in found:
            raise RecipeError(f"`{model}` must have a name of its own, but has `{name}`. Write `NAME={path}`.")
        found[name] = path
    return found


def _directions(languages: tuple[str, ...]) -> dict[str, list[tuple[str, str]]]:
    found: dict[str, list[tuple[str, str]]] = {}
    for each in languages:
        name, _, pair = each.rpartition("=")
        source, colon, target = pair.partition(":")
        if not (name and source and colon and target):
            raise RecipeError(f"`--languages {each}` must be of the form `NAME=de:en`.")
        found.setdefault(name, []).append((source, target))
    return found


def _files(pairs: tuple[str, ...]) -> dict[str, str]:
    found: dict[str, str] = {}
    for each in pairs:
        name, equals, file = each.partition("=")
        if not (name and equals and file) or name in found:
            raise RecipeError(f"`--pairs {each}` must be of the form `NAME=FILE`, once for each model.")
        found[name] = file
    return found


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False
