"""The engines by their names."""

from __future__ import annotations

from typing import Literal

__all__ = ["EngineName"]

EngineName = Literal["auto", "own", "ctranslate2", "onnx"]
