"""Hugging Face's `generate`, with our weights in its Pegasus.

translate_hugging_face.py FOLDER OUT FILES      (FILES: the folder of its model within FOLDER)

Sentences are sorted by length, so that a batch has little padding; each batch is decoded as its documentation says.
"""

import sys
from collections.abc import Sequence
from pathlib import Path

import torch
from transformers import PegasusForConditionalGeneration
from turn import Question, take


class HuggingFace:
    def __init__(self, question: Question, files: Path) -> None:
        self.question = question
        self.model = PegasusForConditionalGeneration.from_pretrained(files).eval()
        self.pad = self.model.config.pad_token_id

    @torch.inference_mode()
    def translate(self, places: Sequence[int], *, beam: int) -> list[list[int]]:
        asked = self.question
        found: dict[int, list[int]] = {}
        ordered = sorted(places, key=lambda place: -len(asked.sources[place]))
        for first in range(0, len(ordered), asked.batch):
            batch = ordered[first : first + asked.batch]
            said = self.model.generate(
                **self.read(batch),
                num_beams=beam,
                do_sample=False,
                length_penalty=asked.alpha,
                max_new_tokens=max(asked.longest[place] for place in batch),
            )
            for place, ids in zip(batch, said.tolist(), strict=True):
                found[place] = [number for number in ids if number not in (asked.bos, asked.eos, self.pad)]
        return [found[place] for place in places]

    @torch.inference_mode()
    def score(self, places: Sequence[int]) -> list[list[float]]:
        asked = self.question
        logps = []
        for place in places:
            target = [*asked.targets[place], asked.eos]
            given = torch.tensor([[asked.bos, *asked.targets[place]]])
            logp_TV = self.model(**self.read([place]), decoder_input_ids=given).logits[0].log_softmax(-1)
            logps.append(logp_TV[range(len(target)), target].tolist())
        return logps

    def read(self, places: Sequence[int]) -> dict[str, torch.Tensor]:
        rows = [torch.tensor(self.question.sources[place]) for place in places]
        ids = torch.nn.utils.rnn.pad_sequence(rows, batch_first=True, padding_value=self.pad)
        return {"input_ids": ids, "attention_mask": (ids != self.pad).long()}


def main() -> None:
    question = Question.read(Path(sys.argv[1]))
    take(HuggingFace(question, Path(sys.argv[1]) / sys.argv[3]), question, Path(sys.argv[2]))


if __name__ == "__main__":
    main()
