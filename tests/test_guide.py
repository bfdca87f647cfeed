"""What the guide and the README say, done: the blocks of every page in order, in a folder of its own.

- ```sh blocks are run by bash. A line that ends in `# refused` must exit with 2, every other one with 0.
- ```python blocks of a page share their names.
- A ```text block is what the block before it prints: each of its lines must be there, figures aside; `…` is anything.
- A block inside an HTML comment is run too, for what a page takes for granted. `<!-- minutes -->` above a block: it is
  not run. `<!-- in full -->` on a page: its trainings are not shortened.

To load torch for each of some sixty commands would take minutes. One process loads it, and every `seqloom` of a page is
a fork of that.
"""

from __future__ import annotations

import contextlib
import importlib
import io
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import traceback
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
GUIDE = ROOT / "docs" / "guide"
PAGES = [ROOT / "README.md", *sorted(GUIDE.glob("*.md"))]
BIN = Path(sys.executable).parent
IN_FULL = "<!-- in full -->"

SHORT = {
    "training.steps": 4,
    "training.warmup": 1,
    "training.validate_every": 4,
    "training.threads": 1,
    "evaluation.pairs": 4,
    "data.held_out": 0.01,
    "answers.length_extra": 4,
    "data.batches.tokens": 256,
    "model.source.width": 32,
    "model.target.width": 32,
    "model.encoder.width": 32,
    "model.decoder.width": 32,
}
"""What makes a training a matter of a second. Whatever a page sets stands behind it, and so counts."""


# ---- the pages -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class Block:
    language: str
    text: str
    line: int
    run: bool


def blocks_of(page: str) -> list[Block]:
    found = re.finditer(r"(<!-- minutes -->\n+)?^```(\w+)\n(.*?)^```$", page, flags=re.MULTILINE | re.DOTALL)
    return [
        Block(
            language=each[2],
            text=each[3],
            line=page.count("\n", 0, each.start(2)) + 1,
            run=each[1] is None and each[2] in ("sh", "python"),
        )
        for each in found
    ]


every_page = pytest.mark.parametrize("path", PAGES, ids=lambda path: str(path.relative_to(ROOT)))


