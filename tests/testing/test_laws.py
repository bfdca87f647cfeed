"""The laws must hold for what ships, and must notice parts that are wrong: each law is shown a part that breaks it."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal

import pytest
import torch
from hypothesis import given as drawn
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from torch import Tensor, nn

from seqloom.models.decoders.transformer import TransformerDecoder, TransformerDecoderSettings, TransformerState
from seqloom.models.heads.generator import Generator, GeneratorSettings
from seqloom.nn.contracts import DecoderOutput, DecoderShape, Features, WantedAttention
from seqloom.nn.embedding import TokenEmbedding
from seqloom.nn.memory import Encoder, Memory, MemoryShape
from seqloom.testing import laws
from seqloom.testing.combinations import Combination, combinations
from seqloom.testing.model_laws import every_parameter_learns
from seqloom.testing.samples import sample


def broken_laws(own: type[Any], *, few: int = 6) -> set[str]:
    tried = list(combinations(strength=1, own=own))[:few]
    assert tried
    return {fault.law for combination in tried for fault in laws.check(combination)}


# ---- parts that are wrong, each in one way ---------------------------------------------------------------------------


class MeanEncoder(Encoder):
    """A sound encoder: every state plus the mean of all real ones."""

    def __init__(self, memory: MemoryShape) -> None:
        super().__init__()
        self.mix = nn.Linear(memory.width, memory.width)
        self.shape = memory

    def forward(self, memory: Memory) -> Memory:
        return replace(memory, states_BSD=memory.states_BSD + self.mix(self.summary(memory))[:, None])

    def summary(self, memory: Memory) -> Tensor:
        return memory.mean_BD()


@dataclass(frozen=True, kw_only=True)
class SoundSettings:
    """The sound encoder."""

    kind: Literal["sound"] = "sound"

    def build(self, *, memory: MemoryShape) -> MeanEncoder:
        return MeanEncoder(memory)


class PaddingSeer(MeanEncoder):
    def summary(self, memory: Memory) -> Tensor:
        return memory.states_BSD.mean(1)


@dataclass(frozen=True, kw_only=True)
class PaddingSeerSettings:
    """An encoder that sees padding."""

    kind: Literal["padding"] = "padding"

    def build(self, *, memory: MemoryShape) -> PaddingSeer:
        return PaddingSeer(memory)


class Deaf(MeanEncoder):
    def forward(self, memory: Memory) -> Memory:
        with torch.no_grad():
            return super().forward(memory)


@dataclass(frozen=True, kw_only=True)
class DeafSettings:
    """An encoder that does not learn."""

    kind: Literal["deaf"] = "deaf"

    def build(self, *, memory: MemoryShape) -> Deaf:
        return Deaf(memory)


class Unkept(MeanEncoder):
    """Has a weight that no file keeps."""

    def __init__(self, memory: MemoryShape) -> None:
        super().__init__(memory)
        self.hidden_away = [torch.randn(())]

    def forward(self, memory: Memory) -> Memory:
        better = super().forward(memory)
        return replace(better, states_BSD=better.states_BSD * self.hidden_away[0])


@dataclass(frozen=True, kw_only=True)
class UnkeptSettings:
    """An encoder that is not wholly saved."""

    kind: Literal["unkept"] = "unkept"

    def build(self, *, memory: MemoryShape) -> Unkept:
        return Unkept(memory)


@dataclass(frozen=True, kw_only=True)
class ForgetfulState(TransformerState):
    """Reorders nothing."""

    def reorder(self, parents_N: Tensor) -> ForgetfulState:
        return self


@dataclass(frozen=True, kw_only=True)
class ShiftyState(TransformerState):
    """Selects its hypotheses, not its sources' memory."""

    def select(self, rows_B: Tensor) -> ShiftyState:
        kept = super().select(rows_B)
        return replace(kept, memory_values_BSGE=tuple(values.flip(0) for values in kept.memory_values_BSGE))


@dataclass(frozen=True, kw_only=True)
class JumbledState(TransformerState):
    """Joins, and has everybody at one position."""

    def join(self, other: JumbledState) -> JumbledState:
        together = super().join(other)
        return replace(together, position_N=together.position_N.max().expand_as(together.position_N).clone())


