"""Which models the laws are tried on: every pair (or triple) of choices at least once, in few models.

The choices come from the settings' unions. The covering is greedy (Cohen et al. 1997): each new combination starts
from a tuple of choices that none has had yet and is filled so that it brings as many others as it can.
"""

from __future__ import annotations

import inspect
import itertools
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal, get_type_hints

from seqloom.core.errors import RecipeError
from seqloom.core.specials import Specials
from seqloom.data.numbered import TEXT, factor_part
from seqloom.models.encoder_decoder import EncoderDecoder, ModelSettings
from seqloom.testing.options import Choice, choices, kind_of, make

__all__ = ["CHANNELS", "Combination", "Role", "combinations", "parts_of", "role_of"]

Role = Literal["source", "encoder", "decoder", "head"]

_ROLES: dict[frozenset[str], Role] = {
    frozenset({"vocabulary"}): "source",
    frozenset({"memory"}): "encoder",
    frozenset({"memory", "embedding"}): "decoder",
    frozenset({"decoder", "embedding", "tie"}): "head",
}
"""What a settings class builds, known by what its ``build`` asks for."""

_UNITS = Choice("batch.units", (False, True), ())
"""Whether sources name the positions to label."""

_TRIES = 12
CHANNELS = 2
"""Numbers a frame, where a side has frames."""

Item = tuple[str, Any]


@dataclass(frozen=True, kw_only=True)
class Combination:
    """One model to try, and whether its sources name units."""

    settings: ModelSettings
    units: bool
    items: tuple[Item, ...]

    def build(self, vocabulary: Specials) -> EncoderDecoder:
        return _built(self.settings, vocabulary)

    def __str__(self) -> str:
        return ", ".join(f"{path}={value}" for path, value in self.items)


def role_of(cls: type[Any]) -> Role:
    """What part of a model a settings class builds."""
    build = getattr(cls, "build", None)
    parameters = inspect.signature(build).parameters.values() if build else ()
    asked = frozenset(each.name for each in parameters if each.default is each.empty) - {"self"}
    if asked not in _ROLES:
        raise RecipeError(
            f"{cls.__module__}:{cls.__qualname__} must have a `build` that asks for one of: "
            + "; ".join(f"{', '.join(sorted(names))} ({role})" for names, role in _ROLES.items())
            + f"; but asks for {', '.join(sorted(asked)) or 'nothing'}."
        )
    return _ROLES[asked]


def combinations(*, strength: int, own: type[Any] | None = None, seed: int = 1) -> Iterator[Combination]:
    """Combinations in which every feasible ``strength`` of choices occurs; with ``own``, all of them have that part."""
    return iter(_Cover(_parts(own), strength=strength, seed=seed))


def _parts(own: type[Any] | None) -> dict[str, Any]:
    hints = get_type_hints(ModelSettings, include_extras=True)
    del hints["tasks"]  # of several tasks each is a model like any other
    return hints if own is None else {**hints, role_of(own): own}


class _Cover:
    def __init__(self, parts: dict[str, Any], *, strength: int, seed: int) -> None:
        self.parts = parts
        self.strength = strength
        self.random = random.Random(seed)
        found = [choice for name, hint in parts.items() for choice in choices(hint, name)]
        self.choices: dict[str, Choice] = {choice.path: choice for choice in [*found, _UNITS]}
        self.vocabulary = Specials(size=8)
        self.fixed = {name: kind_of(part) for name, part in parts.items() if isinstance(part, type)}
        """The kind of a part that is not chosen, which others may need to be another."""

    def __iter__(self) -> Iterator[Combination]:
        wanted = dict.fromkeys(self._tuples())  # in order, so that a seed says which combinations there are

        def gain(chosen: dict[str, Any]) -> int:
            return sum(items in wanted for items in itertools.combinations(self._ordered(chosen), self.strength))

        while wanted:
            seed_items = next(iter(wanted))
            wanted.pop(seed_items)  # covered now, or such a model cannot be
            tried = sorted((self._filled(seed_items) for _ in range(_TRIES)), key=lambda chosen: -gain(chosen))
            best = next(filter(None, map(self._combined, tried)), None)
            if best is not None:
                for items in itertools.combinations(best.items, self.strength):
                    wanted.pop(items, None)
                yield best

    def _tuples(self) -> Iterator[tuple[Item, ...]]:
        items = [(path, value) for path, choice in self.choices.items() for value in choice.values]
        for chosen in itertools.combinations(items, self.strength):
            if self._closure(chosen) is not None:
                yield chosen

    def _closure(self, items: Sequence[Item]) -> dict[str, Any] | None:
        """The items with all that they require; None where they contradict each other."""
        chosen: dict[str, Any] = dict(self.fixed)
        todo = [*items]
        while todo:
            path, value = todo.pop()
            if path not in chosen:
                todo += [*self.choices[path].requires, *self.choices[path].needs.get(value, ())]
            if chosen.setdefault(path, value) != value:
                return None
        return chosen

    def _filled(self, items: Sequence[Item]) -> dict[str, Any]:
        """The items, and something for every other choice that arises."""
        chosen = self._closure(items)
        assert chosen is not None
        for path, choice in self.choices.items():  # a choice stands behind those it requires
            if path not in chosen and all(chosen.get(need) == value for need, value in choice.requires):
                needs = choice.needs
                possible = [value for value in choice.values if _agree(needs.get(value, ()), chosen)]
                chosen[path] = self.random.choice(possible or choice.values)
                chosen = {**dict(needs.get(chosen[path], ())), **chosen}
        return chosen

    def _combined(self, chosen: dict[str, Any]) -> Combination | None:
        """The combination, or None where the parts refuse each other."""
        try:
            settings = ModelSettings(**{name: make(hint, name, chosen) for name, hint in self.parts.items()})
            _built(settings, self.vocabulary)
        except RecipeError:
            return None
        return Combination(settings=settings, units=chosen[_UNITS.path], items=self._ordered(chosen))

    def _ordered(self, chosen: dict[str, Any]) -> tuple[Item, ...]:
        return tuple((path, chosen[path]) for path in self.choices if path in chosen)


def _agree(needs: Sequence[Item], chosen: dict[str, Any]) -> bool:
    return all(chosen.get(path, value) == value for path, value in needs)


def _built(settings: ModelSettings, vocabulary: Specials) -> EncoderDecoder:
    """The model for tokens, or for frames of two numbers on the sides that have them."""
    source, target = (
        replace(vocabulary, channels=CHANNELS if getattr(part, "kind", "") == "vectors" else 0)
        for part in (settings.source, settings.target)
    )
    parts = dict.fromkeys(parts_of(settings), replace(vocabulary, channels=0))
    return settings.build(source=source, target=target, parts=parts)


def parts_of(settings: ModelSettings) -> list[str]:
    """The parts that a model reads beside its source's text."""
    factors = [factor_part(name) for name in getattr(settings.source, "factors", ())]
    return factors + [name for name in getattr(settings.source, "parts", ()) if name != TEXT]
