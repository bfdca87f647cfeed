"""The inspection as plain data, for programs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from seqloom.data.inspecting.finding import Finding
from seqloom.data.inspecting.inspection import Inspection
from seqloom.data.inspecting.report import main_script
from seqloom.data.inspecting.suggestion import Suggestion

__all__ = ["to_data"]


def to_data(found: Inspection, findings: Sequence[Finding], suggestion: Suggestion) -> dict[str, Any]:
    """What `--json` prints."""
    return {
        "files": list(found.files),
        "pairs": found.pairs,
        "bad_lines": found.ledger.bad,
        "empty": found.empty,
        "sampled": None if found.whole else len(found.sample),
        "seconds": round(found.seconds, 2),
        **{name: _side(found, place) for place, name in enumerate(("source", "target"))},
        "subwords": [
            {
                "size": pieces.size,
                "tokens": [round(mean, 2) for mean in pieces.tokens],
                "longest_99": list(pieces.longest),
                "words_in_one_piece": round(pieces.whole, 4),
                "half_met": round(pieces.often, 1),
            }
            for pieces in found.pieces
        ],
        "labels": dict(found.labels.most_common()),
        "tags": dict(found.tags.most_common()),
        "findings": [_finding(finding) for finding in findings],
        "recipe": suggestion.text,
    }


def _side(found: Inspection, place: int) -> dict[str, Any]:
    side, words = found.tally.sides[place], found.words[place]
    return {
        "words": {
            "mean": round(side.mean, 2),
            **{f"{round(100 * share)}%": side.quantile(share) for share in (0.01, 0.5, 0.95, 0.99, 1.0)},
        },
        "script": main_script(found, place),
        "characters": len(side.characters),
        "different_words": len(words.counts),
        "met_once": round(words.once, 4),
    }


def _finding(finding: Finding) -> dict[str, Any]:
    return {
        "key": finding.key,
        "level": finding.level,
        "title": finding.title,
        "count": finding.count,
        **({"counts": dict(finding.counts)} if finding.counts else {}),
        "share": round(finding.share, 6),
        "advice": finding.advice,
        "examples": [
            {
                "file": each.pair.file,
                "line": each.pair.line,
                "source": each.pair.source,
                "target": each.pair.target,
                "note": each.note,
            }
            for each in finding.examples
        ],
    }
