"""A real server on loopback, with a model of two languages, one of several, and one that talks."""

from __future__ import annotations

import random
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

import seqloom
from seqloom.serve.house import House, open_house
from seqloom.serve.server import Server, bind
from seqloom.serve.settings import ServeSettings
from seqloom.workflow.loading import load
from seqloom.workflow.speaker import Speaker

ENGLISH = ["red", "blue", "cat", "dog", "one", "two", "sun", "sea", "tea", "milk", "我"]
FRENCH = ["rouge", "bleu", "chat", "chien", "un", "deux", "soleil", "mer", "thé", "lait", "je"]
GERMAN = ["rot", "blau", "Katze", "Hund", "eins", "zwei", "Sonne", "See", "Tee", "Milch", "ich"]

SMALL = """
[data]
tokenizer = { kind = "word", split = "space" }
batches.tokens = 512

[model]
encoder = { kind = "recurrent", width = 32 }
decoder = { kind = "recurrent", width = 32 }
source.width = 32
target.width = 32

[training]
steps = 150
warmup = 10
rate = 0.01
validate_every = 150
threads = 1

[evaluation]
pairs = 10

[answers]
beam = 2
"""

MANY = f"""{SMALL}
[task]
kind = "translation"
"""

TALK = f"""{SMALL.replace("steps = 150", "steps = 40").replace("validate_every = 150", "validate_every = 40")}
max_length = 6

[task]
kind = "dialogue"
turns = 3
"""
TALK = TALK.replace("[data]", '[data]\nspecial_tokens = ["<you>", "<me>"]\nmax_source = 0')


def phrases(words: list[str]) -> list[str]:
    """The same ones in each language."""
    dice = random.Random(1)
    return [
        " ".join(words[place] for place in dice.choices(range(len(words)), k=dice.randint(1, 4))) for _ in range(200)
    ]


@dataclass(frozen=True, kw_only=True)
class Home:
    address: str
    house: House
    speakers: dict[str, Speaker]
    """The same models, asked without a server."""


@pytest.fixture(scope="session")
def folders(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    at = tmp_path_factory.mktemp("clients")
    english, french, german = map(phrases, (ENGLISH, FRENCH, GERMAN))
    for name, recipe in (("small", SMALL), ("many", MANY), ("talk", TALK)):
        (at / f"{name}.toml").write_text(recipe, encoding="utf-8")
    for language, said in (("de", german), ("en", english)):
        (at / f"train.{language}").write_text("\n".join(said) + "\n", encoding="utf-8")
    pairs = [*zip(english, french, strict=True)]
    seqloom.train(at / "small.toml", train=pairs[:190], valid=pairs[190:], out=at / "small", verbose=False)
    seqloom.train(at / "many.toml", train=f"{at / 'train.de'},{at / 'train.en'}", out=at / "many", verbose=False)
    names = ["ann", "bob", "cat", "dan", "eve"]
    talks = "".join(f"i am {name}\thello {name}\twho am i\tyou are {name}\n" for name in names * 12)
    (at / "talks.tsv").write_text(talks, encoding="utf-8")
    seqloom.train(at / "talk.toml", train=str(at / "talks.tsv"), out=at / "talk", verbose=False)
    return {name: at / name for name in ("small", "many", "talk")}


@pytest.fixture(scope="session")
def speakers(folders: dict[str, Path]) -> dict[str, Speaker]:
    return {name: load(folder) for name, folder in folders.items()}


@pytest.fixture(scope="session")
def home(folders: dict[str, Path], speakers: dict[str, Speaker]) -> Iterator[Home]:
    yield from running(folders, speakers, ServeSettings(reload_every=0))


@pytest.fixture(scope="session")
def locked(folders: dict[str, Path], speakers: dict[str, Speaker]) -> Iterator[Home]:
    """The same behind a key, with less patience for what is long."""
    settings = ServeSettings(reload_every=0, keys=("correct horse battery",), max_text=60, max_body=100_000)
    yield from running(folders, speakers, settings)


def running(folders: dict[str, Path], speakers: dict[str, Speaker], settings: ServeSettings) -> Iterator[Home]:
    house = open_house(folders, settings, languages={"small": [("en", "fr")]})
    bound = bind("127.0.0.1", 0)
    ready = threading.Event()
    server = Server(house, settings, ready=ready.set)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [bound]}, daemon=True)
    thread.start()
    assert ready.wait(60)
    yield Home(address=f"http://127.0.0.1:{bound.getsockname()[1]}", house=house, speakers=speakers)
    server.should_exit = server.force_exit = True
    thread.join(30)
    assert not thread.is_alive()
