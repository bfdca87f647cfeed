"""Why an answer is as it is: asked of a model, a text and, where it is not to choose, an answer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from seqloom.core.errors import DecodingError
from seqloom.core.wording import must_be, one_of
from seqloom.data.batches import make_batch
from seqloom.decoding.request import BeamSearch
from seqloom.explain.insight.alternatives import Alternative, alternatives_at, refusal
from seqloom.explain.insight.attention import Attention, attention_of
from seqloom.explain.insight.case import Case, open_case
from seqloom.explain.insight.explanation import PARTS, Explanation, What
from seqloom.workflow.asking import asking_of
from seqloom.workflow.model import Model
from seqloom.workflow.speaker import Speaker

__all__ = ["PARTS", "Explanation", "What", "explain"]

_EXPORTED = "what was exported of a model shows nothing of its inside. Ask the model that it was made of."


def explain(
    speaker: Speaker,
    source: Any,
    *,
    target: str | None = None,
    what: Sequence[What] = ("attention", "alternatives"),
    position: int | None = None,
    number: int = 5,
    task: str | None = None,
    beam: int | None = None,
) -> Explanation:
    """Explain the answer to a source, which is a text or a mapping like a row of JSONL; or a ``target`` that is given.

    ``position``, counted from 0, is the place in the target where ``number`` alternatives are looked for; None: where
    the model was least sure. ``task`` and ``beam`` are as ``Speaker.predict`` has them.
    """
    _check(what, number)
    speaker = speaker if task is None else speaker.task(task)
    asking = asking_of(speaker.recipe.answers, beam=beam)
    asking = replace(asking, answers=replace(asking.answers, search=BeamSearch()))
    case = open_case(speaker, source, asking, target=target)
    [scored] = speaker.scorer().score([case.pair])
    missing: dict[str, str] = {}
    place = _place(case, position, scored.token_logps) if "alternatives" in what else None
    return Explanation(
        source=case.source,
        target=case.target_text,
        source_tokens=case.source_tokens,
        target_tokens=case.target_tokens,
        token_logps=scored.token_logps,
        chosen=case.chosen,
        attention=_attention(case, missing) if "attention" in what else None,
        position=place,
        alternatives=None if place is None else _alternatives(case, place, missing, number=number),
        missing=missing,
        notes=case.notes,
    )


def _check(what: Sequence[str], number: int) -> None:
    for each in what:
        if each not in PARTS:
            raise DecodingError(must_be("what", one_of(PARTS), each))
    if number < 1:
        raise DecodingError(must_be("number", "at least 1", number))


def _place(case: Case, position: int | None, token_logps: Sequence[float]) -> int:
    """The one asked for, or where the model was least sure."""
    if position is None:
        return min(range(len(token_logps)), key=token_logps.__getitem__)
    if not 0 <= position < len(token_logps):
        raise DecodingError(must_be("position", f"from 0 to {len(token_logps) - 1}, which is the end", position))
    return position


def _alternatives(case: Case, place: int, missing: dict[str, str], *, number: int) -> tuple[Alternative, ...] | None:
    engine = case.speaker.engine(case.asking)
    if line := refusal(engine, case):
        missing["alternatives"] = line
        return None
    return alternatives_at(engine, case, place, number=number)


def _attention(case: Case, missing: dict[str, str]) -> Attention | None:
    if not isinstance(case.speaker, Model):
        missing["attention"] = _EXPORTED
        return None
    network = case.speaker.network
    batch = make_batch([case.pair], vocabulary=network.vocabulary, device=case.speaker.device)
    found = attention_of(network, batch, case.source_tokens)
    if found is None:
        missing["attention"] = "this decoder looks at nothing but what the encoder sums up: it has no attention."
    elif found.rollout is None:
        missing["rollout"] = "the encoder's layers are not all attention to the whole source."
    return found
