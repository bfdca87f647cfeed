from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from seqloom.core.errors import DataError, RecipeError, SeqloomError, TrainingError
from seqloom.families import training
from seqloom.families.training import Trained, train_families
from seqloom.training.events import Stepped
from seqloom.workflow.plan import Planned
from seqloom.workflow.training import Ended, Told

from .small import TINY, drain, plan, write


def weights(trained: list[Trained]) -> list[bytes]:
    return [(each.folder / "weights.safetensors").read_bytes() for each in trained]


def test_families_learn_the_same_numbers_each_in_a_folder_of_its_own(tmp_path: Path) -> None:
    trained = train_families(plan(tmp_path, "rnn", "gru"), watch=drain)
    assert [(each.family.name, each.steps) for each in trained] == [("rnn", 4), ("gru", 4)]
    one, other = (
        {path.relative_to(each.folder / "data"): path.read_bytes() for path in (each.folder / "data").rglob("*.*")}
        for each in trained
    )
    assert one == other
    assert len(one) > 3
    texts = [(each.folder / "tokenizer" / "tokenizer.json").read_text() for each in trained]
    assert texts[0] == texts[1]
    for each in trained:
        assert 0 < each.tokens < 4 * 64 * 1.5
        assert each.parameters > 1000
        assert len(each.curve) == 2
        assert 0 < each.curve[0][0] < each.curve[1][0]
        assert 0 < each.stepping < each.seconds
    assert trained[0].built == "2 tanh → 2 tanh, one vector"
    assert trained[1].built == "1 gru → 1 gru, additive attention"


def test_what_was_interrupted_goes_on_and_what_is_finished_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "whole").mkdir()
    (tmp_path / "broken").mkdir()
    whole = train_families(plan(tmp_path / "whole", "rnn", "gru"), watch=drain)
    # Saved after each step, that the interrupted run has something to go on with; it moves no weight.
    often = (*TINY, "training.save_every=1")
    wanted = plan(tmp_path / "broken", "rnn", "gru", overrides=often)

    def stopping(events: Iterator[Told]) -> Ended:
        for event in events:
            if isinstance(event, Stepped) and event.progress.step == 3 and len(begun) == 1:
                raise KeyboardInterrupt
            if isinstance(event, Ended):
                begun.append(event.folder.name)
                return event
        raise AssertionError

    begun: list[str] = []
    with pytest.raises(KeyboardInterrupt):
        train_families(wanted, watch=stopping)
    assert begun == ["rnn"]

    plans: list[Planned] = []

    def watching(events: Iterator[Told]) -> Ended:
        last: Told | None = None
        for event in events:
            plans.extend([event] if isinstance(event, Planned) else [])
            last = event
        assert isinstance(last, Ended)
        return last

    ended = train_families(wanted, watch=watching)
    assert [(each.folder.name, each.first > 0) for each in plans] == [("gru", True)]
    assert [each.steps for each in ended] == [4, 4]
    tensors = [each[each.index(b"}}") :] for each in weights(ended)]  # behind the header, which has the run's own mark
    assert tensors == [each[each.index(b"}}") :] for each in weights(whole)]


def test_a_family_may_come_later_and_other_terms_are_refused(tmp_path: Path) -> None:
    before = weights(train_families(plan(tmp_path, "gru"), watch=drain))
    heard: list[str] = []
    both = train_families(plan(tmp_path, "gru", "rnn"), watch=drain, tell=heard.append)
    assert heard[0] == "1 to train, 4 steps each"
    assert weights(both[1:]) == before
    with pytest.raises(TrainingError, match=r"was begun with `--set` .* Say the same to go on"):
        train_families(plan(tmp_path, "gru", overrides=(*TINY, "training.seed=2")), watch=drain)
    with pytest.raises(TrainingError, match="was begun with PAIRS"):
        train_families(plan(tmp_path, "gru", train=(write(tmp_path / "b.tsv", "train", 20),)), watch=drain)


def test_too_short_a_budget_is_one_line_and_leaves_no_family(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(training, "_TOO_FEW", 10**6)  # however quick the machine is
    timed = tuple(each for each in TINY if not each.startswith(("training.steps", "training.warmup")))
    wanted = plan(tmp_path, "gru", overrides=timed, budget=1.0)
    with pytest.raises(RecipeError, match=r"`--budget` must be longer than 1 s, .* steps of gru\. Give it 4 s or more"):
        train_families(wanted, watch=drain)
    assert not (tmp_path / "out" / "gru").exists()
    assert (tmp_path / "out" / "data").is_dir(), "what was read need not be read again"


@pytest.mark.parametrize(
    ("given", "kind", "line"),
    [
        ({"train": ("nowhere.tsv",)}, SeqloomError, "nowhere.tsv"),
        ({"test": "nowhere.tsv"}, SeqloomError, "nowhere.tsv"),
        ({"overrides": ("model.encoder.layer=2",)}, RecipeError, "Did you mean"),
    ],
)
def test_mistakes_are_said_before_anything_is_trained(
    tmp_path: Path, given: dict[str, object], kind: type[SeqloomError], line: str
) -> None:
    with pytest.raises(kind, match=line) as caught:
        train_families(plan(tmp_path, "rnn", "gru", **given), watch=drain)
    assert "\n" not in str(caught.value)
    assert not (tmp_path / "out" / "rnn").exists()


def test_too_few_pairs_to_measure_on(tmp_path: Path) -> None:
    few = write(tmp_path / "few.tsv", "train", 3)
    with pytest.raises(DataError, match="too few pairs to hold some out for measuring"):
        train_families(plan(tmp_path, "gru", train=(few,), valid=(), test=None), watch=drain)
