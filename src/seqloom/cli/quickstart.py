"""`seqloom quickstart`: the main job, on data that is at hand."""

import os
import sys
from pathlib import Path
from shutil import which
from typing import Literal

from seqloom.cli.options import importing

__all__ = ["quickstart"]


def quickstart(data: Literal["phrasebook", "pronunciation"] = "phrasebook", /, *, out: Path | None = None) -> None:
    """Train a model in a few minutes, test it on what it has never seen, and show it.

    Parameters
    ----------
    data
        `phrasebook`: English to French, on a corpus that comes with Seqloom. `pronunciation`: spelling to phonemes, on
        the CMU dictionary (needs the extra `pronunciation`).
    out
        The model's folder; by default `runs/quickstart`, or the first free name like it.
    """
    with importing():
        from seqloom.workflow.display import show
        from seqloom.workflow.pictures import attention_text, write_attention
        from seqloom.workflow.quickstart import QUICKSTARTS
        from seqloom.workflow.runs import free_folder

    chosen = QUICKSTARTS[data]
    folder = out or free_folder("quickstart" if data == "phrasebook" else f"quickstart-{data}")
    print(f"{chosen.about}\n", flush=True)
    ended = show(chosen.training(folder).run())
    if ended.stopped.reason == "interrupted":
        raise KeyboardInterrupt
    answers = ended.model.predict(chosen.asked)
    print("\nWhat it says:\n")
    width = max(len(answer.source) for answer in answers)
    for answer in answers:
        print(f"  {answer.source:<{width}}  →  {answer.text}   ({answer.confidence:.0%} sure)")
    shown = max(answers, key=lambda answer: len(answer.tokens))
    picture = folder / "attention.svg"
    write_attention(shown, picture)
    print("\nWhere it looked: a column for each token read, a row for each token written.\n")
    print("\n".join(f"  {line}" for line in attention_text(shown).splitlines()))
    if chosen.compare:
        print(f"\n{chosen.compare}")
    # Whoever has not activated the environment, as after `make demo`, must say where the command is.
    program = "seqloom" if which("seqloom") else os.path.relpath(sys.argv[0])
    languages = f" --languages {folder.name}={chosen.languages}" if chosen.languages else ""
    print(f"""
The model is the folder {folder}:
  recipe.toml, weights.safetensors, tokenizer files, metrics.json, card.md, manifest.json;
  report.html and attention.svg to look at

Next, type
  echo "{chosen.asked[0]}" | {program} predict {folder}
  {program} evaluate {folder} {folder}-data/test.tsv
  {program} explain {folder} "{chosen.asked[0]}"
  {program} serve {folder}{languages}          # a page to try it on, and APIs
  {program} recipes
and for pairs of your own, a source and a target a line with a tab between them:
  {program} train translation --train pairs.tsv --out runs/mine --budget 20m""")
