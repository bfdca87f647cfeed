"""The command `seqloom`: what all commands share, which is how they begin and how they fail."""

import errno
import logging
import os
import sys
from collections.abc import Sequence

from cyclopts import App, CycloptsError

import seqloom
from seqloom.cli.options import hide_hyphens
from seqloom.core.errors import SeqloomError
from seqloom.core.logging import show_log

MISTAKE = 2
"""Exit status for what a person can repair."""
INTERRUPTED = 130
"""What a shell expects of a program that Ctrl-C ended (128 + SIGINT)."""
PIPE_CLOSED = 141
"""And of one whose reader went away, as `| head -1` does (128 + SIGPIPE)."""

_MACHINES_FAULTS = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EROFS, errno.EACCES, errno.EPERM)
"""A disk that is full or may not be written: wherever it shows, it is no fault of ours."""

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
COMMANDS = (
    "quickstart",
    "train",
    "distill",
    "families",
    "predict",
    "chat",
    "evaluate",
    "score",
    "explain",
    "serve",
    "compare",
    "runs",
    "export",
    "trim",
    "bench",
    "datastore",
    "data",
    "check",
    "recipes",
)
"""Each is a function of its name in a file of its name, which is imported when the command is asked for."""
for command in COMMANDS:
    app.command(f"seqloom.cli.{command}:{command}")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; the exit status. Errors that a person can cause are printed, others keep their traceback."""
    # A recipe names its author's own parts by module, and those lie where the author works. At the end of the path, so
    # that a file there never stands in for a library.
    sys.path.append(os.getcwd())
    show_log(logging.WARNING)
    said = hide_hyphens(sys.argv[1:] if arguments is None else arguments)
    try:
        if not said or said[0] in app.help_flags:
            app.resolved_commands()  # the list of all commands has the first line of each one's help
        app(said)
        sys.stdout.flush()
    except CycloptsError as error:
        return _refuse(f"{_one_line(error)} See `seqloom --help`.")
    except SeqloomError as error:
        return _refuse(str(error))
    except KeyboardInterrupt:
        return INTERRUPTED
    except MemoryError:
        return _refuse("there is not enough memory. Take smaller batches: `--set data.batches.tokens=1024`.")
    except BrokenPipeError:
        # Python flushes stdout once more on its way out, and would complain again.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return PIPE_CLOSED
    except OSError as error:
        if error.errno not in _MACHINES_FAULTS:
            raise
        place = f"{error.filename}: " if error.filename else ""
        return _refuse(f"{place}{error.strerror}. Free some space or choose another place, then go on.")
    return 0


def _refuse(message: str) -> int:
    print(message, file=sys.stderr)
    return MISTAKE


def _one_line(error: CycloptsError) -> str:
    return " ".join(str(error).split())
