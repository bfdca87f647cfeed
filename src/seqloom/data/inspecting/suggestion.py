"""Settings that fit what was found, as a recipe in which every line says why."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from seqloom.data.inspecting.finding import Finding
from seqloom.data.inspecting.inspection import Inspection
from seqloom.data.inspecting.languages import APART
from seqloom.data.inspecting.odd_pairs import ratio_range
from seqloom.data.inspecting.vocabulary import Pieces
from seqloom.data.settings import DataSettings
from seqloom.pages import percent
from seqloom.recipes import shipped_recipes

__all__ = ["Suggestion", "suggest"]

_WORDS_A_TOKEN = 100
"""On 29,000 captions 6000 tokens were best on validation: some hundred running words each."""
_SIZES = (1000, 2000, 3000, 4000, 6000, 8000, 12_000, 16_000, 24_000, 32_000)
_FEW_TYPES = 200
_SUMMED_UP = 4
"""Times as long as its summary that a text is at least …"""
_LONG = 40
"""… and the words of it."""
_COMMENT = 32


@dataclass(frozen=True, kw_only=True)
class Suggestion:
    """A recipe."""

    base: str
    """The recipe that ships from which it is made."""
    why: str
    text: str


Line = tuple[str, str]
"""A value as TOML, and why."""


def suggest(
    found: Inspection,
    findings: Sequence[Finding],
    settings: DataSettings,
    *,
    valid: Sequence[str] = (),
    test: Sequence[str] = (),
) -> Suggestion:
    """The base by what the sides are made of, the data's settings by what was counted."""
    base, why = _base(found)
    lines: dict[str, Line] = {"train": (_toml(found.files), f"{found.pairs:,} pairs")}
    if valid:
        lines["valid"] = (_toml(valid), "chooses the best model")
    if test:
        lines["test"] = (_toml(test), "measures the finished one")
    lines |= _reading(found, settings)
    lines |= _tokens(found, base)
    lines |= _cleaning(found, {finding.key: finding for finding in findings})
    if base in ("inflection", "summarization"):  # how long a side is beside the other is what is to be learnt
        lines.pop("cleaning.max_ratio", None)
        lines.pop("cleaning.max_length", None)
    text = shipped_recipes()[base].read_text("utf-8")
    # The recipe's own columns are those of another file.
    columns = [name for name in ("source_columns", "target_columns") if name not in lines]
    text = _with(text, "data", lines, drop=columns)
    if base == "tagging" and not any(tag.startswith("B-") for tag in found.tags):
        text = _with(text, "evaluation", _NO_SPANS)
    about = f"# Made by `seqloom data inspect` from the recipe `{base}`: {why}.\n"
    rest = "# Below [data], all is as that recipe has it; `--budget 20m` plans the training by the clock.\n"
    return Suggestion(base=base, why=why, text=about + rest + text)


def _base(found: Inspection) -> tuple[str, str]:
    if found.labels and not any(" " in label for label in found.labels):
        return "classification", f"texts with one of {len(found.labels)} labels"
    if found.tags:
        return "tagging", f"each word with one of {len(found.tags)} tags"
    types = [len(words.counts) for words in found.words]
    longest = [side.quantile(0.99) for side in found.tally.sides]
    if max(types) <= _FEW_TYPES and _spelled(found):
        return "pronunciation", f"letters with spaces between them to {types[1]} different signs"
    if max(types) <= _FEW_TYPES and found.pairs > 10 * max(types) and not any(_unspaced(found)):
        return "commands", f"no more than {max(types)} different words, each a token"
    if longest[0] <= 1 and types[1] <= _FEW_TYPES and found.words[1].running > 10 * types[1]:
        return "pronunciation", f"single words to {types[1]} different signs: a letter a token"
    if _inflected(found):
        return "inflection", "a word and its tags to the word in another form"
    ratio = found.tally.sides[0].mean / max(1.0, found.tally.sides[1].mean)
    if ratio >= _SUMMED_UP and found.tally.sides[0].quantile(0.5) >= _LONG and found.strangers.apart < APART:
        return "summarization", f"texts to texts {ratio:.0f} times shorter, in one language"
    return "translation", "texts on both sides"


def _inflected(found: Inspection) -> bool:
    """Whether most sources are a word, a tab and tags of a kind that comes back, and most targets begin as the word."""
    parts = [(pair.source.split("\t"), pair.target) for pair in found.sample]
    pairs = [(word, tags, form) for (word, *rest), form in parts if len(rest) == 1 and (tags := rest[0])]
    if len(pairs) < 0.95 * len(parts) or len({tags for _, tags, _ in pairs}) > len(pairs) / 4:
        return False
    return sum(word[:2].lower() == form[:2].lower() for word, _, form in pairs) > 0.5 * len(pairs)


def _spelled(found: Inspection) -> bool:
    """Whether the sources are letters, as in "h e l l o"."""
    words = found.words[0]
    return sum(count for word, count in words.counts.items() if len(word) == 1) > 0.95 * words.running


def _unspaced(found: Inspection) -> tuple[bool, bool]:
    """Sides whose words have no spaces between them."""
    first, second = (sum(len(word) == 1 for word in words.counts) > 0.5 * len(words.counts) for words in found.words)
    return first, second


def _reading(found: Inspection, settings: DataSettings) -> dict[str, Line]:
    lines: dict[str, Line] = {}
    if settings.encoding != "utf-8":
        lines["encoding"] = (_toml(settings.encoding), "as it was read here")
    for name, columns in (("source_columns", settings.source_columns), ("target_columns", settings.target_columns)):
        if columns:
            lines[name] = (_toml(columns), "as they were read here")
    if settings.rows != "pairs":
        lines["rows"] = (_toml(settings.rows), "as they were read here")
    if found.ledger.bad:
        lines["on_bad_line"] = (_toml("skip"), f"{found.ledger.bad:,} of them; better mend them")
    return lines


