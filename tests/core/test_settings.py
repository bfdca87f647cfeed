"""Reading recipes: each shape of message, word for word, and all mistakes at once."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Any, Literal

import pytest

from seqloom.core.errors import RecipeError
from seqloom.core.settings import Count, Fraction, Kinds, Positive, Rate, Scale, by_kind, load, parse, to_data, to_toml


@dataclass(frozen=True, kw_only=True, slots=True)
class ConvSettings:
    """The convolutional encoder (Gehring et al. 2017)."""

    kind: Literal["conv"] = "conv"
    layers: Positive = 8
    kernel: Positive = 3

    def __post_init__(self) -> None:
        if self.kernel % 2 == 0:
            raise RecipeError(f"kernel must be odd, but is {self.kernel}.")


@dataclass(frozen=True, kw_only=True, slots=True)
class TransformerSettings:
    """The Transformer encoder, normalised before each part."""

    kind: Literal["transformer"] = "transformer"
    layers: Positive = 6
    width: Positive = 512
    heads: Positive = 8
    dropout: Rate = 0.1
    activation: Literal["relu", "gelu"] = "relu"
    bits: Literal[8, 16, "don't", True] = 16
    window: int | Literal["all"] = "all"
    tied: bool = False
    sizes: tuple[Positive, ...] = ()
    margin: tuple[int, int] = (0, 0)
    scale: Scale | None = None
    weights: dict[str, Fraction] = field(default_factory=dict)
    names: Annotated[tuple[str, ...], "more than a hint"] = ()
    folder: Path = Path("runs")

    def __post_init__(self) -> None:
        if self.width % self.heads:
            raise ValueError(f"heads must divide width, but {self.heads} does not divide {self.width}.")


@dataclass(frozen=True, kw_only=True, slots=True)
class StackSettings:
    """A stack of encoders, the lowest first."""

    kind: Literal["stack"] = "stack"
    layers: tuple[Annotated[EncoderSettings, by_kind], ...]


EncoderSettings = ConvSettings | TransformerSettings | StackSettings


@dataclass(frozen=True, kw_only=True, slots=True)
class ModelSettings:
    """The model."""

    encoder: Annotated[EncoderSettings, by_kind] = TransformerSettings()
    second: Annotated[EncoderSettings, by_kind] | None = None
    only: Annotated[ConvSettings, by_kind] = ConvSettings()
    parts: dict[str, Annotated[EncoderSettings, by_kind]] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True, slots=True)
class Training:
    steps: Count
    rate: float = 0.001


@dataclass(frozen=True, kw_only=True, slots=True)
class Recipe:
    model: ModelSettings = ModelSettings()
    training: Training | None = None


def mistakes(data: Mapping[str, object], *, trust: frozenset[str] | None = None) -> list[str]:
    with pytest.raises(RecipeError) as caught:
        parse(Recipe, data, where="recipe.toml", trust=trust)
    lines = caught.value.mistakes
    assert all(line.startswith("recipe.toml: ") and "\n" not in line for line in lines)
    return [line.removeprefix("recipe.toml: ") for line in lines]


def encoder(**settings: object) -> dict[str, object]:
    return {"model": {"encoder": {"kind": "transformer", **settings}}}


def test_values_are_read_and_the_rest_is_default() -> None:
    data = encoder(layers=2, dropout=0, window=3, sizes=[1, 2], scale=1, weights={"en": 0.5}, folder="/a/b")
    settings = parse(Recipe, data).model.encoder
    expected = TransformerSettings(
        layers=2, dropout=0.0, window=3, sizes=(1, 2), scale=1.0, weights={"en": 0.5}, folder=Path("/a/b")
    )
    assert settings == expected
    assert isinstance(settings, TransformerSettings)
    assert isinstance(settings.dropout, float)
    assert isinstance(settings.sizes, tuple)


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        ({"widht": 8}, "`model.encoder.widht` is not a setting of the Transformer encoder. Did you mean `width`?"),
        ({"zzz": 8}, "`model.encoder.zzz` is not a setting of the Transformer encoder."),
        ({"kernel": 3}, "`model.encoder.kernel` is not a setting of the Transformer encoder. "
                        "Did you mean `model.only.kernel`?"),
        ({"layers": "six"}, '`model.encoder.layers` must be a whole number, but is "six".'),
        ({"layers": "3"}, '`model.encoder.layers` must be a whole number, but is "3".'),
        ({"layers": True}, "`model.encoder.layers` must be a whole number, but is true."),
        ({"layers": 2.0}, "`model.encoder.layers` must be a whole number, but is 2.0."),
        ({"layers": [1]}, "`model.encoder.layers` must be a whole number, but is [1]."),
        ({"layers": {"a": 1}}, "`model.encoder.layers` must be a whole number, but is a table."),
        ({"layers": 0}, "`model.encoder.layers` must be at least 1, but is 0."),
        ({"dropout": 1}, "`model.encoder.dropout` must be less than 1, but is 1."),
        ({"dropout": -0.5}, "`model.encoder.dropout` must be at least 0, but is -0.5."),
        ({"dropout": float("nan")}, "`model.encoder.dropout` must be less than 1, but is nan."),
        ({"dropout": "high"}, '`model.encoder.dropout` must be a number, but is "high".'),
        ({"scale": 0}, "`model.encoder.scale` must be more than 0, but is 0."),
        ({"tied": 1}, "`model.encoder.tied` must be true or false, but is 1."),
        ({"activation": "gleu"}, '`model.encoder.activation` must be one of "relu", "gelu", but is "gleu". '
                                 'Did you mean "gelu"?'),
        ({"bits": 4}, '`model.encoder.bits` must be one of 8, 16, "don\'t", true, but is 4.'),
        ({"window": "al"}, '`model.encoder.window` must be a whole number or "all", but is "al". Did you mean "all"?'),
        ({"sizes": 3}, "`model.encoder.sizes` must be a list, but is 3."),
        ({"sizes": [1, 0]}, "`model.encoder.sizes.1` must be at least 1, but is 0."),
        ({"margin": [1]}, "`model.encoder.margin` must be 2 items long, but is [1]."),
        ({"margin": [1, 2, 3]}, "`model.encoder.margin` must be 2 items long, but is [1, 2, 3]."),
        ({"weights": {"en": 2}}, "`model.encoder.weights.en` must be at most 1, but is 2."),
        ({"weights": 2}, "`model.encoder.weights` must be a table, but is 2."),
        ({"names": [3]}, "`model.encoder.names.0` must be a string, but is 3."),
        ({"names": ["a" * 99, 3]}, "`model.encoder.names.1` must be a string, but is 3."),
        ({"layers": "a" * 99}, '`model.encoder.layers` must be a whole number, but is "' + "a" * 58 + "…."),
        ({"width": 100}, "`model.encoder`: heads must divide width, but 8 does not divide 100."),
    ],
)  # fmt: skip
def test_one_mistake_is_one_line(settings: dict[str, object], expected: str) -> None:
    assert mistakes(encoder(**settings)) == [expected]


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        ({"modle": {}}, "`modle` is not a setting of a recipe. Did you mean `model`?"),
        ({"model": 3}, "`model` must be a table, but is 3."),
        ({"model": {"layers": 3}}, "`model.layers` is not a setting of the model. "
                                   "Did you mean `model.encoder.layers`?"),
        ({"model": {"encoder": "conv"}}, '`model.encoder` must be a table with a `kind`, but is "conv".'),
        ({"model": {"encoder": {"kind": "tranformer"}}},
         '`model.encoder.kind` must be one of "conv", "transformer", "stack", but is "tranformer". '
         'Did you mean "transformer"?'),
        ({"model": {"encoder": {"kind": 3}}},
         '`model.encoder.kind` must be one of "conv", "transformer", "stack", but is 3.'),
        ({"model": {"second": {"layers": 3}}},
         '`model.second.kind` is missing. It must be one of "conv", "transformer", "stack".'),
        ({"model": {"only": {"kind": "stack"}}}, '`model.only.kind` must be "conv", but is "stack".'),
        ({"model": {"encoder": {"kind": "stack"}}}, "`model.encoder.layers` is missing."),
        ({"model": {"encoder": {"kind": "stack", "layers": 3}}},
         "`model.encoder.layers` must be an array of tables, but is 3."),
        ({"model": {"encoder": {"kind": "stack", "layers": [{"kind": "conv"}, {"kind": "conv", "kernel": 2}]}}},
         "`model.encoder.layers.1`: kernel must be odd, but is 2."),
        ({"model": {"parts": {"audio": {"kind": "conv", "kernal": 2}}}},
         "`model.parts.audio.kernal` is not a setting of the convolutional encoder. Did you mean `kernel`?"),
        ({"training": {"steps": 1, "raet": 2}}, "`training.raet` is not a setting of `training`. Did you mean `rate`?"),
        ({"training": {}}, "`training.steps` is missing."),
    ],
)  # fmt: skip
def test_one_mistake_of_structure_is_one_line(data: dict[str, object], expected: str) -> None:
    assert mistakes(data) == [expected]


def test_all_mistakes_come_at_once() -> None:
    odd = {"kind": "conv", "kernel": 2}
    data = {
        "model": {
            "encoder": {"kind": "transformer", "widht": 3, "layers": "six"},
            "second": {"kind": "stack", "layers": [odd, {"kind": "cnov"}, odd]},
            "parts": {"text": {"kind": "transformer", "width": 100}},
        },
        "training": {"rate": "fast"},
        "seed": 1,
    }
    assert mistakes(data) == [
        "`seed` is not a setting of a recipe.",
        "`model.encoder.widht` is not a setting of the Transformer encoder. Did you mean `width`?",
        '`model.encoder.layers` must be a whole number, but is "six".',
        "`model.second.layers.0`: kernel must be odd, but is 2.",
        '`model.second.layers.1.kind` must be one of "conv", "transformer", "stack", but is "cnov". '
        'Did you mean "conv"?',
        "`model.second.layers.2`: kernel must be odd, but is 2.",
        "`model.parts.text`: heads must divide width, but 8 does not divide 100.",
        "`training.steps` is missing.",
        '`training.rate` must be a number, but is "fast".',
    ]


def test_a_default_gives_its_kind_and_nothing_else() -> None:
    @dataclass(frozen=True, kw_only=True)
    class Small:
        encoder: Annotated[EncoderSettings, by_kind] = TransformerSettings(width=64, heads=2)

    assert parse(Small, {"encoder": {"layers": 1}}).encoder == TransformerSettings(layers=1)
    assert parse(Small, {}).encoder == TransformerSettings(width=64, heads=2)
    assert parse(Small, {"encoder": {"kind": "conv"}}).encoder == ConvSettings()


def test_several_mistakes_of_one_post_init_are_several_lines() -> None:
    @dataclass(frozen=True, kw_only=True)
    class Broken:
        def __post_init__(self) -> None:
            raise RecipeError("this is wrong.", "that is wrong.")

    with pytest.raises(RecipeError) as caught:
        parse(Broken, {}, where="a.toml")
    assert caught.value.mistakes == ("a.toml: this is wrong.", "a.toml: that is wrong.")


OWN = """
from dataclasses import dataclass
from typing import Literal
from seqloom.core.settings import Positive

