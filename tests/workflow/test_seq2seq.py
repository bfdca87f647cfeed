"""The model in a few lines of Python: what it takes, that it learns, and what it says when it cannot."""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn

import seqloom
from seqloom import DataError, ModelFolderError, RecipeError, Seq2Seq, Tokenizer, TrainingError
from seqloom.data.tokenizers.characters import CharacterSettings
from seqloom.data.tokenizers.subwords import BpeSettings
from seqloom.data.tokenizers.words import WordSettings
from seqloom.models.decoders import RecurrentDecoderSettings, TransformerDecoderSettings
from seqloom.models.encoders import RecurrentEncoderSettings, TransformerEncoderSettings
from seqloom.models.heads import CopyHeadSettings
from seqloom.training.objectives import CrossEntropy

WIDTH = 32
SMALL = {"encoder": "gru", "decoder": "gru", "width": 8}


@pytest.fixture(autouse=True)
def _one_thread() -> None:
    torch.set_num_threads(1)


def rows(number: int, *, seed: int, symbols: int = 5) -> list[list[int]]:
    dice = random.Random(seed)
    return [dice.choices(range(1, symbols + 1), k=dice.randint(2, 4)) for _ in range(number)]


def words(number: int, *, seed: int) -> list[str]:
    names = ["", "ant", "bee", "cat", "dog", "eel"]
    return [" ".join(names[symbol] for symbol in row) for row in rows(number, seed=seed)]


def padded(given: list[list[int]]) -> np.ndarray[Any, np.dtype[np.int64]]:
    longest = max(map(len, given))
    return np.array([row + [0] * (longest - len(row)) for row in given])


class Attending(nn.Module):
    """A causal decoder as its user writes it."""

    def __init__(self, width: int, memory_width: int) -> None:
        super().__init__()
        self.cells = nn.GRU(width, 48, batch_first=True)
        self.query = nn.Linear(48, memory_width)

    def forward(self, embedded: Tensor, memory: Tensor, memory_mask: Tensor) -> Tensor:
        h = self.cells(embedded)[0]
        scores = self.query(h) @ memory.transpose(1, 2)
        found = scores.masked_fill(~memory_mask[:, None], float("-inf")).softmax(-1) @ memory
        return torch.cat([h, found], -1)


def mixed() -> Seq2Seq:
    """torch's encoder, the user's decoder; the same at every call."""
    torch.manual_seed(3)
    encoder = nn.GRU(WIDTH, 24, bidirectional=True, batch_first=True)
    return Seq2Seq(encoder, Attending(WIDTH, 48), device="cpu").compile(rate=0.01, warmup=20)


# ---- it learns -------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def texts() -> Seq2Seq:
    """The copying of words, learnt from lists of texts."""
    torch.set_num_threads(1)
    settings = (
        TransformerEncoderSettings(width=WIDTH, layers=1, heads=4, feed_forward=64, dropout=0.0),
        TransformerDecoderSettings(width=WIDTH, layers=1, heads=4, feed_forward=64, dropout=0.0),
    )
    model = Seq2Seq(*settings, device="cpu").compile("adam", "cross_entropy", rate=0.01, warmup=20)
    given = words(800, seed=1)
    return model.fit(given, given, batch_size=25, epochs=9, validation=(given[:20], given[:20]), verbose=False)


def test_it_learns_from_texts_with_settings(texts: Seq2Seq) -> None:
    test = words(100, seed=2)
    report = texts.evaluate(test, test)
    assert report["exact_match"].value >= 95
    assert len(texts.history["loss"]) == len(texts.history["exact_match"]) == 9
    assert texts.history["loss"][-1] < texts.history["loss"][0] / 10
    [answer] = texts.predict("dog cat bee", beam=4, nbest=3)
    assert answer.text == "dog cat bee"
    assert len(answer.alternatives) == 2
    right, wrong = texts.score(["dog cat", "dog cat"], ["dog cat", "cat dog"])
    assert right.logp > wrong.logp + 1


def test_it_learns_from_arrays_of_integers_with_plain_modules() -> None:
    torch.manual_seed(3)
    model = Seq2Seq(nn.GRU(48, 48, bidirectional=True, batch_first=True), Attending, padding=0, device="cpu")
    given, test = padded(rows(1600, seed=1)), rows(100, seed=2)
    model.compile(rate=0.015, warmup=20).fit(given, given, batch_size=32, epochs=7, verbose=False)
    answers = model.predict(test)
    assert sum(found == row for found, row in zip(Seq2Seq.integers(answers), test, strict=True)) >= 95
    assert model.predict(torch.tensor([[3, 1, 2, 0, 0]]))[0].text == "3 1 2"


