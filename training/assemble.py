"""Puts the trained parts together as the embedded model: assets/nano, in the layout of the official checkpoints.

    python -m training.assemble --base runs/thinker --thinker runs/ear/export --mouth runs/mouth/export
    python -m training.assemble --only-mouth --mouth runs/mouth/export
    python -m training.assemble --only-ear runs/ear/blended.pt

The second form puts a new mouth and its voices into the model that is there and leaves all else as it is. That needs a
mouth which was trained with the pronunciation table of that model (training.mouth.resume).

The third one does the same with an ear that was trained, or changed, without the Thinker.

The decoder's matrices are stored as SmolLM2 came, in 4 bits, with what was learned since as low-rank factors beside
them; embeddings and the matrices of ear, Talker and DiT in 8 bits, the rest in float16 (model.checkpoint.packed). The
shards follow what is trained together, so a new mouth leaves the others' files alone.
The eye is a small random one until it is trained: it runs, and sees nothing.
"""

from __future__ import annotations

import argparse
import json
import shutil
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import load_file, save_file
from torch import Tensor

from model.checkpoint.build import without_weights
from model.checkpoint.packed import pack, unpack_all
from model.config import parse_config
from model.thinker.vision_encoder import VisionEncoder
from training.thinker.convert import SYSTEM
from training.thinker.export import widen, widen_ear

MOUTH = "mouth.safetensors"
EAR = "ear-and-eye.safetensors"
EMBEDDING = "thinker.model.embed_tokens.weight"
PRONUNCIATION = 64  # last columns of the embedding
IN_EIGHT_BITS = (
    "thinker.audio_tower.layers.", "talker.model.layers.", "token2wav.code2wav_dit_model.transformer_blocks.",
)
RANK = 32  # of what fine-tuning changed: twice 16, from the text-only stage and from the one with the ear
VISION = {
    "depth": 4, "hidden_size": 128, "intermediate_size": 256, "num_heads": 4, "patch_size": 14, "in_channels": 3,
    "spatial_merge_size": 2, "temporal_patch_size": 2, "window_size": 112, "out_hidden_size": 640,
    "fullatt_block_indexes": [1, 3],
}
GENERATION = {
    "system_prompt": SYSTEM,
    "eos_token_id": 2,
    "thinker": {"temperature": 0.0, "repetition_penalty": 1.0},
    "talker": {"temperature": 0.6, "top_k": 20, "top_p": 0.8, "repetition_penalty": 1.05},
    "speech": {"solver": "euler", "points": 4, "guidance": 0.5, "first_blocks": 1, "most_blocks": 4, "left_blocks": 2},
}
LIMITS = {  # pixels a frame: two CPU cores look at less than a graphics card
    "max_pixels": 448 * 448, "video_min_pixels": 112 * 112, "video_max_pixels": 224 * 224,
}


def random_eye(config: dict[str, Any]) -> dict[str, Tensor]:
    """A vision tower that runs; its outputs leave the pronunciation columns alone."""
    torch.manual_seed(0)
    with without_weights():
        shapes = {k: v.shape for k, v in VisionEncoder(parse_config(config).thinker.vision).state_dict().items()}
    state = {
        name: torch.ones(shape) if "norm" in name or "ln_q" in name
        else torch.zeros(shape) if name.endswith("bias")
        else torch.randn(shape) * 0.5 / shape[1:].numel() ** 0.5
        for name, shape in shapes.items()
    }
    for name in ("merger.mlp.2.weight", "merger.mlp.2.bias"):
        state[name] = state[name] * 0.02
        state[name][-PRONUNCIATION:] = 0
    return {f"thinker.visual.{name}": value for name, value in state.items()}


def stored(name: str, value: Tensor, base: dict[str, Tensor]) -> dict[str, Tensor]:
    """A weight in the form in which it is kept."""
    if name == EMBEDDING:
        return pack(name, value, bits=8, group=64)
    if name.startswith("thinker.model.layers.") and name.endswith("proj.weight"):
        return stored_tuned(name, value, base[name])
    if name.startswith(IN_EIGHT_BITS) and value.dim() == 2 and value.shape[1] % 64 == 0:
        return pack(name, value, bits=8, group=64)
    return {name: value.half()}


def stored_tuned(name: str, value: Tensor, base: Tensor) -> dict[str, Tensor]:
    """The weight that fine-tuning began with, in its own 4 bits, and the difference as factors of rank RANK."""
    kept = pack(name, base, bits=4, group=32)
    difference = value.float() - unpack_all(kept)[name]
    u, s, v = torch.svd_lowrank(difference, q=RANK + 8, niter=3)
    root = s[:RANK].sqrt()
    kept |= pack(f"{name}.low_rank_a", root[:, None] * v[:, :RANK].T, bits=8, group=64 if v.shape[0] % 64 == 0 else 32)
    return kept | pack(f"{name}.low_rank_b", u[:, :RANK] * root, bits=8, group=RANK)


def shard_of(name: str) -> str:
    """The file a weight lies in."""
    if name.startswith(("talker.", "token2wav.")):
        return MOUTH
    if name == EMBEDDING:
        return "embeddings.safetensors"
    if name.startswith("thinker.model."):
        return "thinker.safetensors"
    return EAR


