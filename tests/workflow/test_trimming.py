"""A model cut to a domain says there what it said before."""

from __future__ import annotations

import json
import random
from pathlib import Path

import numpy as np
import pytest
import torch

import seqloom
from seqloom.core.errors import DataError, ModelFolderError, RecipeError
from seqloom.data.lexicon import Lexicon
from seqloom.workflow.model import Model, load_model
from seqloom.workflow.trimming import trim

SMALL = {
    "data.tokenizer.size": 420,
    "data.held_out": 0.05,
    "data.batches.tokens": 512,
    "model.source.width": 16,
    "model.target.width": 16,
    "model.encoder.layers": 1,
    "model.encoder.width": 16,
    "model.encoder.feed_forward": 16,
    "model.decoder.layers": 1,
    "model.decoder.width": 16,
    "model.decoder.feed_forward": 16,
    "training.steps": 60,
    "training.warmup": 10,
    "training.rate": 0.01,
    "training.threads": 1,
}
DICE = random.Random(1)
WORDS = ["".join(DICE.choices(["ba", "do", "ki", "lu", "me", "no", "ra"], k=DICE.randint(2, 4))) for _ in range(60)]


def pairs(number: int, words: list[str], *, seed: int) -> list[tuple[str, str]]:
    """Words, and the same ones backwards in capitals."""
    dice = random.Random(seed)
    chosen = [dice.choices(words, k=dice.randint(2, 5)) for _ in range(number)]
    return [(" ".join(each), " ".join(word[::-1].upper() for word in each)) for each in chosen]


def write(path: Path, rows: list[tuple[str, str]]) -> Path:
    path.write_text("".join(f"{source}\t{target}\n" for source, target in rows), encoding="utf-8")
    return path


def trained(out: Path, **changes: object) -> Path:
    settings = SMALL | {key.replace("__", "."): value for key, value in changes.items()}
    seqloom.train("translation", train=pairs(400, WORDS, seed=2), out=out, set=settings, device="cpu", verbose=False)
    return out


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return trained(tmp_path_factory.mktemp("trim") / "whole")


