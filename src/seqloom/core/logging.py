"""The one logger of Seqloom, and how the command line shows it."""

import logging
import sys

logger = logging.getLogger("seqloom")
"""Silent until the program that uses Seqloom, or `show_log`, gives it a handler."""

logger.addHandler(logging.NullHandler())


def show_log(level: int = logging.INFO) -> None:
    """Write the log to stderr: in colour on a terminal, in plain lines to a file or a pipe."""
    handler: logging.Handler
    if sys.stderr.isatty():
        from rich.console import Console
        from rich.logging import RichHandler

        handler = RichHandler(console=Console(stderr=True), show_path=False, omit_repeated_times=False)
        handler.setFormatter(logging.Formatter("%(message)s"))
    else:
        handler = logging.StreamHandler(sys.stderr)
        handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(message)s"))
    logger.handlers = [handler]
    logger.setLevel(level)
    logger.propagate = False