@dataclass(frozen=True, kw_only=True)
class Silent:
    '''The silent encoder.'''
    width: Positive = 4

@dataclass(frozen=True, kw_only=True)
class Said:
    kind: str = "own_parts_of_a_user:Said"
    width: int = 4

@dataclass(frozen=True, kw_only=True)
class Literally:
    kind: Literal["mine"] = "mine"

class Bare: ...
"""


@pytest.fixture
def own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """A module of a user's own parts, not imported yet."""
    (tmp_path / "own_parts_of_a_user.py").write_text(OWN)
    (tmp_path / "own_broken.py").write_text("import own_absent")
    monkeypatch.syspath_prepend(tmp_path)
    yield "own_parts_of_a_user"
    for name in ("own_parts_of_a_user", "own_broken"):
        sys.modules.pop(name, None)


def own_encoder(kind: str, **settings: object) -> dict[str, object]:
    return {"model": {"encoder": {"kind": kind, **settings}}}


@pytest.mark.parametrize("name", ["Silent", "Said", "Literally"])
def test_own_part_is_found_and_written_back(own: str, name: str) -> None:
    recipe = parse(Recipe, own_encoder(f"{own}:{name}"))
    assert type(recipe.model.encoder).__qualname__ == name
    assert f'[model.encoder]\nkind = "{own}:{name}"\n' in to_toml(recipe)