@pytest.fixture(scope="module")
def domain(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write(tmp_path_factory.mktemp("domain") / "domain.tsv", pairs(30, WORDS[:6], seed=3))


def rows_of(domain: Path) -> list[tuple[str, str]]:
    return [tuple(line.split("\t")) for line in domain.read_text(encoding="utf-8").splitlines()]  # type: ignore[misc]


@torch.inference_mode()
def logps(model: Model, row: tuple[str, str]) -> torch.Tensor:
    """Of every token, at every place of a target."""
    from seqloom.data.batches import make_batch
    from seqloom.data.rows import Row

    pair = model.pair(Row(source=row[0], targets=(row[1],)))[0]
    run = model.network(make_batch([pair], vocabulary=model.network.vocabulary))
    return run.head(run.output.pick(run.batch.keep_BT), run.memory)


@pytest.mark.parametrize("apart", [False, True])
def test_the_kept_are_as_likely_as_they_were_among_themselves(
    folder: Path, domain: Path, apart: bool, tmp_path: Path
) -> None:
    trimmed = trim(folder, [domain], tmp_path / "cut", apart=apart)
    whole, cut = load_model(folder), load_model(tmp_path / "cut")
    ids = [whole.numbering.targets.id_of(piece) for piece in cut.numbering.targets.show(range(4, trimmed.after[1]))]
    ids = [0, 1, 2, 3, *ids]
    assert (cut.numbering.sources is cut.numbering.targets) is not apart
    assert trimmed.after[1] == len(ids) < trimmed.before[1] - 20
    for row in rows_of(domain):
        before, after = logps(whole, row)[:, ids], logps(cut, row)
        torch.testing.assert_close(after[:, 1:], (before - before.logsumexp(-1, keepdim=True))[:, 1:])


def test_it_answers_its_domain_and_anything_else(folder: Path, domain: Path, tmp_path: Path) -> None:
    """Where the best answer was made of kept tokens it still is the best."""
    whole, asked = seqloom.load(folder), [source for source, _ in rows_of(domain)]
    before = whole.predict(asked, beam=1)
    said = write(tmp_path / "said.tsv", [(each.source, each.text) for each in before if each.text])
    trim(folder, [said], tmp_path / "cut")
    cut = seqloom.load(tmp_path / "cut")
    after = cut.predict(asked, beam=1)
    assert [each.text for each in after] == [each.text for each in before]
    assert all(now.logp >= was.logp - 1e-4 for now, was in zip(after, before, strict=True))
    [strange] = cut.predict([f"{WORDS[-1]} Ж"])
    assert strange.error is None


def test_the_folder_says_what_it_was_cut_from(folder: Path, domain: Path, tmp_path: Path) -> None:
    trimmed = trim(folder, [domain], tmp_path / "cut")
    manifest = json.loads((tmp_path / "cut" / "manifest.json").read_text())
    of = json.loads((folder / "manifest.json").read_text())
    assert manifest["trimmed"]["id"] == of["id"] != manifest["id"]
    assert manifest["trimmed"]["after"] == [*trimmed.after]
    assert f"cut from {folder}" in (tmp_path / "cut" / "card.md").read_text()
    metrics = json.loads((tmp_path / "cut" / "metrics.json").read_text())
    assert "scores" not in metrics
    assert metrics["calibration"] == json.loads((folder / "metrics.json").read_text())["calibration"]
    assert (tmp_path / "cut" / "weights.safetensors").stat().st_size < (folder / "weights.safetensors").stat().st_size
    assert [path.name for path in tmp_path.iterdir()] == ["cut"]


def test_what_is_used_seldom_can_be_lost_too(folder: Path, domain: Path, tmp_path: Path) -> None:
    every, often = trim(folder, [domain], tmp_path / "a"), trim(folder, [domain], tmp_path / "b", least=20)
    assert often.after[0] < every.after[0]
    for source, target in rows_of(domain):
        assert often.model.numbering.sources.decode(often.model.numbering.sources.encode(source)) == source
        assert often.model.numbering.targets.decode(often.model.numbering.targets.encode(target)) == target


def test_a_shortlist_still_finds_the_same_translations(
    folder: Path, domain: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = load_model(folder)
    size = whole.numbering.target_vocabulary.size
    dice = np.random.default_rng(1)
    translations_SX = np.stack([dice.permutation(size)[:100] for _ in range(size)]).astype(np.int32)
    translations_SX[:, 90:] = -1
    lexicon = Lexicon(translations_SX=translations_SX, frequent_V=dice.permutation(size).astype(np.int32))
    lexicon.save(folder / "lexicon.safetensors")
    try:
        cut = trim(folder, [domain], tmp_path / "cut", apart=True).model
    finally:
        (folder / "lexicon.safetensors").unlink()
    made = load_model(tmp_path / "cut").lexicon
    assert made is not None
    kept = cut.numbering.targets.show(range(4, cut.numbering.target_vocabulary.size))
    known = {0, 1, 2, 3, *(whole.numbering.targets.id_of(piece) for piece in kept)}
    for piece in cut.numbering.sources.show(range(4, 40)):
        before = translations_SX[whole.numbering.sources.id_of(piece)]  # type: ignore[index]
        after = made.translations_SX[cut.numbering.sources.id_of(piece)]  # type: ignore[index]
        expected = whole.numbering.targets.show([each for each in before if each in known])
        assert cut.numbering.targets.show(after[after >= 0]) == expected
        assert (np.diff((after < 0).astype(int)) >= 0).all()
    assert cut.numbering.targets.show(made.frequent_V) == whole.numbering.targets.show(
        [each for each in lexicon.frequent_V if each in known]
    )


@pytest.mark.parametrize("head", ["mixture", "copy", "adaptive"])
def test_a_head_that_would_say_something_else_is_refused(head: str, domain: Path, tmp_path: Path) -> None:
    """A mixture of softmaxes is made equal by no one factor, and copied tokens are told from made ones by none."""
    tie = "none" if head == "adaptive" else "all"
    folder = trained(tmp_path / "whole", training__steps=2, training__warmup=1, model__head__kind=head, model__tie=tie)
    with pytest.raises(RecipeError, match=f'but is "{head}"'):
        trim(folder, [domain], tmp_path / "cut")
    assert not (tmp_path / "cut").exists()


def test_what_cannot_be_cut_is_refused(folder: Path, domain: Path, tmp_path: Path) -> None:
    sources, nothing = tmp_path / "sources.txt", tmp_path / "nothing.txt"
    sources.write_text("".join(f"{source}\n" for source, _ in rows_of(domain)), encoding="utf-8")
    nothing.write_text("\n\n", encoding="utf-8")
    with pytest.raises(DataError, match="at least one file"):
        trim(folder, [], tmp_path / "cut")
    with pytest.raises(DataError, match="no text in it"):
        trim(folder, [nothing], tmp_path / "cut")
    with pytest.raises(DataError, match="Name files of pairs"):
        trim(folder, [sources], tmp_path / "cut", apart=True)
    with pytest.raises(RecipeError, match="`least` must be"):
        trim(folder, [domain], tmp_path / "cut", least=0)
    with pytest.raises(ModelFolderError, match="no such folder"):
        trim(tmp_path / "none", [domain], tmp_path / "cut")
    with pytest.raises(ModelFolderError, match="is there already"):
        trim(folder, [domain], tmp_path)
    assert not (tmp_path / "cut").exists()
    assert trim(folder, [sources], tmp_path / "cut").after[0] > 260
