"""The kernels, compiled once a machine by the compiler that is found there."""

from __future__ import annotations

import ctypes
import os
import platform
import shlex
import shutil
import subprocess
import sysconfig
import tempfile
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Any

from seqloom.core.logging import logger

__all__ = ["OFF", "kernels"]

OFF = "SEQLOOM_NATIVE"
"""Set to 0, the variable keeps everything to torch."""

_SOURCES = sorted(Path(__file__).parent.glob("*.[ch]"))
# With -O3 the innermost loop spills its sums, and is a fifth slower.
_FLAGS = ["-O2", "-march=native", "-std=gnu11", "-fPIC", "-pthread", "-shared"]
_SECONDS = 120
_POINTER, _INT = ctypes.c_void_p, ctypes.c_int
_FUNCTIONS: tuple[tuple[Any, ...], ...] = (
    ("panel_width", _INT),
    ("knows_shorts", _INT),
    *((name, _INT, _POINTER, _POINTER, _POINTER) for name in ("conv_step", "recurrent_step", "transformer_step")),
    ("transformer_read", _INT, *[_POINTER] * 4, _INT, _INT, _POINTER),
    ("search_new", _POINTER, *[_POINTER] * 3, *[_INT] * 5),
    ("search_free", None, _POINTER),
    ("search_admit", _INT, _POINTER, _POINTER, ctypes.c_int64),
    ("search_leave", None, _POINTER, _INT),
    ("search_found", _INT, _POINTER, _INT, _POINTER),
    ("search_length", _INT, _POINTER, _INT),
    ("search_run", _INT, _POINTER, _INT, _INT, _POINTER, _POINTER),
)
"""Of the library: name, result and arguments."""


@cache
def kernels() -> ctypes.CDLL | None:
    """The library; None where it cannot be had, after a line in the log that says why."""
    if os.environ.get(OFF) == "0":
        return None
    try:
        return _load(_built())
    except (OSError, subprocess.SubprocessError) as error:
        said = getattr(error, "stderr", "") or str(error)
        logger.info(
            "The steps of a search are taken by torch, for their kernels do not compile: %s", said.strip()[-500:]
        )
        return None


def _load(path: Path) -> ctypes.CDLL:
    library = ctypes.CDLL(str(path))
    for name, result, *arguments in _FUNCTIONS:
        function = getattr(library, name)
        function.restype, function.argtypes = result, arguments
    return library


def _built() -> Path:
    """Where the library lies; compiled now if no one did it before for these sources, compiler and processor."""
    compiler = _compiler()
    asked = " ".join([*compiler, *_FLAGS, _processor()]).encode()
    name = sha256(b"\0".join([*(each.read_bytes() for each in _SOURCES), asked])).hexdigest()
    path = _kept() / f"kernels-{name[:16]}.so"
    if not path.is_file():
        path.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=path.parent) as beside:
            made = Path(beside) / path.name
            _compile(compiler, made)
            made.replace(path)  # in one go: several processes may compile at once
    return path


def _compile(compiler: list[str], path: Path) -> None:
    """With threads if the compiler has OpenMP; without it one thread does all."""
    ends = [*(str(each) for each in _SOURCES if each.suffix == ".c"), "-o", str(path), "-lm"]
    try:
        _run([*compiler, *_FLAGS, "-fopenmp", *ends])
    except subprocess.CalledProcessError:
        _run([*compiler, *_FLAGS, *ends])


def _run(command: list[str]) -> None:
    subprocess.run(command, check=True, capture_output=True, text=True, timeout=_SECONDS)


def _compiler() -> list[str]:
    """The one that the person names, or Python's own, or any."""
    named = [os.environ.get("CC"), sysconfig.get_config_var("CC"), "cc", "gcc", "clang"]
    for each in named:
        words = shlex.split(each or "")
        if words and shutil.which(words[0]):
            return words
    raise OSError("there is no C compiler. Install gcc or clang.")


def _kept() -> Path:
    home = os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache"
    return Path(home) / "seqloom"


def _processor() -> str:
    """What `-march=native` depends on: a home directory may be shared by different machines."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return f"{platform.machine()} {platform.processor()}"
    return "\n".join(sorted({line for line in lines if line.startswith(("flags", "Features", "model name"))}))
