"""Who trains what, and how each is started."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from string import Template
from typing import Literal

__all__ = ["CONTESTANTS", "Contestant", "Task"]

HERE = Path(__file__).parent
Task = Literal["transformer", "recurrent", "conv"]
Precision = Literal["fp32", "bf16"]


@dataclass(frozen=True, kw_only=True)
class Contestant:
    """A program in one of its settings."""

    name: str
    task: Task
    precision: Precision = "fp32"
    tokens: int = 0
    """Of a batch, as the program counts them; 0: as its recipe says."""
    environment: str = ""
    """The peer's, made by setup.sh; empty: Seqloom's own."""
    config: str = ""
    """A file in configs/, filled in and written where the program finds it."""
    counted: tuple[str, ...] = ()
    """How its ids are to be read: arguments of metered.py."""
    command: tuple[str, ...]
    """With $bin, $here, $tokens, $precision and $config."""

    @property
    def ours(self) -> bool:
        return not self.environment

    @property
    def setting(self) -> str:
        return f"{self.precision}, {self.tokens}" if self.tokens else self.precision

    @property
    def key(self) -> str:
        """What `--only` looks for."""
        return "-".join([self.name.lower().replace(" ", "-"), self.task, self.precision, str(self.tokens or "own")])

    def bin(self, peers: Path) -> Path:
        return Path(sys.executable).parent if self.ours else peers / f"venv-{self.environment}" / "bin"

    def missing(self, peers: Path) -> bool:
        return not self.bin(peers).is_dir()

    def prepare(self, peers: Path) -> list[str]:
        """Write what it reads, and give what starts it in the peers' folder."""
        names = {
            "bin": str(self.bin(peers)),
            "here": str(HERE),
            "name": self.key,
            "tokens": str(self.tokens),
            "precision": self.precision,
            "config": f"cfg/{self.key}.yaml",
        }
        if self.config:
            filled = Template((HERE / "configs" / self.config).read_text("utf-8")).substitute(names)
            (peers / "cfg").mkdir(exist_ok=True)
            (peers / names["config"]).write_text(filled, "utf-8")
        meter = () if self.ours else (str(HERE / "metered.py"), *self.counted, "--")
        return [names["bin"] + "/python", *meter, *(Template(each).substitute(names) for each in self.command)]


def seqloom(task: Task, precision: Precision = "fp32") -> Contestant:
    return Contestant(name="Seqloom", task=task, precision=precision, command=("$here/ours.py", task, "$precision"))


def hugging_face(tokens: int, precision: Precision = "fp32") -> Contestant:
    return Contestant(
        name="Hugging Face trainer",
        task="transformer",
        precision=precision,
        tokens=tokens,
        environment="hf",
        counted=("--pad", "8000", "--begins", "start"),
        command=("$here/hugging_face.py", "$tokens", "$precision"),
    )


def plain_loop(tokens: int, precision: Precision = "fp32") -> Contestant:
    more = ("--bf16",) if precision == "bf16" else ()
    return Contestant(
        name="Hugging Face in a plain loop",
        task="transformer",
        precision=precision,
        tokens=tokens,
        environment="hf",
        counted=("--pad", "8000", "--begins", "start"),
        command=("$here/plain_loop.py", ".", "--measure", "3600", "--dropout", "0.3", "--tokens", "$tokens", *more),
    )


def opennmt(task: Task, tokens: int, precision: Precision = "fp32") -> Contestant:
    return Contestant(
        name="OpenNMT-py",
        task=task,
        precision=precision,
        tokens=tokens,
        environment="onmt",
        config="onmt_tf.yaml" if task == "transformer" else "onmt_rnn.yaml",
        counted=("--pad", "1", "--begins", "bos"),
        command=("$bin/onmt_train", "-config", "$config"),
    )


def eole(tokens: int, precision: Precision = "fp32") -> Contestant:
    return Contestant(
        name="Eole",
        task="transformer",
        precision=precision,
        tokens=tokens,
        environment="eole",
        config="eole_tf.yaml",
        counted=("--pad", "1", "--begins", "bos"),
        command=("$bin/eole", "train", "-c", "$config"),
    )


def joey(task: Task, tokens: int) -> Contestant:
    return Contestant(
        name="Joey NMT",
        task=task,
        tokens=tokens,
        environment="joey",
        config="joey_tf.yaml" if task == "transformer" else "joey_rnn.yaml",
        counted=("--pad", "1", "--begins", "bos"),
        command=("-m", "joeynmt", "train", "-t", "$config"),
    )


# Each peer with small batches, which a processor's caches hold, and with those that it is usually run with (README.md).
CONTESTANTS: Sequence[Contestant] = (
    seqloom("transformer"),
    seqloom("transformer", "bf16"),
    hugging_face(1024),
    hugging_face(1024, "bf16"),
    hugging_face(4096),
    plain_loop(1000),
    plain_loop(2000),
    plain_loop(1000, "bf16"),
    opennmt("transformer", 1024),
    opennmt("transformer", 4096),
    eole(1024),
    eole(1024, "bf16"),
    eole(4096),
    joey("transformer", 1024),
    joey("transformer", 4096),
    seqloom("recurrent"),
    opennmt("recurrent", 1024),
    opennmt("recurrent", 4096),
    joey("recurrent", 1024),
    joey("recurrent", 4096),
    seqloom("conv"),
)
