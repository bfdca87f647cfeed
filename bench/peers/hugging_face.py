"""Hugging Face's own trainer on the Marian model of `plain_loop.py`.

    hugging_face.py TOKENS fp32|bf16      (in the folder that setup.sh made)

Its batches are so many sentences; those of like lengths can be asked for. Sorting by the target's length first and the
source's then pads least.
"""

import sys
from pathlib import Path
from typing import Any

import torch
from datasets import Dataset
from plain_loop import EOS, PAD, marian
from transformers import Seq2SeqTrainer, Seq2SeqTrainingArguments

SKIP = -100  # what Hugging Face's losses take for padding
TARGET_TOKENS = 15.3  # of a sentence in Multi30k, with its end
LONGEST = 512


def pairs() -> Dataset:
    """Numbered sentences, and what they are sorted by."""
    return Dataset.from_list(
        [
            {"input_ids": source, "labels": target, "length": LONGEST * len(target) + len(source)}
            for source, target in zip(numbered("de"), numbered("en"), strict=True)
        ]
    )


def numbered(language: str) -> list[list[int]]:
    lines = Path(f"data/train.ids.{language}").read_text("utf-8").splitlines()
    return [[*map(int, line.split()), EOS] for line in lines]


def collate(rows: list[dict[str, Any]]) -> dict[str, torch.Tensor]:
    sources, labels = padded(rows, "input_ids", PAD), padded(rows, "labels", SKIP)
    read = torch.nn.functional.pad(labels[:, :-1], (1, 0), value=PAD)
    return {
        "input_ids": sources,
        "attention_mask": (sources != PAD).long(),
        "decoder_input_ids": read.masked_fill(read == SKIP, PAD),
        "labels": labels,
    }


def padded(rows: list[dict[str, Any]], name: str, fill: int) -> torch.Tensor:
    return torch.nn.utils.rnn.pad_sequence(
        [torch.tensor(row[name]) for row in rows], batch_first=True, padding_value=fill
    )


def main() -> None:
    tokens, precision = int(sys.argv[1]), sys.argv[2]
    torch.manual_seed(1)
    arguments = Seq2SeqTrainingArguments(
        output_dir="models/hugging_face",
        per_device_train_batch_size=round(tokens / TARGET_TOKENS),
        train_sampling_strategy="group_by_length",
        length_column_name="length",
        remove_unused_columns=False,
        label_smoothing_factor=0.1,
        learning_rate=1e-3,
        warmup_steps=400,
        lr_scheduler_type="inverse_sqrt",
        adam_beta2=0.98,
        weight_decay=0.0,
        max_grad_norm=1.0,
        num_train_epochs=1000,
        save_strategy="no",
        logging_steps=50,
        report_to=[],
        use_cpu=True,
        bf16=precision == "bf16",
        disable_tqdm=True,
    )
    Seq2SeqTrainer(model=marian(dropout=0.3), args=arguments, train_dataset=pairs(), data_collator=collate).train()


if __name__ == "__main__":
    main()