def test_it_learns_with_torchs_transformer() -> None:
    torch.manual_seed(3)
    encoder = nn.TransformerEncoder(
        nn.TransformerEncoderLayer(WIDTH, 4, 64, dropout=0.0, batch_first=True, norm_first=True),
        1,
        enable_nested_tensor=False,
    )
    decoder = nn.TransformerDecoder(
        nn.TransformerDecoderLayer(WIDTH, 4, 64, dropout=0.0, batch_first=True, norm_first=True), 1
    )
    model = Seq2Seq(encoder, decoder, device="cpu").compile(rate=0.01, warmup=20)
    given, test = rows(800, seed=1), rows(100, seed=2)
    model.fit(given, given, batch_size=25, epochs=9, verbose=False)
    assert model.evaluate(test, test, beam=1)["exact_match"].value >= 95


def test_the_example_of_its_documentation() -> None:
    model = Seq2Seq("gru", "gru", width=64, device="cpu")
    model.compile(rate=0.003).fit(["1 2 3", "4 5"], ["3 2 1", "5 4"], epochs=40, verbose=False)
    assert model.predict(["1 2 3"])[0].text == "3 2 1"


# ---- what it takes ---------------------------------------------------------------------------------------------------


def learnt(*given: Any, **how: Any) -> dict[str, Tensor]:
    """The weights after a little training."""
    model = Seq2Seq("gru", "gru", width=8, padding=0, device="cpu").fit(*given, epochs=2, verbose=False, **how)
    return {name: tensor.clone() for name, tensor in model.model.network.state_dict().items()}


def assert_same(one: dict[str, Tensor], other: dict[str, Tensor]) -> None:
    assert one.keys() == other.keys()
    for name, tensor in one.items():
        assert torch.equal(tensor, other[name]), name


def frame(sources: list[str], targets: list[str], names: tuple[str, str]) -> Any:
    pandas = pytest.importorskip("pandas")
    return pandas.DataFrame(dict(zip(names, (sources, targets), strict=True)))


@pytest.mark.parametrize(
    "given",
    [
        lambda s, t: (np.array(s), np.array(t, dtype=object)),
        lambda s, t: (tuple(s), iter(t)),
        lambda s, t: ([*zip(s, t, strict=True)],),
        lambda s, t: (frame(s, t, ("de", "en")),),
        lambda s, t: (frame(s, t, ("de", "en"))["de"], frame(s, t, ("de", "en"))[["en"]]),
        lambda s, t: (frame(t, s, ("target", "source")),),
    ],
)
def test_texts_in_whatever_holds_them(given: Callable[..., tuple[object, ...]]) -> None:
    sources, targets = words(40, seed=1), [text.upper() for text in words(40, seed=1)]
    assert_same(learnt(*given(sources, targets)), learnt(sources, targets))


@pytest.mark.parametrize(
    "given",
    [
        padded,
        lambda given: torch.from_numpy(padded(given)),
        lambda given: [np.array(row) for row in given],
        lambda given: [[str(symbol) for symbol in row] for row in given],
        lambda given: padded(given).tolist(),
    ],
)
def test_rows_of_symbols_in_whatever_holds_them(given: Callable[..., object]) -> None:
    plain = rows(40, seed=1)
    assert_same(learnt(given(plain), given(plain)), learnt(plain, plain))