@pytest.mark.thorough
@every_page
def test_a_page_does_what_it_says(path: Path, tmp_path: Path, commands: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    name, page = path.name, path.read_text(encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    (tmp_path / "docs").symlink_to(ROOT / "docs")
    environment = {
        **os.environ,
        "PATH": f"{commands}{os.pathsep}{BIN}{os.pathsep}{os.environ['PATH']}",
        "COLUMNS": "200",
        "SHORT": "" if IN_FULL in page else json.dumps(SHORT),
    }
    names: dict[str, object] = {"short": SHORT, "__name__": "__main__"}
    printed = ""
    for block in blocks_of(page):
        if block.language == "text":
            missing = [line for line in block.text.splitlines() if not is_in(line, printed)]
            assert not missing, f"{name}:{block.line}: {missing} is not what is printed:\n{printed}"
        elif block.run and block.language == "sh":
            done = subprocess.run(
                ["bash", "-eu", "-c", checked(block.text)],
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                encoding="utf-8",
                check=False,
            )
            printed = done.stdout
            assert done.returncode == 0, f"{name}:{block.line}: {done.returncode}\n{block.text}\n{printed}"
        elif block.run:
            printed = executed(block, names, name)


def checked(script: str) -> str:
    """The script, such that what is refused is a success and anything else there is none."""
    return re.sub(r"^(\S.*?)\s+# refused$", r"if \1; then exit 9; else test $? = 2; fi", script, flags=re.MULTILINE)


def executed(block: Block, names: dict[str, object], page: str) -> str:
    text = re.sub(r"epochs=\d+", "epochs=1", block.text)
    text = re.sub(r"set=\{", "set=short | {", text)
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed), contextlib.redirect_stderr(printed):
        exec(compile("\n" * block.line + text, page, "exec"), names)
    return printed.getvalue()


def is_in(line: str, printed: str) -> bool:
    """Whether a line is among those printed; what stands for a number may be another, and for anything also nothing."""
    parts = re.split(r" ?… ?|\d[\d,.]*", " ".join(line.split()))
    pattern = ".*?".join(re.escape(part) for part in parts)
    return any(re.fullmatch(pattern, " ".join(each.split())) for each in printed.splitlines())


def test_every_page_is_in_the_index() -> None:
    index = (GUIDE / "README.md").read_text(encoding="utf-8")
    linked = re.findall(r"\]\(([\w-]+\.md)\)", index)
    assert sorted(linked) == sorted(page.name for page in GUIDE.glob("*.md") if page.name != "README.md")


@every_page
def test_links_lead_somewhere(path: Path) -> None:
    page = path.read_text(encoding="utf-8")
    for target, anchor in re.findall(r"\]\(([\w./-]*)(#[\w-]+)?\)", page):
        linked = path.parent / target if target else path
        assert linked.exists(), f"{path}: {target}"
        if anchor:
            titles = re.findall(r"^#+ (.+)$", linked.read_text(encoding="utf-8"), flags=re.MULTILINE)
            assert anchor[1:] in {re.sub(r"[^\w -]", "", title.lower()).replace(" ", "-") for title in titles}, anchor


def test_the_command_stands_beside_python() -> None:
    done = subprocess.run([BIN / "seqloom", "--version"], capture_output=True, text=True, check=True)
    assert re.fullmatch(r"\d+\.\d+\.\d+\S*", done.stdout.strip())


# ---- `seqloom` as a fork of a process that has loaded it all ---------------------------------------------------------

LOADED = (
    "seqloom.workflow.display",
    "seqloom.workflow.quickstart",
    "torch._dynamo",
    "sacrebleu",
    "jiwer",
    "tensorboardX",
)
"""What takes longest to import."""

CLIENT = """#!{python} -IS
import json, os, socket, sys
with socket.socket(socket.AF_UNIX) as line:
    line.connect({address!r})
    said = [sys.argv[1:], os.getcwd(), os.environ["SHORT"], os.environ["COLUMNS"]]
    socket.send_fds(line, [json.dumps(said).encode()], [0, 1, 2])
    sys.exit(int(line.recv(8) or 70))
"""


@pytest.fixture(scope="session")
def commands() -> Iterator[Path]:
    """A folder with a quick `seqloom` in it."""
    if not hasattr(os, "fork") or shutil.which("bash") is None:
        pytest.skip("the guide's commands are for bash")
    with tempfile.TemporaryDirectory(prefix="guide") as made:
        folder = Path(made)
        address = str(folder / "socket")
        client = folder / "seqloom"
        client.write_text(CLIENT.format(python=sys.executable, address=address), encoding="utf-8")
        client.chmod(0o755)
        environment = {**os.environ, "OMP_NUM_THREADS": "1"}
        with subprocess.Popen(
            [sys.executable, __file__, address], env=environment, stdout=subprocess.PIPE, text=True
        ) as server:
            try:
                assert server.stdout is not None
                assert server.stdout.readline() == "ready\n"
                yield folder
            finally:
                server.terminate()


def serve(address: str) -> None:
    """Answer every call with a fork, until this process is ended."""
    for module in LOADED:
        importlib.import_module(module)
    from seqloom.cli.main import main

    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # the kernel buries the forks
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(address)
        listening.listen()
        sys.stdout.write("ready\n")
        sys.stdout.flush()
        while True:
            line, _ = listening.accept()
            said, descriptors, _, _ = socket.recv_fds(line, 1 << 16, 3)
            if os.fork() == 0:
                listening.close()
                signal.signal(signal.SIGCHLD, signal.SIG_DFL)
                for number, descriptor in enumerate(descriptors):
                    os.dup2(descriptor, number)
                line.send(str(called(main, *json.loads(said))).encode())
                os._exit(0)
            for descriptor in descriptors:
                os.close(descriptor)
            line.close()


def called(main: Callable[[list[str]], int], arguments: list[str], folder: str, short: str, columns: str) -> int:
    """The exit status of a command, where and as it was typed."""
    os.chdir(folder)
    os.environ["COLUMNS"] = columns
    if short and arguments[:1] in (["train"], ["distill"], ["families"]) and len(arguments) > 1:
        arguments[2:2] = [word for key, value in json.loads(short).items() for word in ("--set", f"{key}={value}")]
    try:
        status = main(arguments)
    except BaseException:
        traceback.print_exc()
        status = 1
    with contextlib.suppress(BrokenPipeError):
        sys.stdout.flush()
    return status


if __name__ == "__main__":
    serve(sys.argv[1])