class Faulty(TransformerDecoder):
    """The Transformer decoder with one fault."""

    fault = ""

    def start(self, memory: Memory, *, beams: int = 1, attention: WantedAttention = "none") -> TransformerState:
        state = super().start(memory, beams=beams, attention=attention)
        kinds = {"reorder": ForgetfulState, "select": ShiftyState, "join": JumbledState}
        if self.fault == "copies":
            return replace(
                state, memory_keys_BSGE=tuple(keys.repeat(beams, 1, 1, 1) for keys in state.memory_keys_BSGE)
            )
        kind = kinds.get(self.fault, TransformerState)
        return kind(**{name: getattr(state, name) for name in state.__dataclass_fields__})

    def forward(self, tokens_NT: Tensor, state: TransformerState) -> DecoderOutput:  # type: ignore[override]
        output = super().forward(tokens_NT, state)
        if self.fault == "peek":
            return replace(output, hidden_NTD=output.hidden_NTD + output.hidden_NTD[:, -1:])
        if self.fault == "step":  # another equation for a single token
            return replace(
                output, hidden_NTD=output.hidden_NTD.flip(-1) if tokens_NT.shape[1] == 1 else output.hidden_NTD
            )
        return output


@dataclass(frozen=True, kw_only=True)
class FaultySettings(TransformerDecoderSettings):
    """A decoder with one fault."""

    fault = ""

    def build(self, *, memory: MemoryShape, embedding: TokenEmbedding) -> TransformerDecoder:
        decoder = Faulty(self, memory=memory, embedding=embedding)
        decoder.fault = self.fault
        return decoder


class Peeking(FaultySettings):
    fault = "peek"


class Forgetting(FaultySettings):
    fault = "reorder"


class Shifting(FaultySettings):
    fault = "select"


class Jumbling(FaultySettings):
    fault = "join"


class Copying(FaultySettings):
    fault = "copies"


class Stepping(FaultySettings):
    fault = "step"


class Unnormalised(Generator):
    def forward(self, at: Features, memory: Memory, *, columns_V: Tensor | None = None) -> Tensor:
        return super().forward(at, memory, columns_V=columns_V) - 0.1


@dataclass(frozen=True, kw_only=True)
class UnnormalisedSettings:
    """A head whose probabilities do not add up."""

    kind: Literal["unnormalised"] = "unnormalised"

    def build(self, *, decoder: DecoderShape, embedding: TokenEmbedding, tie: bool) -> Unnormalised:
        return Unnormalised(GeneratorSettings(), decoder=decoder, embedding=embedding, tie=tie)


def test_a_sound_part_breaks_no_law() -> None:
    assert broken_laws(SoundSettings) == set()


@pytest.mark.parametrize(
    ("part", "law"),
    [
        (PaddingSeerSettings, "padding_changes_nothing"),
        (PaddingSeerSettings, "one_equals_many"),
        (DeafSettings, "every_parameter_learns"),
        (Peeking, "no_peeking"),
        (Peeking, "steps_equal_one_call"),
        (Forgetting, "reorder_moves_hypotheses"),
        (Forgetting, "wide_beam_is_exhaustive"),
        (Shifting, "select_keeps_sources"),
        (Jumbling, "join_appends_sources"),
        (Copying, "beams_share_the_memory"),
        (Stepping, "steps_equal_one_call"),
        (Stepping, "one_beam_is_greedy"),
        (Stepping, "scores_are_the_models"),
        (UnkeptSettings, "saving_keeps_everything"),
        (UnnormalisedSettings, "no_peeking"),
    ],
)
def test_a_law_notices_what_breaks_it(part: type[Any], law: str) -> None:
    assert law in broken_laws(part)


# ---- what is covered -------------------------------------------------------------------------------------------------


def test_every_pair_of_kinds_occurs() -> None:
    tried = list(combinations(strength=2))
    seen = {(one.settings.encoder.kind, one.settings.decoder.kind) for one in tried}
    encoders = {"recurrent", "conv", "transformer", "stack", "latent", "none"}
    decoders = {"recurrent", "conv", "transformer", "aligned", "pooled"}
    every = {(encoder, decoder) for encoder in encoders for decoder in decoders}
    assert seen == every - {("latent", "aligned")}, "what is condensed has no units of its source left"
    attentions = {one.settings.decoder.attention.kind for one in tried if one.settings.decoder.kind == "recurrent"}
    assert attentions == {"additive", "dot", "general", "concat", "multihead", "location", "local", "none"}
    copying = {one.settings.decoder.kind for one in tried if one.settings.head.kind == "copy"}
    assert copying == decoders - {"pooled"}, "a head that copies stands on every decoder that attends"


