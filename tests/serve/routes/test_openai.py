"""OpenAI's API, by the package that people have."""

from __future__ import annotations

import asyncio
from typing import Any

import httpx2
import openai
import pytest

from seqloom.serve.stops import Stops, ended

from .conftest import Home

RED = "red dog one cat"


@pytest.fixture(scope="module")
def client(home: Home) -> openai.OpenAI:
    return openai.OpenAI(base_url=f"{home.address}/v1", api_key="none", max_retries=0)


def user(text: Any) -> list[dict[str, Any]]:
    return [{"role": "user", "content": text}]


def predicted(home: Home, text: Any, *, model: str = "small", **how: Any) -> list[str]:
    [answer] = home.speakers[model].predict([text], **how)
    return [each.text for each in (answer, *answer.alternatives)]


# ---- whole -----------------------------------------------------------------------------------------------------------


def test_an_answer_is_what_predict_answers(client: openai.OpenAI, home: Home) -> None:
    said = client.chat.completions.create(model="small", messages=user(RED))
    [choice] = said.choices
    assert choice.message.content == predicted(home, RED)[0] != ""
    assert (choice.message.role, choice.finish_reason) == ("assistant", "stop")
    assert said.object == "chat.completion"
    assert said.model == "small"
    assert said.usage is not None
    [answer] = home.speakers["small"].predict([RED])
    assert said.usage.prompt_tokens == len(answer.source_tokens) == 4
    assert said.usage.completion_tokens == len(answer.tokens)
    assert said.usage.total_tokens == said.usage.prompt_tokens + said.usage.completion_tokens


def test_several_answers_are_the_best_ones_or_draws(client: openai.OpenAI, home: Home) -> None:
    best = client.chat.completions.create(model="small", messages=user(RED), n=3, temperature=0)
    assert [each.message.content for each in best.choices] == predicted(home, RED, nbest=3)
    assert [each.index for each in best.choices] == [0, 1, 2]
    how: dict[str, Any] = {"temperature": 1.5, "top_p": 0.9, "seed": 5}
    drawn = client.chat.completions.create(model="small", messages=user(RED), n=4, **how)
    assert [each.message.content for each in drawn.choices] == predicted(home, RED, nbest=4, sample=True, **how)
    other = client.chat.completions.create(model="small", messages=user(RED), n=4, **{**how, "seed": 6})
    assert [each.message.content for each in drawn.choices] != [each.message.content for each in other.choices]


def test_who_draws_again_without_a_seed_gets_another_answer(client: openai.OpenAI) -> None:
    asked: dict[str, Any] = {"model": "small", "messages": user(RED), "n": 4, "temperature": 2}
    drawn = [client.chat.completions.create(**asked) for _ in range(5)]
    assert len({tuple(each.message.content for each in said.choices) for said in drawn}) > 1


@pytest.mark.parametrize("name", ["max_tokens", "max_completion_tokens"])
def test_an_answer_that_is_cut_says_so(client: openai.OpenAI, home: Home, name: str) -> None:
    said = client.chat.completions.create(model="small", messages=user(RED), **{name: 2})
    assert said.choices[0].message.content == predicted(home, RED, max_length=2)[0]
    assert said.choices[0].finish_reason == "length"


def test_an_answer_ends_before_a_stop(client: openai.OpenAI, home: Home) -> None:
    whole = predicted(home, RED)[0]
    stop = whole.split()[1]
    said = client.chat.completions.create(model="small", messages=user(RED), stop=[stop, "never"])
    assert said.choices[0].message.content == whole[: whole.index(stop)]
    assert said.choices[0].finish_reason == "stop"


def test_a_model_that_looks_back_reads_the_turns(client: openai.OpenAI, home: Home) -> None:
    messages = [
        {"role": "system", "content": "Be kind."},
        {"role": "user", "content": "long ago"},
        {"role": "assistant", "content": "so"},
        *[{"role": "user", "content": each} for each in ("i am", "bob")],
        {"role": "assistant", "content": "hello bob"},
        *user([{"type": "text", "text": "who"}, {"type": "text", "text": "am i"}]),
    ]
    said = client.chat.completions.create(model="talk", messages=messages)  # type: ignore[arg-type]
    assert said.choices[0].message.content == predicted(home, "i am bob\thello bob\twho am i", model="talk")[0]
    last = client.chat.completions.create(model="small", messages=messages[:1] + user(RED))  # type: ignore[arg-type]
    assert last.choices[0].message.content == predicted(home, RED)[0]