def test_a_column_of_a_frame_is_predicted_from() -> None:
    pandas = pytest.importorskip("pandas")
    model = Seq2Seq(**SMALL, device="cpu").fit(["a b", "c"], ["b a", "c"], epochs=1, verbose=False)
    column = pandas.DataFrame({"text": ["a b", "c", "a"]}, index=[7, 8, 9])["text"]
    assert [answer.source for answer in model.predict(column)] == ["a b", "c", "a"]


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ((["a", "b"], ["a"]), "`sources` and `targets` must be equally many, but are 2 and 1."),
        (([], []), "`sources` must have at least one sequence, but is empty."),
        (("a b", ["a"]), "`sources` must be a list of sequences, but is one text."),
        ((5, [1]), "`sources` must be a list of sequences, but is of type int."),
        ((["a", 3], ["a", "b"]), "`sources[1]` must be text, but is 3"),
        ((["a", float("nan")], ["a", "b"]), "`sources[1]` must be text, but is nothing"),
        ((["a"], [3]), "`targets[0]` must be a text, or a row of integers or symbols, but is 3."),
        (([[1.5]], ["a"]), "`sources[0]` must have integers or strings for its symbols, but has 1.5."),
        (([[True]], ["a"]), "`sources[0]` must have integers or strings for its symbols, but has true."),
        (([["a b"]], ["a"]), '`sources[0]` must have symbols without spaces, but has "a b".'),
        ((["a", "b"],), 'without `targets`, `sources[0]` must be a pair of source and target, but is "a".'),
        (([" ", ""], ["a", "b"]), "there is nothing to learn from: of every pair a side is empty."),
        ((["a\ud800"], ["a"]), "`sources[0]` holds half a character (U+D800 at column 2)"),
    ],
)
def test_what_it_cannot_learn_from_is_one_line(given: tuple[Any, ...], said: str) -> None:
    with pytest.raises(DataError) as caught:
        Seq2Seq(**SMALL).fit(*given, verbose=False)
    assert str(caught.value).startswith(said)
    assert "\n" not in str(caught.value)


def test_a_frame_of_many_columns_must_be_chosen_from() -> None:
    pandas = pytest.importorskip("pandas")
    wide = pandas.DataFrame({"a": ["x"], "b": ["y"], "c": ["z"]})
    with pytest.raises(DataError, match=r"two columns, or some called `source` and `target`, but has \[\"a\", \"b\""):
        Seq2Seq(**SMALL).fit(wide, verbose=False)
    with pytest.raises(DataError, match="`sources` must be one column, but is a data frame with 3"):
        Seq2Seq(**SMALL).fit(wide, ["y"], verbose=False)


