"""The plain loop that anyone writes around a Hugging Face model: what a time to quality is measured against.

    python bench/peers/plain_loop.py PEERS --measure 20                                  # target tokens/s, no more
    python bench/peers/plain_loop.py PEERS --seconds 1200 --tokens-per-second 1500       # the 20 minutes, by tokens

A Marian model of 3 + 3 layers of width 256, batches of like lengths, fused Adam, a rate that falls to nothing. The
training ends after as many target tokens as the machine learns from in that time when nothing else runs (`--measure`),
so that the result is the same on a machine that is busy. Wants transformers, sentencepiece and sacrebleu.
"""

import argparse
import json
import random
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import sacrebleu
import sentencepiece
import torch
from torch import Tensor
from torch.nn import functional
from torch.nn.utils.rnn import pad_sequence
from transformers import MarianConfig, MarianMTModel

VOCABULARY, EOS = 8000, 3
PAD = VOCABULARY  # also what the decoder begins with, as Marian does it
RATE, LEAST, WARMUP, SMOOTHING = 1.2e-3, 0.02, 300, 0.1
BEAM, LONGEST = 5, 100

Pair = tuple[list[int], list[int]]


@dataclass(frozen=True, kw_only=True)
class Text:
    """A split of the corpus in both languages."""

    source: list[str]
    target: list[str]

    @classmethod
    def read(cls, folder: Path, split: str) -> "Text":
        sides = [(folder / "data" / f"{split}.{language}").read_text("utf-8").splitlines() for language in ("de", "en")]
        return cls(source=sides[0], target=sides[1])


def main() -> None:
    asked = arguments()
    torch.set_num_threads(asked.threads)
    torch.manual_seed(asked.seed)
    random.seed(asked.seed)
    pieces = sentencepiece.SentencePieceProcessor(model_file=str(asked.peers / "data/spm.model"))
    text = Text.read(asked.peers, "train")
    pairs = [
        ([*source, EOS], [*target, EOS])
        for source, target in zip(pieces.encode(text.source), pieces.encode(text.target), strict=True)
    ]
    model = marian(dropout=asked.dropout)
    if asked.measure:
        print(f"{measured(model, pairs, asked):.0f} target tokens/s")
        return
    learn(model, pairs, pieces, asked)


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("peers", type=Path, help="the folder that setup.sh made")
    parser.add_argument("--measure", type=float, default=0.0, metavar="SECONDS", help="only measure the speed")
    parser.add_argument("--seconds", type=float, default=1200.0, help="of training, on a machine of that speed")
    parser.add_argument("--tokens-per-second", type=float, help="target tokens/s that --measure found")
    parser.add_argument("--tokens", type=int, default=1000, help="most positions of a batch on its longer side")
    parser.add_argument("--dropout", type=float, default=0.1)
    parser.add_argument("--threads", type=int, default=torch.get_num_threads())
    parser.add_argument("--bf16", action="store_true", help="compute in bf16; the weights stay fp32")
    parser.add_argument("--validate-every", type=float, default=120.0, metavar="SECONDS", help="of training")
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args()
    if not asked.measure and not asked.tokens_per_second:
        parser.error("give --tokens-per-second, as --measure found it")
    return asked


def marian(*, dropout: float) -> MarianMTModel:
    return MarianMTModel(
        MarianConfig(
            vocab_size=VOCABULARY + 1,
            d_model=256,
            encoder_layers=3,
            decoder_layers=3,
            encoder_attention_heads=4,
            decoder_attention_heads=4,
            encoder_ffn_dim=1024,
            decoder_ffn_dim=1024,
            dropout=dropout,
            activation_function="relu",
            init_std=0.0625,
            max_position_embeddings=512,
            scale_embedding=True,
            pad_token_id=PAD,
            eos_token_id=EOS,
            bos_token_id=None,
            decoder_start_token_id=PAD,
            forced_eos_token_id=None,
        )
    )


# ---- train -----------------------------------------------------------------------------------------------------------


def batches(pairs: Sequence[Pair], tokens: int) -> Iterator[list[Pair]]:
    """Without end: pairs of like lengths on both sides, other ones each time, the batches in any order."""
    while True:
        longer: list[list[Pair]] = [[]]
        most = 0
        for pair in sorted(pairs, key=lambda pair: (round(len(pair[1]) + random.random()), len(pair[0]))):
            most = max(most, *map(len, pair))
            if longer[-1] and most * (len(longer[-1]) + 1) > tokens:
                longer.append([])
                most = max(map(len, pair))
            longer[-1].append(pair)
        random.shuffle(longer)
        yield from longer


def padded(rows: Sequence[Sequence[int]]) -> Tensor:
    return pad_sequence([torch.tensor(row) for row in rows], batch_first=True, padding_value=PAD)