def assemble(base: Path, thinker: Path, mouth: Path, out: Path) -> None:
    """Read the untuned Thinker and both exports, write the model folder."""
    untuned = widen(load_file(base / "thinker.safetensors"))
    config = json.loads((thinker / "config.json").read_text())
    config["thinker_config"]["vision_config"] = VISION
    config |= json.loads((mouth / "configs.json").read_text())
    config["enable_audio_output"] = True
    weights = load_file(thinker / "thinker.safetensors") | random_eye(config)
    weights |= load_file(mouth / "talker.safetensors") | load_file(mouth / "token2wav.safetensors")
    table = load_file(mouth / "pronunciation.safetensors")["pronunciation"]
    weights[EMBEDDING] = torch.cat([weights[EMBEDDING][:, :-PRONUNCIATION], table], dim=1)
    weights = {name: value for name, value in weights.items() if not name.endswith("rotary_embed.inv_freq")}

    shards: dict[str, dict[str, Tensor]] = {}
    where: dict[str, str] = {}
    for name, value in sorted(weights.items()):
        kept = {key: part.contiguous() for key, part in stored(name, value, untuned).items()}
        shards.setdefault(shard_of(name), {}).update(kept)
        where |= dict.fromkeys(kept, shard_of(name))
        error = (unpack_all(kept)[name].float() - value.float()).abs().max()
        worst = error / value.float().abs().max().clamp(min=1e-12)
        if worst > 0.05:
            print(f"{name}: stored with an error of {worst:.0%} of its largest weight")
    out.mkdir(parents=True, exist_ok=True)
    for file, tensors in shards.items():
        save_file(tensors, out / file, metadata={"format": "pt"})
        (out / file).chmod(0o644)
        print(f"{file}: {(out / file).stat().st_size / 1e6:.1f} MB")
    shutil.copyfile(mouth / "spk.safetensors", out / "voices.safetensors")
    preprocessor = json.loads((thinker / "preprocessor_config.json").read_text()) | LIMITS
    for file, content in (
        ("config.json", config), ("generation_config.json", GENERATION), ("preprocessor_config.json", preprocessor),
        ("model.safetensors.index.json", {"metadata": {}, "weight_map": where}),
    ):
        (out / file).write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")
    for file in ("tokenizer.json", "tokenizer_config.json"):
        shutil.copyfile(thinker / file, out / file)


def replace_mouth(mouth: Path, out: Path) -> None:
    """Write mouth.safetensors and voices.safetensors; the index stays, since the names are the same."""
    weights = load_file(mouth / "talker.safetensors") | load_file(mouth / "token2wav.safetensors")
    kept: dict[str, Tensor] = {}
    for name, value in sorted(weights.items()):
        if not name.endswith("rotary_embed.inv_freq"):
            kept |= {key: part.contiguous() for key, part in stored(name, value, {}).items()}
    there = {k for k, file in json.loads((out / "model.safetensors.index.json").read_text())["weight_map"].items()
             if file == MOUTH}
    if there != set(kept):
        raise SystemExit(f"{out} has another kind of mouth: assemble the whole model.")
    save_file(kept, out / MOUTH, metadata={"format": "pt"})
    shutil.copyfile(mouth / "spk.safetensors", out / "voices.safetensors")
    for file in (MOUTH, "voices.safetensors"):
        (out / file).chmod(0o644)


def replace_ear(checkpoint: Path, out: Path) -> None:
    """Write the ear of a training checkpoint into ear-and-eye.safetensors; the eye and the index stay."""
    old = load_file(out / EAR)
    kept = {key: value for key, value in old.items() if not key.startswith("thinker.audio_tower.")}
    encoder = torch.load(checkpoint, map_location="cpu", weights_only=False)["encoder"]
    for name, value in sorted(widen_ear(encoder).items()):
        kept |= {key: part.contiguous() for key, part in stored(name, value, {}).items()}
    if {k: v.shape for k, v in kept.items()} != {k: v.shape for k, v in old.items()}:
        raise SystemExit(f"{out} has another kind of ear: assemble the whole model.")
    save_file(kept, out / EAR, metadata={"format": "pt"})
    (out / EAR).chmod(0o644)


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--base", type=Path, default=Path("runs/thinker"), help="the Thinker before any fine-tuning")
    parser.add_argument("--thinker", type=Path, default=Path("runs/ear/export"))
    parser.add_argument("--mouth", type=Path, default=Path("runs/mouth/export"))
    parser.add_argument("--out", type=Path, default=Path("assets/nano"))
    parser.add_argument("--only-mouth", action="store_true")
    parser.add_argument("--only-ear", type=Path, help="a checkpoint of training.ear")
    args = parser.parse_args()
    if args.only_ear:
        replace_ear(args.only_ear, args.out)
        return
    if args.only_mouth:
        replace_mouth(args.mouth, args.out)
        return
    assemble(args.base, args.thinker, args.mouth, args.out)


if __name__ == "__main__":
    main()