def test_pairs_with_an_empty_side_are_left_out_and_told_of(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level("WARNING", logger="seqloom"):
        weights = learnt(["a b", "", "c"], ["a b", "x", "c"])
    assert "1 of 3 pairs are left out: one of their sides is empty." in caplog.messages
    assert_same(weights, learnt(["a b", "c"], ["a b", "c"]))


# ---- vocabularies ----------------------------------------------------------------------------------------------------


def tokenizers(model: Seq2Seq) -> tuple[Any, Any]:
    return model.model.numbering.sources, model.model.numbering.targets


def test_the_tokenizers_fit_what_they_are_for() -> None:
    few, free = words(40, seed=1), [f"text number {place}, and so on" for place in range(40)]
    model = Seq2Seq(**SMALL, device="cpu").fit(few, free, epochs=1, verbose=False)
    assert [made.settings for made in tokenizers(model)] == [WordSettings(), CharacterSettings()]
    chinese = ["我喜欢猫", "我喜欢狗"] * 10
    model = Seq2Seq(**SMALL, device="cpu").fit(chinese, rows(20, seed=1), epochs=1, verbose=False)
    assert [made.settings for made in tokenizers(model)] == [CharacterSettings(), WordSettings(split="space")]


def test_much_text_is_cut_into_subwords() -> None:
    from seqloom.workflow.sequences import fitting_tokenizer, read_sequences

    dice = random.Random(1)
    much = ["".join(dice.choices("abcdefghij ", k=60)) for _ in range(4000)]
    assert fitting_tokenizer(read_sequences(much, name="sources")) == BpeSettings(size=2400)
    assert fitting_tokenizer(read_sequences(much[:1000], name="sources")) == CharacterSettings()


def test_a_tokenizer_of_ones_own_is_taken_for_both_sides() -> None:
    tokenizer = Tokenizer(kind="character").fit(["abc"])
    model = Seq2Seq(**SMALL, tokenizer=tokenizer, tie="all", device="cpu").fit(["ab"], ["ba"], epochs=1, verbose=False)
    assert tokenizers(model) == (tokenizer.made, tokenizer.made)
    network = model.model.network
    assert network.source.embedding.table is network.decoder.embedding.table
    assert len(network.head.weight) == len(tokenizer)


def test_tokenizers_by_name_and_by_settings() -> None:
    model = Seq2Seq(**SMALL, tokenizer="byte", target_tokenizer=CharacterSettings(minimum_count=2), device="cpu")
    model.fit(["ab", "b"], ["ax", "a"], epochs=1, verbose=False)
    source, target = tokenizers(model)
    assert source.settings.kind == "byte"
    assert target.encode("ax") == [4, target.specials.unk]


def test_a_tokenizer_that_draws_shows_each_epoch_other_cuts(monkeypatch: pytest.MonkeyPatch) -> None:
    from seqloom.workflow.fitting import batches_of_pairs, clean_rows
    from seqloom.workflow.sequences import Sequences

    given = ["the cat sat on the mat", "the dog ran to the cat"] * 8
    model = Seq2Seq(**SMALL, tokenizer=BpeSettings(size=300, sampling=0.5), device="cpu")
    model.fit(given, given, epochs=1, verbose=False)
    read = Sequences(texts=given, symbols=False)
    stream = batches_of_pairs(clean_rows(read, read), model.model.numbering, size=16, seed=1)
    first, second = next(stream), next(stream)
    assert first.target_BT.tolist() != second.target_BT.tolist()
    stream.seek({"epoch": 0, "given": 0})
    assert next(stream).target_BT.tolist() == first.target_BT.tolist()


def test_a_model_of_texts_takes_no_rows_of_symbols() -> None:
    model = Seq2Seq(**SMALL, device="cpu").fit(["ab"], ["ba"], epochs=1, verbose=False)
    for call in (lambda: model.predict([[1, 2]]), lambda: model.fit([[1]], ["a"]), lambda: model.score([[1]], ["a"])):
        with pytest.raises(DataError, match="`sources` must be texts, as those were that it learnt from"):
            call()
    with pytest.raises(RecipeError, match="`tokenizer` must leave symbols whole, but cuts them"):
        Seq2Seq(**SMALL, tokenizer="character").fit([[1]], [[1]], verbose=False)
    with pytest.raises(DataError, match="the answer must be integers"):
        Seq2Seq.integers(model.predict(["ab"], min_length=1, max_length=1))


# ---- a fit -----------------------------------------------------------------------------------------------------------


def test_every_pair_is_seen_once_an_epoch_among_pairs_of_its_length() -> None:
    from seqloom.workflow.fitting import batches_of_pairs, clean_rows
    from seqloom.workflow.sequences import Sequences

    texts = words(203, seed=4)
    model = Seq2Seq(**SMALL, head=CopyHeadSettings(), device="cpu").fit(texts[:50], texts[:50], epochs=1, verbose=False)
    read = Sequences(texts=texts, symbols=False)
    numbering = model.model.numbering
    stream = batches_of_pairs(clean_rows(read, read), numbering, size=20, seed=1)
    assert stream.batches_per_epoch == 11
    epochs = []
    for _ in range(2):
        batches = [next(stream) for _ in range(11)]
        assert all(batch.source.copy_BS is not None for batch in batches)
        seen = [numbering.text(row) for batch in batches for row in batch.source.parts["text"].values.tolist()]
        assert sorted(seen) == sorted(texts)
        real = sum(int(batch.target_mask_BT.sum()) for batch in batches)
        assert real > 0.9 * sum(batch.target_mask_BT.numel() for batch in batches)
        epochs.append(seen)
    assert epochs[0] != epochs[1]


def test_the_same_seed_gives_the_same_weights_and_leaves_chance_alone() -> None:
    given = words(40, seed=1)
    random.seed(7)
    np.random.seed(7)
    torch.manual_seed(7)
    expected = random.random(), np.random.rand(), float(torch.rand(()))
    random.seed(7)
    np.random.seed(7)
    torch.manual_seed(7)
    first = learnt(given, given)
    assert (random.random(), np.random.rand(), float(torch.rand(()))) == expected
    assert_same(first, learnt(given, given))
    other = Seq2Seq("gru", "gru", width=8, seed=2, device="cpu").fit(given, given, epochs=2, verbose=False)
    assert not torch.equal(other.model.network.state_dict()["head.weight"], first["head.weight"])


def test_fit_again_learns_on_with_the_same_vocabulary() -> None:
    given = words(100, seed=1)
    model = Seq2Seq("gru", "gru", width=16, device="cpu").compile(rate=0.01).fit(given, given, epochs=3, verbose=False)
    before, vocabulary, network = model.history["loss"], tokenizers(model), model.model.network
    assert model.fit([*given, "gnu"], [*given, "gnu"], epochs=2, verbose=False) is model
    assert len(model.history["loss"]) == 2
    assert model.history["loss"][0] < before[-1]
    assert tokenizers(model) == vocabulary
    assert model.model.network is network


def test_a_share_is_held_out_and_patience_ends_it() -> None:
    given = words(60, seed=1)
    model = Seq2Seq(**SMALL, device="cpu").compile(rate=1e-9, metrics=["cer", "exact_match"])
    model.fit(given, given, epochs=9, validation_share=0.1, patience=2, verbose=False)
    assert len(model.history["cer"]) == 3  # the first is the best, two more are no better
    assert set(model.history) == {"loss", "cer", "exact_match"}
    assert [entry["best"] for entry in model.model.metrics["history"]] == [True, False, False]


def test_progress_is_told_on_stderr_alone_and_only_if_wanted(capfd: pytest.CaptureFixture[str]) -> None:
    given = words(20, seed=1)
    model = Seq2Seq(**SMALL, device="cpu").fit(given, given, epochs=2, validation=(given, given))
    told = capfd.readouterr()
    assert told.out == ""
    assert told.err.splitlines()[-1].startswith("epoch 2  loss ")
    assert "  exact match " in told.err
    model.fit(given, given, epochs=1, verbose=False)
    assert capfd.readouterr().err == ""


def test_out_keeps_the_log_and_is_not_written_over(tmp_path: Path) -> None:
    given = words(20, seed=1)
    model = Seq2Seq(**SMALL, device="cpu").fit(given, given, epochs=10, out=tmp_path, verbose=False)
    events = [json.loads(line) for line in (tmp_path / "log.jsonl").read_text().splitlines()]
    assert events[-1]["event"] == "stopped"
    assert events[-1]["step"] == 10
    with pytest.raises(TrainingError, match=r"holds a run already\. Choose another `out`"):
        model.fit(given, given, epochs=1, out=tmp_path, verbose=False)


def test_an_objective_of_ones_own_is_what_is_made_smaller() -> None:
    given = words(40, seed=1)

    def losses(**how: Any) -> list[float]:
        model = Seq2Seq(**SMALL, device="cpu").compile(**how)
        return model.fit(given, given, epochs=2, verbose=False).history["loss"]

    assert losses(loss=CrossEntropy(smoothing=0.2)) == losses(smoothing=0.2)
    assert losses(loss=[CrossEntropy()]) == losses() != losses(smoothing=0.2)


@pytest.mark.parametrize(
    ("how", "said"),
    [
        ({"optimizer": "adm"}, '`optimizer.kind` must be one of "adamw", "adam"'),
        ({"loss": "mse"}, '`loss` must be "cross_entropy" or objectives, but is "mse".'),
        ({"loss": [3]}, '`loss` must be "cross_entropy" or objectives, but has int.'),
        ({"loss": CrossEntropy(), "smoothing": 0.1}, "`smoothing` must be 0 with a `loss` of your own"),
        ({"metrics": ["blue"]}, "`metrics.0` must be one of"),
        ({"schedule": "cosin"}, "`schedule.kind` must be one of"),
        ({"rate": -1.0}, "`rate` must be more than 0, but is -1.0."),
    ],
)
def test_what_cannot_be_compiled_is_one_line(how: dict[str, Any], said: str) -> None:
    with pytest.raises(RecipeError) as caught:
        Seq2Seq(**SMALL).compile(**how)
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("how", "said"),
    [
        ({"encoder": "gur"}, '`encoder` must be one of "gru", "lstm"'),
        ({"decoder": 5}, "`decoder` must be a name, settings, a module or what makes one, but is int."),
        ({"encoder": RecurrentEncoderSettings}, "Call it: `RecurrentEncoderSettings()`."),
        ({"tokenizer": "words"}, '`tokenizer` must be one of "bpe"'),
        ({"tokenizer": 7}, "`tokenizer` must be a name, a tokenizer or its settings, but is int."),
        ({"tie": "all"}, 'model.tie must not be "all"'),
        ({"width": 0}, "`width` must be a whole number from 1 on, but is 0."),
        ({"device": "gpu"}, '`device` must be one of "cpu", "cuda", "auto", but is "gpu".'),
        ({"batch_size": 0}, "`batch_size` must be a whole number from 1 on, but is 0."),
        ({"epochs": 0}, "`epochs` must be more than 0, but is 0."),
        ({"validation_share": 1.0}, "`validation_share` must be at least 0 and less than 1, but is 1.0."),
        ({"validation_share": 0.1, "validation": (["a"], ["a"])}, "`validation_share` must be 0 with `validation`"),
        ({"patience": -1}, "`patience` must be at least 0, but is -1."),
    ],
)
def test_what_cannot_be_is_one_line(how: dict[str, Any], said: str) -> None:
    of_fit = {"batch_size", "epochs", "validation", "validation_share", "patience"}
    given = {name: value for name, value in how.items() if name not in of_fit}
    with pytest.raises(RecipeError) as caught:
        Seq2Seq(**(SMALL | given)).fit(
            ["a"], ["b"], verbose=False, **{name: value for name, value in how.items() if name in of_fit}
        )
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("name", ["gru", "lstm", "rnn", "conv", "transformer"])
def test_every_name_is_a_part(name: str) -> None:
    model = Seq2Seq(name, name, width=8, device="cpu").fit(["a b", "c"], ["b a", "c"], epochs=1, verbose=False)
    assert len(model.predict(["a b", "c a"])) == 2
    parts = model.model.recipe.model
    assert (parts.source.width, parts.encoder.width, parts.decoder.width) == (8, 8, 8)  # type: ignore[union-attr]


