"""What of the source made the model say each token: three methods, and how far each can be believed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from seqloom.core.errors import MissingExtraError
from seqloom.data.batches import make_batch
from seqloom.decoding.request import Pair
from seqloom.explain.insight.attention import Attention
from seqloom.explain.insight.case import Case
from seqloom.explain.insight.erasure import Faithfulness, erasure_of, faithfulness_of
from seqloom.explain.insight.gradients import Embedded, gradient_x_input, integrated_gradients
from seqloom.explain.insight.matrices import Matrix, Vector, rounded
from seqloom.workflow.model import Model

__all__ = ["METHODS", "Attribution", "attributed", "attribution_of", "whole"]

METHODS = {
    "gradient_x_input": "gradient × input",
    "integrated_gradients": "integrated gradients",
    "erasure": "erasure",
}
"""By what people call them."""


@dataclass(frozen=True, kw_only=True)
class Attribution:
    """By method, a row a token said, the end included; a column a token read. In nats: below 0 it spoke against it."""

    methods: Mapping[str, Matrix]
    faithfulness: Mapping[str, Faithfulness]
    """Also of attention, where there is some, by what it looked at most."""

    def to_data(self) -> dict[str, Any]:
        return {
            **{name: rounded(rows) for name, rows in self.methods.items()},
            "faithfulness": {name: each.to_data() for name, each in self.faithfulness.items()},
        }


def attribution_of(case: Case, attention: Attention | None, missing: dict[str, str], *, seed: int) -> Attribution:
    places = range(len(case.target) + 1)
    methods = attributed(case, case.target, places, missing)
    relevance = {name: whole(rows) for name, rows in methods.items()}
    if attention is not None and len(attention.places) == len(case.source_tokens):
        relevance["attention"] = whole(attention.mean)
    return Attribution(methods=methods, faithfulness=faithfulness_of(case, relevance, case.speaker.scorer(), seed=seed))


def attributed(case: Case, target: Sequence[int], places: Sequence[int], missing: dict[str, str]) -> dict[str, Matrix]:
    """Every method's rows at these places of a target; what cannot be had is said in ``missing``."""
    found: dict[str, Matrix] = {}
    if isinstance(case.speaker, Model):
        network, device = case.speaker.network, case.speaker.device
        pair = Pair(source=case.request.source, target=target)
        batch = make_batch([pair], vocabulary=network.vocabulary, device=device)
        embedded = Embedded.of(network, batch, go_on=case.go_on)
        found["gradient_x_input"] = gradient_x_input(embedded, places)
        try:
            found["integrated_gradients"] = integrated_gradients(embedded, places)
        except MissingExtraError as error:
            missing["integrated_gradients"] = str(error)
    else:
        missing["gradients"] = "what was exported of a model has none. Ask the model that it was made of."
    erased = erasure_of(case, target, case.speaker.scorer())
    found["erasure"] = tuple(erased[place] for place in places)
    return found


def whole(rows: Matrix) -> Vector:
    """What each token of the source was worth for the answer as a whole."""
    return tuple(np.array(rows).sum(0).tolist())
