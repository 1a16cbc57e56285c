"""A random checkpoint of about 300 M parameters in the official layout, with the embedded model's tokenizer: for speed.

    python -m benchmarks.random_checkpoint FOLDER
"""

from __future__ import annotations

import argparse
import json
import shutil
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import save_file

from model.checkpoint.installed import EMBEDDED
from model.checkpoint.load import official_names
from model.config import parse_config

HALF_SIZE: dict[str, dict[str, Any]] = {
    "text_config": {"hidden_size": 1024, "intermediate_size": 2816, "num_hidden_layers": 16, "num_attention_heads": 16,
                    "num_key_value_heads": 4, "head_dim": 64, "max_position_embeddings": 32768},
    "audio_config": {"output_dim": 1024},
    "vision_config": {"out_hidden_size": 1024},
    "talker_config": {"embedding_size": 1024, "hidden_size": 512, "intermediate_size": 1536, "num_hidden_layers": 10,
                      "num_attention_heads": 8, "num_key_value_heads": 4, "head_dim": 64},
    # a code for every id: a random Talker says those as well that a trained one never does
    "dit_config": {"hidden_size": 512, "num_hidden_layers": 8, "num_attention_heads": 8, "head_dim": 64,
                   "num_embeds": 1008},
}


def write_checkpoint(folder: Path, sizes: dict[str, dict[str, Any]], dtype: torch.dtype = torch.float32) -> int:
    """Write config, random weights, tokenizer and one voice into `folder`: nano's config with other `sizes`. The number
    of parameters."""
    folder.mkdir(parents=True, exist_ok=True)
    raw = json.loads((EMBEDDED / "config.json").read_text(encoding="utf-8"))
    places = {"talker_config": raw, "dit_config": raw["token2wav_config"], "bigvgan_config": raw["token2wav_config"]}
    for name, values in sizes.items():
        places.get(name, raw["thinker_config"])[name] |= values
    (folder / "config.json").write_text(json.dumps(raw, indent=1), encoding="utf-8")
    torch.manual_seed(0)
    weights: dict[str, torch.Tensor] = {}
    for name, shape in official_names(parse_config(raw)).items():
        if len(shape) > 1:
            weights[name] = (torch.randn(shape) * 0.8 / torch.tensor(shape[1:]).prod() ** 0.5).to(dtype)
        else:
            weights[name] = (torch.ones if "norm" in name or "ln_" in name else torch.zeros)(shape, dtype=dtype)
    save_file(weights, folder / "model.safetensors", metadata={"format": "pt"})
    parts = ("tokenizer.json", "tokenizer_config.json", "generation_config.json", "preprocessor_config.json")
    for name in (*parts, "lexicon.txt"):
        shutil.copyfile(EMBEDDED / name, folder / name)
    shutil.copyfile(EMBEDDED / "voices.safetensors", folder / "voices.safetensors")
    return sum(weight.numel() for weight in weights.values())


def make(folder: Path) -> None:
    """The checkpoint of 300 M parameters."""
    print(f"{write_checkpoint(folder, HALF_SIZE) / 1e6:.0f} M parameters in {folder}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    make(parser.parse_args().folder)


if __name__ == "__main__":
    main()
