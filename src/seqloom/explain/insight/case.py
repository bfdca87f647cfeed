"""What is to be explained: a source, and what was said of it or might have been."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Any

from seqloom.core.errors import DataError, DecodingError
from seqloom.core.wording import show
from seqloom.data.rows import Row
from seqloom.decoding.request import BeamSearch, Pair, Request, answer
from seqloom.workflow.asking import Asking
from seqloom.workflow.speaker import Speaker

__all__ = ["BEGIN", "END", "Case", "open_case"]

END = "</s>"
"""What stands for the end of an answer."""

BEGIN = "<s>"
"""What stands before the first token."""
_NONE: Mapping[str, Any] = MappingProxyType({})


@dataclass(frozen=True, kw_only=True)
class Case:
    """A source as the model read it, and the tokens to be explained, which the model chose or somebody gave."""

    speaker: Speaker
    asking: Asking
    request: Request
    """What the engine is asked, with all that an answer must keep to."""
    source: str
    source_tokens: tuple[str, ...]
    extras: Mapping[str, Any]
    own_words: tuple[str, ...]
    target: tuple[int, ...]
    """Without the end."""
    chosen: bool
    """Whether the model said it by itself."""
    go_on: Callable[[], None]
    """Called now and then by what takes long; it raises where nobody waits any more."""
    notes: tuple[str, ...] = ()

    @property
    def pair(self) -> Pair:
        return Pair(source=self.request.source, target=self.target)

    @property
    def target_text(self) -> str:
        return self.text(self.target)

    @property
    def target_tokens(self) -> tuple[str, ...]:
        """The end among them, last."""
        return (*self.tokens(self.target), END)

    def tokens(self, ids: Sequence[int]) -> tuple[str, ...]:
        return tuple(self.speaker.numbering.show(ids, self.own_words))

    def token(self, id: int) -> str:
        """Of one step, which may say the end."""
        return END if id == self.speaker.numbering.target_vocabulary.eos else self.tokens([id])[0]

    def text(self, ids: Sequence[int]) -> str:
        return self.speaker.numbering.text(ids, self.own_words)

    def said(self, text: str, *, name: str) -> tuple[int, ...]:
        """The tokens of an answer that somebody gives; ``name`` is what it is called where it cannot be one."""
        numbering = self.speaker.numbering
        row = self.speaker.cleaned(Row(source=self.source, targets=(text,), extras=self.extras, file=f"`{name}`"))
        ids = tuple(numbering.target(numbering.read(row).targets[0], self.own_words))
        if not ids:
            raise DataError(f"`{name}` must say something, but is empty. Give a text, or leave it out.")
        if (unknown := numbering.target_vocabulary.unk) in ids:
            pieces = numbering.targets.pieces(text)
            token = pieces[ids.index(unknown)] if len(pieces) == len(ids) else text
            raise DataError(f"`{name}` must be made of what the model can say, but it cannot say {show(token)}.")
        return ids


def open_case(
    speaker: Speaker,
    source: Any,
    asking: Asking,
    *,
    target: str | None,
    go_on: Callable[[], None] = lambda: None,
) -> Case:
    """Ask for the answer, unless it is given."""
    if numbers := [*speaker.numbering.channels]:
        raise DecodingError(
            f"a model must read and say text to be explained, but the {' and the '.join(numbers)} of this one is a "
            "series of numbers."
        )
    opened = speaker.opened(source, asking)
    if opened.error is not None:
        raise DataError(opened.error)
    if not opened.requests:
        raise DataError("the source must be a text, but is empty. Give one.")
    request = replace(opened.requests[0], id="explained", search=BeamSearch(), nbest=1)
    text, (_, own_words) = opened.parts[0], opened.numbered[0]
    pieces = speaker.numbering.source_pieces(text, opened.question.extras) or [BEGIN]
    notes = []
    if len(opened.parts) > 1:
        notes.append(f"The text is answered in {len(opened.parts)} parts, of which the first is explained.")
    if not isinstance(asking.answers.search, BeamSearch):
        notes.append(
            f"The model's recipe searches otherwise ({asking.answers.search.kind}); what a beam search says is "
            "explained."
        )
    case = Case(
        speaker=speaker,
        asking=asking,
        request=request,
        go_on=go_on,
        source=text,
        source_tokens=tuple(pieces),
        extras=opened.question.extras,
        own_words=own_words,
        target=(),
        chosen=target is None,
        notes=tuple(notes),
    )
    if target is not None:
        return replace(case, target=_checked(case, case.said(target, name="target")))
    [found] = answer(speaker.engine(asking), [request])
    return replace(case, target=found.tokens)


def _checked(case: Case, target: tuple[int, ...]) -> tuple[int, ...]:
    """A target that has some probability."""
    [scored] = case.speaker.scorer().score([replace(case.pair, target=target)])
    if scored.logp > -float("inf"):
        return target
    place = next(place for place, logp in enumerate(scored.token_logps) if logp == -float("inf"))
    token = (*case.tokens(target), END)[place]
    raise DataError(f"`target` must be what the model can say, but it can never say {show(token)} at place {place}.")
