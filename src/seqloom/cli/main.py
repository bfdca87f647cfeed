"""The command `seqloom`: what all commands share, which is how they begin and how they fail."""

import os
import sys
from collections.abc import Sequence

from cyclopts import App, CycloptsError

import seqloom
from seqloom.cli.check import check
from seqloom.core.errors import SeqloomError

MISTAKE = 2
"""Exit status for what a person can repair."""
INTERRUPTED = 130
"""What a shell expects of a program that Ctrl-C ended (128 + SIGINT)."""
PIPE_CLOSED = 141
"""And of one whose reader went away, as `| head -1` does (128 + SIGPIPE)."""

app = App(
    name="seqloom",
    help=seqloom.__doc__,
    version=seqloom.__version__,
    help_flags=["--help", "-h"],
    suppress_keyboard_interrupt=False,
    print_error=False,
    exit_on_error=False,
    result_action="return_value",
)
app.command(check)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; the exit status. Errors that a person can cause are printed, others keep their traceback."""
    # A recipe names its author's own parts by module, and those lie where the author works. At the end of the path, so
    # that a file there never stands in for a library.
    sys.path.append(os.getcwd())
    try:
        app(list(sys.argv[1:] if arguments is None else arguments))
        sys.stdout.flush()
    except CycloptsError as error:
        return _refuse(f"{_one_line(error)} See `seqloom --help`.")
    except SeqloomError as error:
        return _refuse(str(error))
    except KeyboardInterrupt:
        return INTERRUPTED
    except BrokenPipeError:
        # Python flushes stdout once more on its way out, and would complain again.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return PIPE_CLOSED
    return 0


def _refuse(message: str) -> int:
    print(message, file=sys.stderr)
    return MISTAKE


def _one_line(error: CycloptsError) -> str:
    return " ".join(str(error).split())
