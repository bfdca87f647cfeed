"""From one language to another, by whichever models lead there."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence

from seqloom.data.fields import canonical
from seqloom.data.sentences import cut_sentences
from seqloom.serve.documents import Document
from seqloom.serve.documents.text import text_of
from seqloom.serve.house import House
from seqloom.serve.problems import Refusal

__all__ = ["Translator"]

_AT_ONCE = 32
"""Texts of a document that are asked for together, so that others have their turn."""
_USUAL = {
    "zh": ("zh-hans", "zh-cn"),
    "zt": ("zh-hant", "zh-tw"),
    "zh-hans": ("zh-cn", "zh"),
    "zh-hant": ("zh-tw", "zt"),
}
"""Other names of the same language."""


class Translator:
    """All models of a house as one that translates between their languages."""

    def __init__(self, house: House) -> None:
        self._house = house

    @property
    def targets(self) -> Mapping[str, Sequence[str]]:
        """Each language that is read, and those it is translated into: by one model, or by two with a language between
        them."""
        direct = self._direct
        return {
            source: [
                *dict.fromkeys([*others, *(far for each in others for far in direct.get(each, ()) if far != source)])
            ]
            for source, others in direct.items()
        }

    @property
    def _direct(self) -> dict[str, list[str]]:
        found: dict[str, list[str]] = {}
        for served in self._house.models.values():
            for source, target in served.languages:
                if source and target and target not in found.setdefault(source, []):
                    found[source].append(target)
        return found

    def way(self, source: str, target: str) -> Sequence[str]:
        """The languages on the way, both included; a Refusal where none leads there.

        What one model does is done by one; otherwise the way leads through English if it can.
        """
        direct = self._direct
        every = [*dict.fromkeys([*direct, *(each for others in direct.values() for each in others)])]
        if not every:
            raise Refusal(400, "no model here says which languages it is for. `seqloom serve --languages` names them.")
        first, last = (_known(language, every) for language in (source, target))
        if first == last:
            return [first]
        if last in direct.get(first, ()):
            return [first, last]
        between = [each for each in direct.get(first, ()) if last in direct.get(each, ())]
        if not between:
            raise Refusal(400, f"no model here leads from {first} to {last}. /languages has what there is.")
        return [first, min(between, key=lambda language: canonical(language).partition("-")[0] != "en"), last]

    async def translate(self, texts: Sequence[str], way: Sequence[str], *, nbest: int = 1) -> list[Sequence[str]]:
        """The best translations of each text; of what has no letter and no number, itself."""
        found: list[Sequence[str]] = [[text] for text in texts]
        for number in range(len(way) - 1):
            last = number == len(way) - 2
            served, columns = self._house.for_languages(way[number], way[number + 1])
            places = [place for place, text in enumerate(texts) if any(map(str.isalnum, text))]
            sources = [{"source": found[place][0], **columns} if columns else found[place][0] for place in places]
            if not sources:
                continue
            answers = await served.ask(sources, nbest=nbest if last else 1)
            for place, answer in zip(places, answers, strict=True):
                if answer.error is not None:
                    raise Refusal(400, answer.error)
                found[place] = [answer.text, *(each.text for each in answer.alternatives)]
        return found

    async def text(self, text: str, way: Sequence[str], *, nbest: int = 1) -> Sequence[str]:
        """The best translations of a text. One of several lines or sentences keeps them, and has one: models that
        learnt sentences leave out most of a paragraph that they are asked in one go."""
        if "\n" in text.strip() or len(cut_sentences(text)) > 1:
            document = text_of(text)
            return [(await self.document(document, way)).decode()]
        [found] = await self.translate([text], way, nbest=nbest)
        return found

    async def document(self, document: Document, way: Sequence[str]) -> bytes:
        # A large one takes a while to cut and to put together: others are served meanwhile.
        texts, answers = await asyncio.to_thread(lambda: document.texts), list[str]()
        at_once = min(_AT_ONCE, self._house.settings.max_sources)
        for start in range(0, len(texts), at_once):
            found = await self.translate(texts[start : start + at_once], way)
            answers += [each[0] for each in found]
        return await asyncio.to_thread(document.written, answers)


def _known(language: str, every: Sequence[str]) -> str:
    """As the models call it: "pt" is pt-BR where there is no other, and pt-BR is "pt"."""
    asked = canonical(language)
    by_name = {canonical(each): each for each in every}
    for name in (asked, *_USUAL.get(asked, ())):
        if name in by_name:
            return by_name[name]
    base = asked.partition("-")[0]
    for name, each in by_name.items():
        if name.partition("-")[0] == base:
            return each
    raise Refusal(400, f"a language must be one of {', '.join(sorted(every))}, but one is {language[:20]}.")
