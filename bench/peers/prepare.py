"""The data of all contestants: Multi30k from German to English in one joint vocabulary of 8000 pieces, learnt once.

    prepare.py MULTI30K PEERS

Everyone trains on the same pieces: as text for the peers that number themselves, as ids for the others.
"""

import shutil
import sys
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

import sentencepiece

SPLITS = {"train": "train", "val": "val", "test": "test_2016_flickr"}
SPECIALS = ("<pad>", "<unk>", "<s>", "</s>")


def main() -> None:
    corpus, data = Path(sys.argv[1]), Path(sys.argv[2]) / "data"
    data.mkdir(parents=True, exist_ok=True)
    for name, split in SPLITS.items():
        for language in ("de", "en"):
            shutil.copyfile(corpus / f"{split}.{language}", data / f"{name}.{language}")
    sentencepiece.SentencePieceTrainer.train(
        input=[str(data / "train.de"), str(data / "train.en")],
        model_prefix=str(data / "spm"),
        vocab_size=8000,
        model_type="bpe",
        character_coverage=1.0,
        pad_id=0,
        unk_id=1,
        bos_id=2,
        eos_id=3,
        minloglevel=1,
    )
    model = sentencepiece.SentencePieceProcessor(model_file=str(data / "spm.model"))
    counts: Counter[str] = Counter()
    for name in SPLITS:
        for language in ("de", "en"):
            lines = (data / f"{name}.{language}").read_text("utf-8").splitlines()
            pieces = [model.encode(line, out_type=str) for line in lines]
            write(data / f"{name}.sp.{language}", (" ".join(row) for row in pieces))
            write(data / f"{name}.ids.{language}", (" ".join(map(str, model.encode(line))) for line in lines))
            if name == "train":
                counts.update(piece for row in pieces for piece in row)
    vocabulary = [model.id_to_piece(number) for number in range(len(SPECIALS), model.get_piece_size())]
    write(data / "vocab.txt", vocabulary)
    write(data / "onmt.vocab", (f"{piece}\t{max(1, counts[piece])}" for piece in vocabulary))


def write(path: Path, lines: Iterable[str]) -> None:
    path.write_text("".join(f"{line}\n" for line in lines), "utf-8")


if __name__ == "__main__":
    main()
