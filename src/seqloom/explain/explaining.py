"""Why an answer is as it is: asked of a model, a text and, where it is not to choose, an answer."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from seqloom.core.errors import DecodingError
from seqloom.core.wording import must_be, one_of
from seqloom.data.batches import make_batch
from seqloom.decoding.request import BeamSearch
from seqloom.explain.insight.alternatives import Alternative, alternatives_at, refusal
from seqloom.explain.insight.attention import Attention, attention_of
from seqloom.explain.insight.attribution import Attribution, attribution_of
from seqloom.explain.insight.case import BEGIN, Case, open_case
from seqloom.explain.insight.contrast import contrast_of
from seqloom.explain.insight.explanation import PARTS, Explanation, What
from seqloom.explain.insight.neighbours import Neighbours
from seqloom.explain.insight.own_attention import SelfAttention, self_attention_of
from seqloom.explain.insight.tree import SearchTree, search_tree
from seqloom.nn.contracts import Batch
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
    instead: str | None = None,
    neighbours: Neighbours | None = None,
    seed: int = 1,
    task: str | None = None,
    beam: int | None = None,
    go_on: Callable[[], None] = lambda: None,
) -> Explanation:
    """Explain the answer to a source, which is a text or a mapping like a row of JSONL; or a ``target`` that is given.

    ``position``, counted from 0, is the place in the target where ``number`` alternatives are looked for; None: where
    the model was least sure. ``instead`` is another answer, to be told apart from this one. ``neighbours`` are pairs,
    of which the nearest ``number`` are shown. ``seed`` chooses what is blotted out beside that which a method calls
    important. ``task`` and ``beam`` are as ``Speaker.predict`` has them. ``go_on`` is called now and then, and
    may raise to end it.

    What cannot be had of this model is said in ``missing``.
    """
    _check(what, number)
    speaker = speaker if task is None else speaker.task(task)
    asking = asking_of(speaker.recipe.answers, beam=beam)
    asking = replace(asking, answers=replace(asking.answers, search=BeamSearch()))
    case = open_case(speaker, source, asking, target=target, go_on=go_on)
    go_on()
    [scored] = speaker.scorer().score([case.pair])
    go_on()
    missing: dict[str, str] = {}
    attention = _attention(case, missing) if {"attention", "attribution"} & {*what} else None
    place = _place(case, position, scored.token_logps) if "alternatives" in what else None
    return Explanation(
        source=case.source,
        target=case.target_text,
        source_tokens=case.source_tokens,
        target_tokens=case.target_tokens,
        token_logps=scored.token_logps,
        chosen=case.chosen,
        attention=attention if "attention" in what else None,
        self_attention=_self_attention(case, missing) if "self_attention" in what else None,
        attribution=_attribution(case, attention, missing, seed=seed) if "attribution" in what else None,
        search=_search(case, missing) if "search" in what else None,
        position=place,
        alternatives=None if place is None else _alternatives(case, place, missing, number=number),
        contrast=None if instead is None else contrast_of(case, instead, missing),
        neighbours=None if neighbours is None else neighbours.nearest(case.request.source, number=number),
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
    try:
        found = alternatives_at(engine, case, place, number=number)
    except DecodingError as error:  # an answer that was given may be one that the constraints do not let begin so
        missing["alternatives"] = str(error)
        return None
    if not found:
        missing["alternatives"] = "the constraints let no answer begin like this."
    return found or None


def _attribution(case: Case, attention: Attention | None, missing: dict[str, str], *, seed: int) -> Attribution | None:
    if case.speaker.numbering.sourceless:
        missing["attribution"] = "this model reads no source."
        return None
    return attribution_of(case, attention, missing, seed=seed)


def _model(case: Case, part: str, missing: dict[str, str]) -> Model | None:
    """Whose inside can be looked into."""
    if isinstance(case.speaker, Model):
        return case.speaker
    missing[part] = _EXPORTED
    return None


def _batch(case: Case, model: Model) -> Batch:
    return make_batch([case.pair], vocabulary=model.network.vocabulary, device=model.device)


def _search(case: Case, missing: dict[str, str]) -> SearchTree | None:
    model = _model(case, "search", missing)
    return None if model is None else search_tree(case, model)


def _attention(case: Case, missing: dict[str, str]) -> Attention | None:
    if (model := _model(case, "attention", missing)) is None:
        return None
    found = attention_of(model.network, _batch(case, model), case.source_tokens)
    if found is None:
        missing["attention"] = "this decoder looks at nothing but what the encoder sums up: it has no attention."
    elif found.rollout is None:
        missing["rollout"] = "the encoder's layers are not all attention to the whole source."
    return found


def _self_attention(case: Case, missing: dict[str, str]) -> SelfAttention | None:
    if (model := _model(case, "self_attention", missing)) is None:
        return None
    batch, before = _batch(case, model), (BEGIN, *case.tokens(case.target))
    found = self_attention_of(model.network, batch, read=case.source_tokens, said=case.target_tokens, before=before)
    if found is None:
        missing["self_attention"] = "neither the encoder nor the decoder has attention to all of its own tokens."
    return found
