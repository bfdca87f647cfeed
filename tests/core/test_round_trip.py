"""`parse(to_toml(settings)) == settings`, for settings nested in every way that a class may nest them."""

import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal

from hypothesis import given
from hypothesis import strategies as st

from seqloom.core.settings import Amount, Count, Rate, by_kind, parse, to_data, to_toml


@dataclass(frozen=True, kw_only=True, slots=True)
class Flat:
    kind: Literal["flat"] = "flat"
    width: int = 4
    rate: Rate = 0.0
    limit: Amount = float("inf")
    name: str | None = None
    tied: bool = False
    sizes: tuple[int, ...] = ()
    pair: tuple[int, str] = (0, "")
    window: int | Literal["all"] = "all"
    weights: dict[str, float] | None = None
    folder: Path | None = None


@dataclass(frozen=True, kw_only=True)
class Wide(Flat):
    """Inherits its settings, so that its own comes after theirs."""

    kind: Literal["wide"] = "wide"  # type: ignore[assignment]
    factor: int = 4


@dataclass(frozen=True, kw_only=True, slots=True)
class Stack:
    kind: Literal["stack"] = "stack"
    layers: tuple[Annotated["Part", by_kind], ...] = ()
    top: Annotated["Part | None", by_kind] = None


Part = Flat | Wide | Stack


@dataclass(frozen=True, kw_only=True)
class Own:
    """A part of somebody else: no member of the union."""

    factor: float = 1.0


@dataclass(frozen=True, kw_only=True)
class OwnWithKind:
    kind: str
    inner: Annotated[Part, by_kind] = Flat()


@dataclass(frozen=True, kw_only=True, slots=True)
class Whole:
    part: Annotated[Part, by_kind] = Flat()
    only: Annotated[Flat, by_kind] | None = None
    section: Stack = Stack()
    named: dict[str, Annotated[Part, by_kind]]
    tables: tuple[Flat, ...] = ()
    count: Count = 0


floats = st.floats(allow_nan=False)
texts = st.text(max_size=8)
flats = st.builds(
    Flat,
    width=st.integers(),
    rate=st.floats(0, 1, exclude_max=True),
    limit=st.floats(min_value=0),
    name=st.none() | texts,
    tied=st.booleans(),
    sizes=st.lists(st.integers(), max_size=4).map(tuple),
    pair=st.tuples(st.integers(), texts),
    window=st.integers() | st.just("all"),
    weights=st.none() | st.dictionaries(texts, floats, max_size=3),
    folder=st.none() | st.builds(Path, st.text(st.characters(exclude_characters="\x00", exclude_categories=["Cs"]))),
)
owns = st.builds(Own, factor=floats)
parts = st.recursive(
    flats | owns | st.builds(Wide, width=st.integers(), factor=st.integers()),
    lambda inner: (
        st.builds(Stack, layers=st.lists(inner, max_size=3).map(tuple), top=st.none() | inner)
        | st.builds(OwnWithKind, kind=st.just(f"{Own.__module__}:OwnWithKind"), inner=inner)
    ),
    max_leaves=6,
)
wholes = st.builds(
    Whole,
    part=parts,
    only=st.none() | flats,
    section=st.builds(Stack, layers=st.lists(parts, max_size=2).map(tuple)),
    named=st.dictionaries(texts, parts, max_size=2),
    tables=st.lists(flats, max_size=2).map(tuple),
)


@given(wholes)
def test_settings_read_back_equal(settings: Whole) -> None:
    again = parse(Whole, tomllib.loads(to_toml(settings)))
    assert again == settings
    assert to_toml(again) == to_toml(settings)


def test_none_is_left_out() -> None:
    assert to_data(Stack()) == {"kind": "stack", "layers": []}


def test_own_part_is_written_by_its_place_and_a_member_by_its_kind() -> None:
    data = to_data(Stack(layers=(Own(), Flat())))  # type: ignore[arg-type]
    assert [layer["kind"] for layer in data["layers"]] == [f"{Own.__module__}:Own", "flat"]


def test_the_kind_is_written_first() -> None:
    @dataclass(frozen=True, kw_only=True)
    class Later:
        factor: int = 4
        kind: Literal["later"] = "later"

    @dataclass(frozen=True, kw_only=True)
    class Holder:
        part: Annotated[Later, by_kind] = Later()

    assert to_toml(Holder()) == '[part]\nkind = "later"\nfactor = 4\n'