def test_a_new_part_is_covered_without_being_named() -> None:
    tried = list(combinations(strength=1, own=SoundSettings))
    assert {type(one.settings.encoder) for one in tried} == {SoundSettings}
    assert {one.settings.decoder.kind for one in tried} == {"recurrent", "conv", "transformer", "aligned", "pooled"}


def test_the_same_seed_gives_the_same_combinations() -> None:
    assert list(combinations(strength=1, seed=3)) == list(combinations(strength=1, seed=3))


# ---- the laws over random shapes -------------------------------------------------------------------------------------

_EVERY: list[Combination] = []


def every() -> list[Combination]:
    if not _EVERY:
        _EVERY.extend(combinations(strength=1))
    return _EVERY


@hypothesis_settings(max_examples=60, deadline=None)
@drawn(
    place=st.integers(0, 10_000),
    lengths=st.lists(st.tuples(st.integers(1, 9), st.integers(0, 6)), min_size=3, max_size=5),
    size=st.integers(6, 12),
    seed=st.integers(0, 2**16),
)
def test_laws_hold_for_any_lengths(place: int, lengths: Sequence[tuple[int, int]], size: int, seed: int) -> None:
    tried = every()
    given = sample(tried[place % len(tried)], lengths=lengths, size=size, seed=seed)
    for law in laws.LAWS:
        # Whether every parameter learns depends on what is in a batch: an empty one moves nothing.
        if law is not every_parameter_learns:
            law(given)


# ---- the command -----------------------------------------------------------------------------------------------------

OWN = '''
from dataclasses import dataclass, replace
from typing import Literal

from torch import nn

from seqloom.core.settings import Positive
from seqloom.nn.memory import Encoder, Memory, MemoryShape


@dataclass(frozen=True, kw_only=True)
class MyEncoderSettings:
    """My encoder."""

    kind: Literal["mine"] = "mine"
    width: Positive = 64
    gated: bool = False

    def build(self, *, memory: MemoryShape) -> "MyEncoder":
        return MyEncoder(self, memory)


class MyEncoder(Encoder):
    def __init__(self, settings: MyEncoderSettings, memory: MemoryShape) -> None:
        super().__init__()
        self.into = nn.Linear(memory.width, settings.width)
        self.gate = nn.Linear(memory.width, settings.width) if settings.gated else None
        self.shape = replace(memory, width=settings.width)

    def forward(self, memory: Memory) -> Memory:
        x = self.into(memory.states_BSD).tanh()
        if self.gate is not None:
            x = x * self.gate(memory.states_BSD).sigmoid()
        return replace(memory, states_BSD=x)
'''


def run(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "seqloom.testing", *arguments], cwd=folder, capture_output=True, text=True, check=False
    )


def test_the_command_tries_a_part_of_ones_own(tmp_path: Path) -> None:
    (tmp_path / "mine.py").write_text(OWN)
    done = run(tmp_path, "mine:MyEncoderSettings", "--quick", "--jobs", "1")
    assert done.returncode == 0, done.stdout + done.stderr
    count, _, rest = done.stdout.splitlines()[-1].partition(" combinations")
    assert int(count) > 20
    assert rest.startswith(", 0 failures")


def test_the_command_names_what_failed(tmp_path: Path) -> None:
    (tmp_path / "mine.py").write_text(
        OWN.replace("x = self.into(memory.states_BSD).tanh()", "x = self.into(memory.states_BSD.flip(1)).tanh()")
    )
    done = run(tmp_path, "mine:MyEncoderSettings", "--quick", "--jobs", "1")
    assert done.returncode == 1
    assert "padding_changes_nothing" in done.stdout


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("mine", "must be a settings class, my_package.module:MySettings"),
        ("absent:Settings", "No module named 'absent'"),
        ("mine:Nothing", "has no attribute 'Nothing'"),
        ("mine:MyEncoder", "must have a `build`"),
    ],
)
def test_a_wrong_name_is_one_line(tmp_path: Path, name: str, said: str) -> None:
    (tmp_path / "mine.py").write_text(OWN)
    done = run(tmp_path, name)
    assert done.returncode == 2
    assert said in done.stderr
    assert done.stderr.count("\n") == 1


@pytest.mark.thorough
def test_every_pair_of_options_obeys_every_law() -> None:
    faults = [fault for combination in combinations(strength=2) for fault in laws.check(combination)]
    assert faults == []
