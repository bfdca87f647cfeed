"""What must stay light stays light: these need no torch, so that a person waits for none."""

import subprocess
import sys
from typing import get_args

import pytest

import seqloom
from seqloom.core.settings import Kinds
from seqloom.core.shapes import is_settings
from seqloom.data.tokenizers import KINDS
from seqloom.decoding.constraints import ConstraintSettings
from seqloom.tasks import TaskSettings

LIGHT = ["seqloom", "seqloom.cli.main", "seqloom.core.devices", "seqloom.core.logging", "seqloom.core.seeding"]
LIGHT += ["seqloom.core.settings", "seqloom.core.specials", "seqloom.decoding.request", "seqloom.metrics.texts"]
LIGHT += ["seqloom.data.cleaning", "seqloom.data.corpus", "seqloom.data.mixture", "seqloom.data.numbering"]
LIGHT += ["seqloom.data.spellings", "seqloom.decoding.constraints", "seqloom.decoding.mbr", "seqloom.decoding.ways"]
LIGHT += ["seqloom.retrieval.vectors", "seqloom.metrics.pairwise", "seqloom.metrics.reliability"]
LIGHT += ["seqloom.data.readers", "seqloom.data.settings", "seqloom.data.tokenizers.public", "seqloom.recipes"]
LIGHT += ["seqloom.engines.ctranslate2", "seqloom.pages", "seqloom.data.nearness"]
LIGHT += ["seqloom.data.epoch", "seqloom.data.stored", "seqloom.metrics.names", "seqloom.workflow.calibration"]
LIGHT += ["seqloom.data.converting", "seqloom.data.splitting", "seqloom.data.inspecting.page"]
LIGHT += ["seqloom.data.inspecting.suggestion", "seqloom.cli.inspect", "seqloom.explain.runs.page"]
LIGHT += ["seqloom.metrics.groups", "seqloom.workflow.reporting", "seqloom.tasks"]
LIGHT += ["seqloom.workflow.chatting", "seqloom.cli.serve", "seqloom.serve.app", "seqloom.serve.house"]
LIGHT += ["seqloom.serve.detection", "seqloom.serve.documents"]


@pytest.mark.parametrize("module", LIGHT)
def test_module_needs_no_torch(module: str) -> None:
    code = f"import sys, {module}; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code]).returncode == 0


def test_help_needs_no_torch() -> None:
    code = "import sys; from seqloom.cli.main import main; sys.exit(main(['--help']) or 'torch' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert "seqloom COMMAND" in done.stdout


def test_help_needs_no_room_but_its_own() -> None:
    """It imports every command, and so no command may import at its top what only running it needs."""
    code = "import sys; from seqloom.cli.main import main; main(['--help']); print(*sys.modules, file=sys.stderr)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    modules = done.stderr.split()
    assert "seqloom.cli.train" in modules
    assert not {"numpy", "pydantic", "seqloom.core.settings"} & set(modules)
    assert {name.split(".")[1] for name in modules if name.startswith("seqloom.")} == {"cli", "core"}


@pytest.mark.parametrize(
    "kinds",
    [KINDS, *(mark for choice in (TaskSettings, ConstraintSettings) for mark in get_args(choice)[1:])],
    ids=["tokenizers", "tasks", "constraints"],
)
def test_every_kind_is_where_it_is_said_to_be(kinds: Kinds) -> None:
    assert all(is_settings(kinds[kind]) for kind in kinds)


def test_public_names_are_there_and_no_others_are_promised() -> None:
    assert all(hasattr(seqloom, name) for name in seqloom.__all__)
    assert sorted(seqloom.__all__) == [
        "Answer",
        "DataError",
        "DecodingError",
        "MissingExtraError",
        "Model",
        "ModelFolderError",
        "RecipeError",
        "Seq2Seq",
        "SeqloomError",
        "Tokenizer",
        "TrainingError",
        "__version__",
        "distill",
        "load",
        "pad",
        "train",
        "trim",
    ]