def test_columns_say_what_else_a_model_asks_for(client: openai.OpenAI, home: Home) -> None:
    said = client.chat.completions.create(model="many", messages=user("red dog"), extra_body={"columns": {"to": "de"}})
    asked = {"source": "red dog", "to": "de"}
    assert said.choices[0].message.content == predicted(home, asked, model="many")[0]
    with pytest.raises(openai.BadRequestError, match="`to` is missing"):
        client.chat.completions.create(model="many", messages=user("red dog"))


# ---- piece by piece --------------------------------------------------------------------------------------------------


def test_a_stream_says_the_same_piece_by_piece(client: openai.OpenAI, home: Home) -> None:
    events = [
        *client.chat.completions.create(
            model="small", messages=user(RED), stream=True, temperature=0, stream_options={"include_usage": True}
        )
    ]
    first, *middle, finish, usage = events
    assert (first.choices[0].delta.role, first.choices[0].delta.content) == ("assistant", "")
    whole = client.chat.completions.create(model="small", messages=user(RED))
    assert "".join(each.choices[0].delta.content or "" for each in middle) == whole.choices[0].message.content
    assert (finish.choices[0].finish_reason, finish.choices[0].delta.content) == ("stop", None)
    assert not usage.choices
    assert usage.usage == whole.usage
    assert len({each.id for each in events}) == 1
    assert {each.object for each in events} == {"chat.completion.chunk"}


def test_a_stream_is_what_its_protocol_says(home: Home) -> None:
    body = {"model": "small", "messages": user(RED), "stream": True}
    response = httpx2.post(f"{home.address}/v1/chat/completions", json=body, timeout=60)
    assert response.headers["content-type"].startswith("text/event-stream")
    events = response.text.split("\n\n")
    assert events[-2:] == ["data: [DONE]", ""]
    assert all(event.startswith("data: {") for event in events[:-2])
    assert '"usage"' not in response.text


def test_a_stream_stops_and_is_cut_like_a_whole_answer(client: openai.OpenAI, home: Home) -> None:
    whole = predicted(home, RED)[0]
    for how in ({"stop": whole.split()[1]}, {"stop": whole[3:7]}, {"max_tokens": 2}, {"stop": whole + "x"}):
        asked: dict[str, Any] = {"model": "small", "messages": user(RED), **how}
        once = client.chat.completions.create(**asked).choices[0]
        for more in ({}, {"stream_options": {"include_usage": True}}):
            said, finish = "", None
            for event in client.chat.completions.create(**asked, **more, stream=True):
                for choice in event.choices:
                    said += choice.delta.content or ""
                    finish = choice.finish_reason or finish
            assert (said, finish) == (once.message.content, once.finish_reason)


def test_several_answers_are_streamed_one_after_the_other(client: openai.OpenAI, home: Home) -> None:
    said = {0: "", 1: ""}
    for event in client.chat.completions.create(model="small", messages=user(RED), n=2, stream=True):
        for choice in event.choices:
            said[choice.index] += choice.delta.content or ""
    assert [*said.values()] == predicted(home, RED, nbest=2)


def test_many_ask_at_the_same_time(home: Home) -> None:
    async def ask() -> list[str | None]:
        async with openai.AsyncOpenAI(base_url=f"{home.address}/v1", api_key="none") as client:
            asked = (client.chat.completions.create(model="small", messages=user(text)) for text in texts)
            said = [each.choices[0].message.content for each in await asyncio.gather(*asked)]
            stream = await client.chat.completions.create(model="small", messages=user(RED), stream=True)
            return [*said, "".join([event.choices[0].delta.content or "" async for event in stream])]

    texts = [f"{one} {other}" for one in ("red", "blue") for other in ("cat", "dog", "sun")]
    assert asyncio.run(ask()) == [predicted(home, text)[0] for text in (*texts, RED)]


# ---- models and errors -----------------------------------------------------------------------------------------------


def test_the_models_are_listed_and_found(client: openai.OpenAI) -> None:
    assert [model.id for model in client.models.list()] == ["small", "many", "talk"]
    model = client.models.retrieve("many")
    assert (model.id, model.object, model.to_dict()["task"]) == ("many", "model", "translation")
    with pytest.raises(openai.NotFoundError) as refused:
        client.models.retrieve("gpt-4o")
    assert refused.value.code == "model_not_found"


