"""A request for a chat completion, as OpenAI's clients send it, and what of it a model here can do."""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from seqloom.serve.problems import Refusal
from seqloom.serve.served import Served
from seqloom.serve.settings import ServeSettings
from seqloom.serve.wording import explain
from seqloom.workflow.asking import Asked

__all__ = ["ChatRequest", "Message", "UnsupportedError", "asked_of", "read_chat"]


class UnsupportedError(Refusal):
    """A refusal that names the parameter it is about."""

    def __init__(self, param: str, message: str, *, status: int = 400, code: str | None = None) -> None:
        super().__init__(status, message)
        self.param = param
        self.code = code


def _whole(value: Any) -> Any:
    return int(value) if isinstance(value, float) and value.is_integer() else value


_Whole = Annotated[int, BeforeValidator(_whole)]


class _Said(BaseModel):
    """Clients send more than is read here, and more every year: what changes no answer is left alone."""

    model_config = ConfigDict(extra="ignore", strict=True)


class _Part(_Said):
    type: str
    text: str = ""


class Message(_Said):
    role: Literal["system", "developer", "user", "assistant", "tool", "function"]
    content: str | list[_Part] | None = None

    @property
    def text(self) -> str:
        """Of several parts, one below the other."""
        if isinstance(self.content, list):
            return "\n".join(part.text for part in self.content)
        return self.content or ""


class _StreamOptions(_Said):
    include_usage: bool = False


class ChatRequest(_Said):
    model: str | None = None
    messages: list[Message] = Field(min_length=1)
    columns: dict[str, Any] = Field({}, description="Further columns of the question, such as `to` for the language.")
    n: _Whole = Field(1, ge=1, le=64)
    temperature: float | None = Field(None, ge=0, le=2)
    top_p: float | None = Field(None, ge=0, le=1)
    max_tokens: _Whole | None = Field(None, ge=1)
    max_completion_tokens: _Whole | None = Field(None, ge=1)
    seed: _Whole | None = None
    stop: str | list[str] | None = None
    stream: bool = False
    stream_options: _StreamOptions | None = None
    # What would change the answer, and is not there.
    tools: list[Any] | None = None
    functions: list[Any] | None = None
    audio: Any = None
    modalities: list[str] | None = None
    logit_bias: dict[str, Any] | None = None
    logprobs: bool | None = None
    frequency_penalty: float | None = None
    presence_penalty: float | None = None
    response_format: dict[str, Any] | None = None

    @property
    def stops(self) -> Sequence[str]:
        several = [self.stop] if isinstance(self.stop, str) else self.stop or []
        return [each for each in several if each]

    @property
    def samples(self) -> bool:
        """Whether chance is asked for. Without a word of it an answer is searched for as `predict` does."""
        return self.temperature != 0 and (self.temperature is not None or self.top_p is not None) and self.top_p != 0

    @property
    def longest(self) -> int | None:
        return self.max_completion_tokens or self.max_tokens


def read_chat(value: Any) -> ChatRequest:
    """A Refusal for the first thing that is wrong."""
    if not isinstance(value, Mapping):
        raise Refusal(400, "the body must be an object of JSON.")
    try:
        asked = ChatRequest.model_validate(value)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        param = str(first["loc"][0]) if first["loc"] else ""
        if first["type"] == "missing":
            where = ".".join(str(each) for each in first["loc"])
            raise UnsupportedError(param, f"`{where}` must be given.") from None
        raise UnsupportedError(param, explain(error, "", value)[0]) from None
    _refuse_what_is_missing(asked)
    return asked


def _refuse_what_is_missing(asked: ChatRequest) -> None:
    for name in ("tools", "functions", "audio", "logit_bias", "logprobs", "frequency_penalty", "presence_penalty"):
        if getattr(asked, name):
            raise UnsupportedError(name, f"`{name}` is nothing that a model here can do. Leave it out.")
    if any(each != "text" for each in asked.modalities or ()):
        raise UnsupportedError("modalities", '`modalities` must be ["text"]: a model here answers with text alone.')
    if (asked.response_format or {}).get("type", "text") not in ("text", "json_schema"):
        raise UnsupportedError("response_format", '`response_format.type` must be "text" or "json_schema".')
    for message in asked.messages:
        if message.role in ("tool", "function"):
            raise UnsupportedError(
                "messages", f"`messages` must be of people and models, but one is of a {message.role}."
            )
        if isinstance(message.content, list) and any(part.type != "text" for part in message.content):
            raise UnsupportedError("messages", "`messages` must be text: a model here sees and hears nothing else.")
    if asked.messages[-1].role != "user":
        raise UnsupportedError("messages", "`messages` must end with one of the role `user`, which is answered.")
    if len(asked.stops) > 4:
        raise UnsupportedError("stop", "`stop` must be at most four texts.")


def asked_of(chat: ChatRequest, served: Served, settings: ServeSettings) -> tuple[Any, Asked]:
    """The source, and how to answer it."""
    how = Asked(nbest=chat.n)
    if chat.samples:
        how["sample"] = True
        how["temperature"] = 1.0 if chat.temperature is None else chat.temperature
        how["top_p"] = None if chat.top_p == 1 else chat.top_p
    if chat.seed is not None:
        how["seed"] = chat.seed % 2**32
    elif chat.samples:  # whoever asks again wants to hear something else
        how["seed"] = secrets.randbits(32)
    if chat.longest is not None:
        how["max_length"] = min(chat.longest, settings.max_tokens)
    if chat.response_format and chat.response_format.get("type") == "json_schema":
        said = chat.response_format.get("json_schema")
        schema = said.get("schema") if isinstance(said, Mapping) else None
        if not isinstance(schema, dict):
            raise UnsupportedError("response_format", "`response_format.json_schema.schema` must be a JSON schema.")
        how["constraints"] = served.check_own({"constraints": [{"kind": "json_schema", "schema": schema}]}).constraints
    text = source_of(chat.messages, turns=served.turns)
    if not text.strip():
        raise UnsupportedError("messages", "`messages` must end with a text, but the last one is empty.")
    return ({"source": text, **chat.columns} if chat.columns else text), how


def source_of(messages: Sequence[Message], *, turns: int) -> str:
    """What a model reads of a conversation: of one that looks back, the turns with TABs between them; of any other the
    last message. What a system says no model here was trained to read."""
    if turns == 1:
        return messages[-1].text
    said: list[tuple[str, str]] = []
    for message in messages:
        turn = " ".join(message.text.split())
        if message.role not in ("user", "assistant") or not turn:
            continue
        if said and said[-1][0] == message.role:  # speakers take turns
            said[-1] = (message.role, f"{said[-1][1]} {turn}")
        else:
            said.append((message.role, turn))
    if not messages[-1].text.strip():
        return ""
    return "\t".join(turn for _, turn in said[-turns:])
