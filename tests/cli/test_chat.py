"""`seqloom chat`: a conversation in a pipe, and the same from Python, with a model that is hardly trained."""

from __future__ import annotations

import io
import json
import random
from pathlib import Path

import pytest

from seqloom.cli.main import main
from seqloom.core.errors import DataError
from seqloom.workflow.chatting import Conversation
from seqloom.workflow.loading import load

RECIPE = """
[task]
kind = "dialogue"
turns = 3
longest = 12

[data]
tokenizer = { kind = "word", split = "space" }
special_tokens = ["<you>", "<me>"]
max_source = 0
batches.tokens = 256

[model]
tie = "all"
source.width = 24
target.width = 24
encoder = { kind = "recurrent", width = 24 }
decoder = { kind = "recurrent", width = 24 }

[training]
steps = 40
warmup = 5
rate = 0.01
validate_every = 40
threads = 1

[evaluation]
choose = "perplexity"
one_source = true
pairs = 10

[answers]
beam = 2
max_length = 6
constraints = [{ kind = "no_repeat", n = 2 }]
"""

NAMES = ["ann", "bob", "cat", "dan", "eve", "小明"]


def lines(number: int, *, seed: int) -> str:
    dice = random.Random(seed)
    made = []
    for _ in range(number):
        name = dice.choice(NAMES)
        made.append(f"i am {name}\thello {name}\twho am i\tyou are {name}")
    return "\n".join(made) + "\n"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("chat")
    (folder / "recipe.toml").write_text(RECIPE, encoding="utf-8")
    (folder / "train.tsv").write_text(lines(80, seed=1), encoding="utf-8")
    train = ["train", str(folder / "recipe.toml"), "--train", str(folder / "train.tsv"), "--out", str(folder / "m")]
    assert main(train) == 0
    return folder / "m"


def piped(
    arguments: list[str], text: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> tuple[list[str], str]:
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(text.encode())))
    capsys.readouterr()
    assert main(arguments) == 0
    said = capsys.readouterr()
    return said.out.splitlines(), said.err


def test_a_pipe_has_an_answer_a_line_and_commands_have_none(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    text = "i am ann\n\n/undo\n/undo\n/huh\ni am ann\nwho am i\n/new\ni am ann\n/quit\nwho am i\n"
    said, told = piped(["chat", str(folder)], text, monkeypatch, capsys)
    assert len(said) == 4
    assert said[0] == said[1] == said[3]  # each is the first of its conversation
    assert ">" not in "".join(said)
    assert told.splitlines()[0] == "there is nothing to take back."
    assert told.splitlines()[1].startswith("`/huh` is no command: /new begins anew")


def test_chinese_and_another_draw_at_another_turn(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = ["chat", str(folder), "--sample", "--temperature", "5"]
    text = "i am 小明\n/new\n" * 12
    said, _ = piped(arguments, text, monkeypatch, capsys)
    assert len(said) == 12
    assert len({*said}) > 4
    assert said == piped(arguments, text, monkeypatch, capsys)[0]


def test_a_conversation_keeps_to_its_turns_and_answers_as_predict_does(folder: Path) -> None:
    speaker = load(folder)
    conversation = Conversation(speaker)
    for line in ["i am  bob", "who am i", "who am i"]:
        conversation.answer(line)
    asked = conversation.turns
    assert asked[::2] == ["i am bob", "who am i", "who am i"]
    last = "\t".join(asked[:5][-3:])
    assert asked[5] == speaker.predict(last)[0].text
    assert asked[5] == speaker.predict({"source": asked[4], "history": asked[2:4]})[0].text
    assert conversation.undo() == "who am i"
    assert len(conversation.turns) == 4
    with pytest.raises(DataError, match="nothing to answer"):
        conversation.answer(" ")
    conversation.new()
    assert conversation.undo() is None


def test_old_turns_fall_away_where_a_question_is_too_long(folder: Path) -> None:
    speaker = load(folder)
    long = " ".join(["who"] * 11)
    for question in (f"{long}\twho am i", "\t".join([long] * 9), long * 20):
        [answer] = speaker.predict(question)
        assert answer.error is None
    many = "a b c d\twho am i\twho am i"
    speaker.longest_source = 5
    assert speaker.predict(many)[0].text == speaker.predict("who am i")[0].text


def test_a_file_of_dialogues_is_measured(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    capsys.readouterr()
    test = folder.parent / "test.jsonl"
    turns = [line.split("\t") for line in lines(10, seed=2).splitlines()]
    rows = [{"turns": each} for each in turns] + [{"source": " ", "target": "so"}]  # nothing is asked in the last
    test.write_text("\n".join(map(json.dumps, rows)), encoding="utf-8")
    assert main(["evaluate", str(folder), str(test)]) == 0
    told = capsys.readouterr().out
    assert "perplexity a word" in told
    assert "a bigram model" in told
    assert "distinct-2" in told
    assert "beside it, the nearest question's: BLEU" in told


def test_questions_in_a_file_are_turns_and_a_bad_one_spoils_no_other(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "q.tsv").write_text("i am ann\ni am ann\thello ann\twho am i\n", encoding="utf-8")
    capsys.readouterr()
    assert main(["predict", str(folder), str(tmp_path / "q.tsv")]) == 0
    assert len(capsys.readouterr().out.splitlines()) == 2
    asked = '{"source": "who am i", "history": 5}\n{"source": "who am i", "history": ["i am bob", "hello bob"]}\n'
    (tmp_path / "q.jsonl").write_text(asked, encoding="utf-8")
    assert main(["predict", str(folder), str(tmp_path / "q.jsonl")]) == 2
    said = capsys.readouterr()
    assert "source 1: `history` must be a list of turns, but is 5." in said.err
    first, second = said.out.splitlines()
    assert first == ""
    assert second