@pytest.mark.parametrize(
    ("changes", "param", "said"),
    [
        ({"tools": [{"type": "function"}]}, "tools", "`tools` is nothing that a model here can do. Leave it out."),
        ({"logprobs": True}, "logprobs", "`logprobs` is nothing that a model here can do. Leave it out."),
        ({"frequency_penalty": 0.5}, "frequency_penalty", "`frequency_penalty` is nothing"),
        ({"temperature": 3}, "temperature", "`temperature` must be at most 2, but is 3"),
        ({"temperature": "hot"}, "temperature", "`temperature` must be a number"),
        ({"n": 0}, "n", "`n` must be at least 1, but is 0."),
        ({"max_tokens": 0}, "max_tokens", "`max_tokens` must be at least 1, but is 0."),
        ({"stop": list("abcde")}, "stop", "`stop` must be at most four texts."),
        ({"response_format": {"type": "json_object"}}, "response_format", "`response_format.type` must be"),
        ({"messages": []}, "messages", "`messages` must be at least 1 item long"),
        ({"messages": None}, "messages", "`messages` must be a list"),
        ({"messages": user(" ")}, "messages", "`messages` must end with a text, but the last one is empty."),
        ({"messages": user([{"type": "image_url"}])}, "messages", "`messages` must be text"),
        ({"messages": [{"role": "assistant", "content": "x"}]}, "messages", "`messages` must end with one of the role"),
        ({"messages": [{"role": "tool", "content": "x"}, *user("x")]}, "messages", "`messages` must be of people"),
        ({"messages": [{"role": "king", "content": "x"}]}, "messages", "`messages.0.role` must be one of"),
        ({"messages": [{"content": "x"}]}, "messages", "`messages.0.role` must be given."),
        ({"n": 60, "temperature": 0, "top_p": 0.5}, None, ""),
    ],
)
def test_what_cannot_be_done_is_refused_by_its_name(
    client: openai.OpenAI, changes: dict[str, Any], param: str | None, said: str
) -> None:
    asked: dict[str, Any] = {"model": "small", "messages": user("red"), **changes}
    if param is None:
        assert client.chat.completions.create(**asked).choices
        return
    with pytest.raises(openai.BadRequestError) as refused:
        client.chat.completions.create(**asked)
    assert refused.value.param == param
    assert refused.value.type == "invalid_request_error"
    assert isinstance(refused.value.body, dict)
    assert refused.value.body["message"].startswith(said)


def test_what_does_no_harm_is_let_be(client: openai.OpenAI, home: Home) -> None:
    said = client.chat.completions.create(
        model="small",
        messages=user(RED),
        tools=[],
        frequency_penalty=0,
        logprobs=False,
        user="me",
        store=False,
        metadata={"a": "b"},
        response_format={"type": "text"},
        extra_body={"keep_alive": "5m"},
        max_tokens=100_000,
    )
    assert said.choices[0].message.content == predicted(home, RED)[0]


def test_an_unknown_model_a_bad_body_and_a_missing_key(client: openai.OpenAI, home: Home, locked: Home) -> None:
    with pytest.raises(openai.NotFoundError) as unknown:
        client.chat.completions.create(model="gpt-4o", messages=user("red"))
    assert unknown.value.code == "model_not_found"
    for body in (b"{", b"[]", b'{"messages": NaN}', b"\xff"):
        response = httpx2.post(f"{home.address}/v1/chat/completions", content=body)
        assert response.status_code == 400
        assert set(response.json()["error"]) == {"message", "type", "param", "code"}
    wrong = openai.OpenAI(base_url=f"{locked.address}/v1", api_key="wrong", max_retries=0)
    with pytest.raises(openai.AuthenticationError) as refused:
        wrong.chat.completions.create(model="small", messages=user("red"))
    assert refused.value.code == "invalid_api_key"
    right = wrong.with_options(api_key="correct horse battery")
    assert right.chat.completions.create(model="small", messages=user("red")).choices
    with pytest.raises(openai.APIStatusError) as long:
        right.chat.completions.create(model="small", messages=user("x" * 61))
    assert long.value.status_code == 413
    assert long.value.type == "invalid_request_error"


def test_a_stream_that_cannot_begin_is_refused_by_its_status(client: openai.OpenAI) -> None:
    with pytest.raises(openai.BadRequestError, match="`to` is missing"):
        client.chat.completions.create(model="many", messages=user("red dog"), stream=True)


# ---- stops -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("size", [1, 2, 3, 100])
@pytest.mark.parametrize("stops", [[], ["c"], ["cab"], ["aab", "b"], ["zz"], ["abcabx", "cabd"]])
def test_pieces_end_where_the_whole_does(size: int, stops: list[str]) -> None:
    text = "aabcaabcabcabdzaz"
    pieces = Stops(stops)
    said = ""
    for start in range(0, len(text), size):
        said += pieces.take(text[start : start + size])
        if pieces.met:
            break
        assert text.startswith(said)
    said += pieces.rest()
    assert (said, pieces.met) == ended(text, stops)
