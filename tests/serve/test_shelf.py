"""Files that are fetched once, in time."""

from __future__ import annotations

import pytest

from seqloom.serve import shelf
from seqloom.serve.shelf import Shelf


def test_a_file_is_given_once() -> None:
    files = Shelf()
    one, other = files.put("a.txt", b"a"), files.put("a.txt", b"b")
    assert one != other
    assert len(one) >= 32
    kept = files.take(one)
    assert kept is not None
    assert (kept.name, kept.content) == ("a.txt", b"a")
    assert files.take(one) is None
    assert files.take(other) is not None


def test_nothing_is_kept_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    now = 100.0
    monkeypatch.setattr(shelf.time, "monotonic", lambda: now)
    files = Shelf(seconds=60)
    word = files.put("a.txt", b"a")
    now = 159.0
    later = files.put("b.txt", b"b")
    now = 161.0
    assert files.take(word) is None
    assert files.take(later) is not None


def test_the_oldest_make_room() -> None:
    files = Shelf(most=10)
    words = [files.put("a.txt", b"1234") for _ in range(3)]
    assert [files.take(word) is not None for word in words] == [False, True, True]