def step(model: MarianMTModel, optimizer: torch.optim.Optimizer, batch: Sequence[Pair], *, bf16: bool) -> float:
    source_BS, target_BT = (padded(side) for side in zip(*batch, strict=True))
    mask_BS = (source_BS != PAD).long()
    read_BT = functional.pad(target_BT[:, :-1], (1, 0), value=PAD)
    keep_BT = target_BT != PAD
    with torch.autocast("cpu", torch.bfloat16, enabled=bf16):
        memory_BSD = model.model.encoder(input_ids=source_BS, attention_mask=mask_BS)[0]
        hidden_BTD = model.model.decoder(
            input_ids=read_BT,
            encoder_hidden_states=memory_BSD,
            encoder_attention_mask=mask_BS,
            use_cache=False,
        )[0]
        scores_PV = model.lm_head(hidden_BTD[keep_BT])  # only real positions reach the softmax
    loss = functional.cross_entropy(scores_PV.float(), target_BT[keep_BT], label_smoothing=SMOOTHING)
    loss.backward()
    torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
    optimizer.step()
    optimizer.zero_grad()
    return loss.item()


def adam(model: MarianMTModel) -> torch.optim.Optimizer:
    return torch.optim.Adam(model.parameters(), lr=RATE, betas=(0.9, 0.98), fused=True)


def measured(model: MarianMTModel, pairs: Sequence[Pair], asked: argparse.Namespace) -> float:
    model.train()
    optimizer = adam(model)
    begun, learnt = time.perf_counter(), 0
    warm = begun + asked.measure / 4
    for batch in batches(pairs, asked.tokens):
        step(model, optimizer, batch, bf16=asked.bf16)
        now = time.perf_counter()
        if now < warm:
            begun, learnt = now, 0
            continue
        learnt += sum(len(target) for _, target in batch)
        if now - warm > asked.measure:
            return learnt / (now - begun)
    raise AssertionError("the batches have no end")


def learn(
    model: MarianMTModel,
    pairs: Sequence[Pair],
    pieces: sentencepiece.SentencePieceProcessor,
    asked: argparse.Namespace,
) -> None:
    optimizer = adam(model)
    end = asked.seconds * asked.tokens_per_second
    between = asked.validate_every * asked.tokens_per_second
    due = between
    learnt = 0
    losses: list[float] = []
    valid = Text.read(asked.peers, "val")
    model.train()
    for number, batch in enumerate(batches(pairs, asked.tokens), start=1):
        rate = RATE * min(number / WARMUP, 1) * max(1 - learnt / end, LEAST)
        for group in optimizer.param_groups:
            group["lr"] = rate
        losses.append(step(model, optimizer, batch, bf16=asked.bf16))
        learnt += sum(len(target) for _, target in batch)
        if learnt >= due and learnt < end:
            due += between
            told = {"seconds": round(learnt / asked.tokens_per_second), "step": number, "target_tokens": learnt}
            told |= {"loss": round(sum(losses) / len(losses), 3), "valid": score(model, pieces, valid).score}
            print(json.dumps(told), flush=True)
            losses = []
        if learnt >= end:
            break
    for name, split in (("valid", valid), ("test_2016_flickr", Text.read(asked.peers, "test"))):
        bleu = score(model, pieces, split)
        print(f"{name}: BLEU {bleu.score:.2f} (beam {BEAM}, {bleu.signature})", flush=True)


# ---- answer ----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class Bleu:
    score: float
    signature: str


def score(model: MarianMTModel, pieces: sentencepiece.SentencePieceProcessor, text: Text) -> Bleu:
    metric = sacrebleu.BLEU()
    found = metric.corpus_score(answers(model, pieces, text.source), [text.target])
    return Bleu(score=round(found.score, 2), signature=str(metric.get_signature()))


@torch.inference_mode()
def answers(
    model: MarianMTModel, pieces: sentencepiece.SentencePieceProcessor, sources: Sequence[str], *, rows: int = 64
) -> list[str]:
    model.eval()
    ids = [[*each, EOS] for each in pieces.encode(list(sources))]
    order = sorted(range(len(ids)), key=lambda place: len(ids[place]))
    said: dict[int, str] = {}
    for first in range(0, len(order), rows):
        places = order[first : first + rows]
        source_BS = padded([ids[place] for place in places])
        found_BT = model.generate(
            input_ids=source_BS,
            attention_mask=(source_BS != PAD).long(),
            num_beams=BEAM,
            max_new_tokens=LONGEST,
            do_sample=False,
        )
        for place, row in zip(places, found_BT.tolist(), strict=True):
            said[place] = pieces.decode([piece for piece in row if piece not in (PAD, EOS)])
    model.train()
    return [said[place] for place in range(len(ids))]


if __name__ == "__main__":
    main()