# ---- what is kept ----------------------------------------------------------------------------------------------------


def test_a_saved_model_answers_the_same(texts: Seq2Seq, tmp_path: Path) -> None:
    texts.save(tmp_path / "model")
    loaded = seqloom.load(tmp_path / "model")
    asked = words(20, seed=5)
    assert loaded.predict(asked, nbest=2) == texts.predict(asked, nbest=2)
    assert loaded.recipe.model == texts.model.recipe.model


def test_plain_modules_keep_weights_and_vocabularies(tmp_path: Path) -> None:
    given = rows(60, seed=1)
    model = mixed().fit(given, given, epochs=3, verbose=False)
    with pytest.raises(RecipeError, match="`encoder` must be settings of an importable module where a model is saved"):
        model.save(tmp_path / "model")
    assert not (tmp_path / "model").exists()
    model.save_weights(tmp_path / "weights")
    other = mixed().load_weights(tmp_path / "weights")
    assert other.predict(given) == model.predict(given)
    other.fit(given, given, epochs=1, verbose=False)  # it can learn on
    with pytest.raises(ModelFolderError, match="the weights do not fit the recipe"):
        Seq2Seq(**SMALL).load_weights(tmp_path / "weights")
    with pytest.raises(ModelFolderError, match="there is no such folder"):
        mixed().load_weights(tmp_path / "none")


