"""``python -m seqloom``: the command line, for whoever has no script on the path."""

import sys

from seqloom.cli.main import main

sys.exit(main())
