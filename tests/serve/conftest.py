"""Small models that are trained once for all these tests."""

from __future__ import annotations

from pathlib import Path

import pytest

from .small import TRANSFORMER, trained

pytest.importorskip("fastapi")


@pytest.fixture(scope="session")
def gru(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return trained(tmp_path_factory.mktemp("serve") / "gru")


@pytest.fixture(scope="session")
def other_gru(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same, from another beginning."""
    return trained(tmp_path_factory.mktemp("serve") / "other", seed=2)


@pytest.fixture(scope="session")
def transformer(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return trained(tmp_path_factory.mktemp("serve") / "transformer", *TRANSFORMER)
