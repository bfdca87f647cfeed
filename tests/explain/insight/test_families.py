"""Whatever a model is made of: what is said of it is true."""

from __future__ import annotations

import json
import math

import pytest
import torch

from seqloom.data.batches import make_batch
from seqloom.decoding.request import Pair
from seqloom.explain.explaining import PARTS, Explanation, explain
from seqloom.explain.insight.gradients import Embedded
from seqloom.workflow.model import Model

from .small import FAMILIES, hardly

SOURCE = "3 1 7 5"
WITHOUT_ATTENTION = {"tanh", "pooled"}
LOOKING_NOWHERE_AT_THE_END = {"aligned"}


@pytest.fixture(scope="module", params=FAMILIES)
def case(request: pytest.FixtureRequest) -> tuple[str, Model, Explanation]:
    torch.set_num_threads(1)
    model = hardly(request.param)
    return request.param, model, explain(model, SOURCE, what=PARTS)


def pair_of(model: Model, explained: Explanation) -> Pair:
    source, own_words = model.numbering.source(SOURCE)
    return Pair(source=source, target=model.numbering.target(explained.target, own_words))


def test_all_of_it_is_there_and_json(case: tuple[str, Model, Explanation]) -> None:
    family, _, explained = case
    data = json.loads(json.dumps(explained.to_data(), allow_nan=False))
    assert data["source_tokens"] == SOURCE.split()
    assert data["target_tokens"][-1] == "</s>"
    assert {"attribution", "search", "alternatives", "position"} <= data.keys()
    assert ("attention" in data) is (family not in WITHOUT_ATTENTION)
    assert ("attention" in data.get("missing", {})) is (family in WITHOUT_ATTENTION)
    shape = (len(data["target_tokens"]), len(data["source_tokens"]))
    for method in ("gradient_x_input", "integrated_gradients", "erasure"):
        found = data["attribution"][method]
        assert (len(found), len(found[0])) == shape


def test_attention_adds_up_to_one(case: tuple[str, Model, Explanation]) -> None:
    family, _, explained = case
    if explained.attention is None:
        pytest.skip("it has none")
    rows = [row for layer in explained.attention.layers for head in layer.heads for row in head]
    sums = [sum(row) for row in rows]
    if family in LOOKING_NOWHERE_AT_THE_END:
        sums = sums[:-1]
    assert sums == pytest.approx([1.0] * len(sums), abs=1e-5)


def test_rollout_adds_up_to_one(case: tuple[str, Model, Explanation]) -> None:
    family, _, explained = case
    rolled = None if explained.attention is None else explained.attention.rollout
    assert (rolled is not None) is (family in {"transformer", "ssru"})
    for row in rolled or ():
        assert sum(row) == pytest.approx(1.0, abs=1e-5)


def test_integrated_gradients_are_complete(case: tuple[str, Model, Explanation]) -> None:
    """A row adds up to the token's log-probability less that of a source of nothing."""
    _, model, explained = case
    assert explained.attribution is not None
    batch = make_batch([pair_of(model, explained)], vocabulary=model.network.vocabulary)
    embedded = Embedded.of(model.network, batch)
    places = torch.arange(len(explained.target_tokens))
    x_TSD = embedded.x_SD.expand(len(places), -1, -1)
    with torch.no_grad():
        moved = embedded.logp_N(x_TSD, places) - embedded.logp_N(torch.zeros_like(x_TSD), places)
    sums = [sum(row) for row in explained.attribution.methods["integrated_gradients"]]
    assert sums == pytest.approx(moved.tolist(), abs=0.02)
    assert max(map(abs, moved.tolist())) > 0.02


def test_erasure_is_another_scoring(case: tuple[str, Model, Explanation]) -> None:
    """By hand: padding in the token's place, and nothing to be copied from it."""
    _, model, explained = case
    assert explained.attribution is not None
    network = model.network
    batch = make_batch([pair_of(model, explained)], vocabulary=network.vocabulary)
    with torch.no_grad():
        kept = network.logp_P(batch)
        for place in range(len(explained.source_tokens)):
            less = make_batch([pair_of(model, explained)], vocabulary=network.vocabulary)
            less.source.parts["text"].values[0, place] = network.source.vocabulary.pad
            if less.source.copy_BS is not None:
                less.source.copy_BS[0, place] = -1
            lost = (kept - network.logp_P(less)).tolist()
            column = [row[place] for row in explained.attribution.methods["erasure"]]
            assert column == pytest.approx(lost, abs=1e-4)


def test_the_trees_best_leaf_is_the_answer(case: tuple[str, Model, Explanation]) -> None:
    _, model, explained = case
    assert explained.search is not None
    [answer] = model.predict([SOURCE])
    way = [node.token for node in explained.search.nodes if node.best]
    assert tuple(way[1:]) == (*answer.tokens, "</s>")
    [leaf] = [node for node in explained.search.nodes if node.best and node.score is not None]
    assert leaf.total == pytest.approx(answer.logp, abs=1e-4)
    assert leaf.score == pytest.approx(answer.score, abs=1e-4)
    assert leaf.text == explained.search.answer
    [greedy] = model.predict([SOURCE], beam=1)
    assert explained.search.greedy == greedy.text
    assert (explained.search.greedy_parts_at is None) is (greedy.text == answer.text)


def test_what_was_left_behind_lacked_something(case: tuple[str, Model, Explanation]) -> None:
    _, _, explained = case
    assert explained.search is not None
    for node in explained.search.nodes:
        assert node.kept is (node.by is None)
        if node.by is not None:
            kept = [each.total for each in explained.search.nodes if each.kept and each.step == node.step]
            assert node.by >= 0
            assert node.total + node.by == pytest.approx(min(kept), abs=1e-6)


def test_alternatives_are_as_likely_as_scored(case: tuple[str, Model, Explanation]) -> None:
    _, model, explained = case
    assert explained.alternatives
    assert explained.position is not None
    [said] = [each for each in explained.alternatives if each.chosen] or [None]
    if said is not None:
        assert math.log(said.probability) == pytest.approx(explained.token_logps[explained.position], abs=1e-4)
    for each in explained.alternatives:
        [scored] = model.score([(SOURCE, each.continuation)]) if each.continuation else [None]
        if scored is not None:
            assert math.log(each.probability) == pytest.approx(scored.token_logps[explained.position], abs=1e-4)
            assert each.logp == pytest.approx(scored.logp, abs=1e-3)
    likely = [each.probability for each in explained.alternatives]
    assert likely == sorted(likely, reverse=True)