@pytest.mark.parametrize(
    ("kind", "settings", "expected"),
    [
        ("Silent", {"widht": 1},
         "`model.encoder.widht` is not a setting of the silent encoder. Did you mean `width`?"),
        ("Silent", {"width": 0}, "`model.encoder.width` must be at least 1, but is 0."),
        ("Said", {"widht": 1}, "`model.encoder.widht` is not a setting of `model.encoder`. Did you mean `width`?"),
        ("Silence", {}, '`model.encoder.kind` is "own_parts_of_a_user:Silence", but `own_parts_of_a_user` has no '
                        '`Silence`. Did you mean "own_parts_of_a_user:Silent"?'),
        ("Bare", {}, '`model.encoder.kind` is "own_parts_of_a_user:Bare", which must be a dataclass, but is not.'),
        ("", {}, '`model.encoder.kind` must look like "my_package.module:MySettings", '
                 'but is "own_parts_of_a_user:".'),
    ],
)  # fmt: skip
def test_mistakes_in_own_parts(own: str, kind: str, settings: dict[str, object], expected: str) -> None:
    assert mistakes(own_encoder(f"{own}:{kind}", **settings)) == [expected]


@pytest.mark.parametrize(("module", "absent"), [("own_absent", "own_absent"), ("own_broken", "own_absent")])
def test_a_module_that_cannot_be_imported(own: str, module: str, absent: str) -> None:
    assert mistakes(own_encoder(f"{module}:X")) == [
        f"`model.encoder.kind` is \"{module}:X\", but `{module}` cannot be imported: No module named '{absent}'."
    ]


