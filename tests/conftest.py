"""What all tests share: one thread a process, since processes run side by side, and the same examples every time."""

import os

# Read when torch is first imported, by this process and by those that tests start.
os.environ.setdefault("OMP_NUM_THREADS", "1")

from hypothesis import settings

settings.register_profile("seqloom", deadline=None, derandomize=True)
settings.load_profile("seqloom")