def test_embeddings_are_as_wide_as_what_reads_them() -> None:
    def widths(encoder: Any, decoder: Any, **how: int) -> tuple[int, int]:
        settings = Seq2Seq(encoder, decoder, **how)._model_settings
        return settings.source.width, settings.target.width

    assert widths(nn.GRU(5, 3), nn.LSTM(7, 3)) == (5, 7)
    assert widths(nn.GRU(5, 3), Attending) == (5, 5)
    assert widths(RecurrentEncoderSettings(width=12), "gru") == (12, 12)
    assert widths(nn.Linear(5, 3), Attending, width=5) == (5, 5)
    assert widths("gru", "gru") == (256, 256)


def test_weights_are_not_read_beside_other_vocabularies(tmp_path: Path) -> None:
    for name, given in (("one", ["ab"]), ("other", ["xy"])):
        model = Seq2Seq(**SMALL, device="cpu").fit(given, given, epochs=1, verbose=False)
        model.save_weights(tmp_path / name)
    (tmp_path / "other" / "weights.safetensors").replace(tmp_path / "one" / "weights.safetensors")
    with pytest.raises(ModelFolderError, match="these are another model's weights"):
        Seq2Seq(**SMALL).load_weights(tmp_path / "one")


def test_a_summary_reads_well_before_and_after(texts: Seq2Seq) -> None:
    before = Seq2Seq(RecurrentEncoderSettings(width=8), RecurrentDecoderSettings(width=8)).summary()
    assert repr(before) == str(before)
    assert before.splitlines()[-1] == "Vocabularies are counted as 4 tokens until the first `fit`."
    total = sum(parameter.numel() for parameter in texts.model.network.parameters())
    assert texts.summary().splitlines()[-1] == f"{total:,} parameters"


def test_it_must_learn_first() -> None:
    model = Seq2Seq(**SMALL)
    for call in (lambda: model.predict(["a"]), lambda: model.evaluate(["a"], ["a"]), lambda: model.save("model")):
        with pytest.raises(RecipeError, match=r"must learn before it is used, but has not\. Call `fit` first\."):
            call()
