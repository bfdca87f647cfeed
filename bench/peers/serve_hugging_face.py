"""A server as one is commonly written: FastAPI, and Hugging Face's `generate` for each request.

serve_hugging_face.py FOLDER      (of a Transformer of ours, which the Marian model is made as large as)

Its weights are random and its ids mean nothing: bench/serving.py asks for answers of a given length, and looks at the
time alone.
"""

import socket
import sys
import tomllib
import zlib
from pathlib import Path
from typing import Any

import torch
import uvicorn
from fastapi import FastAPI
from safetensors import safe_open
from transformers import MarianConfig, MarianMTModel

SPECIALS = 3


def model_like(folder: Path) -> MarianMTModel:
    recipe = tomllib.loads((folder / "recipe.toml").read_text(encoding="utf-8"))["model"]
    encoder, decoder = recipe["encoder"], recipe["decoder"]
    width = recipe["source"]["width"]
    with safe_open(folder / "weights.safetensors", "pt") as weights:
        sizes = [weights.get_slice(name).get_shape() for name in weights.keys()]  # noqa: SIM118
    vocabulary = max(shape[0] for shape in sizes if len(shape) == 2 and shape[1] == width)
    config = MarianConfig(
        vocab_size=vocabulary, d_model=width, encoder_layers=encoder["layers"], decoder_layers=decoder["layers"],
        encoder_attention_heads=encoder["heads"], decoder_attention_heads=decoder["heads"],
        encoder_ffn_dim=encoder["feed_forward"], decoder_ffn_dim=decoder["feed_forward"], max_position_embeddings=512,
        pad_token_id=0, eos_token_id=1, decoder_start_token_id=0, forced_eos_token_id=None,
    )  # fmt: skip
    return MarianMTModel(config).eval()


def main() -> None:
    model = model_like(Path(sys.argv[1]))
    print(sum(each.numel() for each in model.parameters()), "parameters", file=sys.stderr)
    app = FastAPI()

    @app.post("/v1/predict")
    def predict(asked: dict[str, Any]) -> dict[str, Any]:
        words = asked["source"].split()
        ids = [SPECIALS + zlib.crc32(word.encode()) % (model.config.vocab_size - SPECIALS) for word in words]
        with torch.inference_mode():
            said = model.generate(
                torch.tensor([[*ids, 1]]),
                num_beams=asked["beam"],
                min_new_tokens=asked["min_length"],
                max_new_tokens=asked["max_length"],
            )
        return {"answers": said.tolist()}

    bound = socket.socket()
    bound.bind(("127.0.0.1", 0))
    bound.listen(1024)
    print(f"http://127.0.0.1:{bound.getsockname()[1]}", flush=True)
    uvicorn.Server(uvicorn.Config(app, log_level="warning")).run(sockets=[bound])


if __name__ == "__main__":
    main()
