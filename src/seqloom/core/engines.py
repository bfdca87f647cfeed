"""The engines by their names."""

from __future__ import annotations

from typing import Literal

__all__ = ["EngineKind", "EngineName"]

EngineKind = Literal["ctranslate2", "onnx"]
"""Those that are not ours."""

EngineName = Literal["auto", "own", "ctranslate2", "onnx"]