def _tokens(found: Inspection, base: str) -> dict[str, Line]:
    if base == "classification" and _unspaced(found)[0]:
        return {"tokenizer": ('{ kind = "character" }', "there are no spaces between words")}
    if base != "translation" or not found.pieces:
        return {}
    pieces = best_pieces(found)
    running = sum(side.mean for side in found.tally.sides) * found.pairs
    size = best_size(found)
    lines: dict[str, Line] = {
        "tokenizer.size": (str(size), f"{running:,.0f} running words: some {running / size:,.0f} a token"),
    }
    for number, name in enumerate(("source", "target")):
        longest = pieces.longest[number]
        most = max(32, 16 * math.ceil(1.5 * longest / 16))
        lines[f"max_{name}"] = (str(most), f"tokens; 99 % of the {name}s have no more than {longest}")
    tokens = 2048 if found.pairs < 100_000 else 4096
    why = (
        "small batches learn more by the hour where pairs are few" if tokens == 2048 else "many pairs bear more a step"
    )
    lines["batches.tokens"] = (str(tokens), why)
    return lines


def best_size(found: Inspection) -> int:
    """As many tokens as there are words to learn them from; no fewer than the characters need."""
    running = sum(side.mean for side in found.tally.sides) * found.pairs
    fewest = found.pieces[0].size if found.pieces else _SIZES[0]
    fitting = [size for size in _SIZES if size * _WORDS_A_TOKEN <= running]
    return max(fitting[-1] if fitting else _SIZES[0], fewest)


def best_pieces(found: Inspection) -> Pieces:
    """Of the sizes that were tried, the nearest."""
    size = best_size(found)
    return min(found.pieces, key=lambda pieces: abs(math.log(pieces.size / size)))


def _cleaning(found: Inspection, findings: Mapping[str, Finding]) -> dict[str, Line]:
    lines: dict[str, Line] = {}
    if found.tags:  # each word keeps its tag, so nothing may change how many there are
        findings = {key: finding for key, finding in findings.items() if key == "duplicates"}

    def said(key: str) -> str:
        finding = findings[key]
        return f"{finding.count:,} of them" if finding.share < 0.1 else f"{percent(finding.share)} of the pairs"

    if "mojibake" in findings:
        lines["cleaning.mojibake"] = ("true", f"text decoded by the wrong table: {said('mojibake')}")
    if "invisible" in findings:
        lines["cleaning.control"] = ("true", f"invisible characters: {said('invisible')}")
    for side in ("source", "target"):
        if f"width: {side}" in findings:
            lines["cleaning.width"] = (_toml("half"), "，and , are one sign, and so are １ and 1")
    mixed = [
        findings[key] for side in ("source", "target") if (key := f"simplified and traditional: {side}") in findings
    ]
    if (
        len(mixed) == 1 and mixed[0].level == "warn"
    ):  # with both sides Chinese, the two ways may be what is to be learnt
        lines["cleaning.chinese"] = (_toml("simplified"), "国 and 國 are one word; needs the extra `chinese`")
    untranslated = findings.get("untranslated")
    if untranslated and untranslated.share < 0.2:
        lines["cleaning.identical"] = (_toml("drop"), f"the target is the source: {said('untranslated')}")
    if "duplicates" in findings:
        lines["cleaning.duplicates"] = (_toml("drop"), f"nothing is learnt twice: {said('duplicates')}")
    if "long" in findings:
        most = 2 * max(side.quantile(0.999) for side in found.tally.sides)
        lines["cleaning.max_length"] = (str(max(10, most)), "words; twice what 99.9 % have")
    if not found.coded and found.tally.ratios.sum() >= 50:
        low, middle, high = ratio_range(found)
        ratio = max(6.0, float(math.ceil(1.5 * math.exp(max(high, -low)))))
        why = f"usual is {math.exp(middle):.2g}; short pairs vary more"
        lines["cleaning.max_ratio"] = (f"{ratio:.1f}", why)
    return lines


_NO_SPANS: Mapping[str, Line] = {
    "metrics": ('["token_accuracy"]', "the share of tags that are right: there are no spans here, as of B- and I-"),
}


def _with(text: str, section: str, lines: Mapping[str, Line], *, drop: Sequence[str] = ()) -> str:
    """The recipe with these lines in place of its own, and the new ones at the section's beginning."""
    start = text.index(f"[{section}]\n") + len(section) + 3
    end = text.find("\n[", start)
    end = len(text) if end < 0 else end
    own: dict[str, str] = {}
    for line in text[start:end].splitlines():
        if match := re.match(r"([\w.]+)\s*=", line):
            own[match[1]] = line
    fresh = [key for key in lines if key not in own]
    first = [_line(key, *lines[key]) for key in fresh if "." not in key]
    last = [_line(key, *lines[key]) for key in fresh if "." in key]
    others = [_line(key, *lines[key]) if key in lines else line for key, line in own.items() if key not in drop]
    return text[:start] + "\n".join([*first, *others, *last]) + "\n" + text[end:]


def _line(key: str, value: str, why: str) -> str:
    return f"{f'{key} = {value}':<{_COMMENT}} # {why}"


def _toml(value: object) -> str:
    if isinstance(value, tuple | list):
        return f"[{', '.join(map(_toml, value))}]"
    return json.dumps(value, ensure_ascii=False)