KINDS = {"silent": "own_parts_of_a_user:Silent", "mine": "own_parts_of_a_user:Literally", "away": "own_absent:Away"}


@dataclass(frozen=True, kw_only=True)
class Chosen:
    encoder: Annotated[object, Kinds(KINDS)] = ConvSettings()
    further: tuple[Annotated[object, Kinds(KINDS)], ...] = ()


def test_a_kind_is_imported_when_it_is_named(own: str) -> None:
    with pytest.raises(
        RecipeError, match=r'must be one of "silent", "mine", "away", but is "mime"\. Did you mean "mine"'
    ):
        parse(Chosen, {"encoder": {"kind": "mime"}})
    assert own not in sys.modules
    chosen = parse(Chosen, {"encoder": {"kind": "mine"}, "further": [{"kind": "mine"}, {"kind": f"{own}:Silent"}]})
    assert own in sys.modules
    assert "own_absent" not in sys.modules
    assert [type(each).__name__ for each in (chosen.encoder, *chosen.further)] == ["Literally", "Literally", "Silent"]
    assert [each["kind"] for each in to_data(chosen)["further"]] == ["mine", f"{own}:Silent"]
    with pytest.raises(TypeError, match=r"Silent.* needs a `kind: Literal"):
        parse(Chosen, {"encoder": {"kind": "silent"}})


def test_only_trusted_packages_are_imported(own: str) -> None:
    kind = f"{own}:Silent"
    assert mistakes(own_encoder(kind), trust=frozenset({"another"})) == [
        f'`model.encoder.kind` is "{kind}", which would run code of `{own}`. If you trust it, pass `--trust {own}`.'
    ]
    assert own not in sys.modules
    trusting = parse(Recipe, own_encoder(kind), trust=frozenset({own}))
    assert parse(Recipe, own_encoder(kind), trust=None) == trusting


def test_a_settings_class_that_cannot_be_read_is_our_fault() -> None:
    @dataclass(frozen=True, kw_only=True)
    class Nullable:
        clip: float | None = 1.0

    @dataclass(frozen=True, kw_only=True)
    class Unmarked:
        encoder: ConvSettings | TransformerSettings = ConvSettings()

    @dataclass(frozen=True, kw_only=True)
    class Twice:
        encoder: Annotated[ConvSettings | Training, by_kind] = ConvSettings()

    @dataclass(frozen=True, kw_only=True)
    class Listed:
        encoders: list[ConvSettings] = field(default_factory=list)

    for cls, words in [
        (Nullable, "Nullable.clip may be None, so None must be its default"),
        (Unmarked, "Unmarked.encoder chooses between settings: write"),
        (Twice, "needs a `kind: Literal"),
        (Listed, r"write `tuple\[X, ...\]` or `dict\[str, X\]`"),
    ]:
        with pytest.raises(TypeError, match=words):
            parse(cls, {})


def test_load_names_the_file(tmp_path: Path) -> None:
    path = tmp_path / "recipe.toml"
    path.write_text('[model.encoder]\nkind = "conv"\nlayers = 2\n')
    assert load(Recipe, path).model.encoder == ConvSettings(layers=2)
    overrides = ["model.encoder.kind=transformer", "model.encoder.layers=4"]
    assert load(Recipe, path, overrides=overrides).model.encoder == TransformerSettings(layers=4)
    with pytest.raises(RecipeError) as caught:
        load(Recipe, path, overrides=["model.encoder.layers=0"])
    assert str(caught.value) == f"{path}: `model.encoder.layers` must be at least 1, but is 0."
