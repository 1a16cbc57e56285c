"""Puts the trained parts together as the embedded model: assets/nano, in the layout of the official checkpoints.

    python -m training.assemble --base runs/thinker --thinker runs/ear/export --mouth runs/mouth/export
    python -m training.assemble --only-mouth --mouth runs/mouth/export
    python -m training.assemble --only-ear runs/ear/rounded.pt
    python -m training.assemble --only-eye runs/eye/eye.pt
    python -m training.assemble --only-factors runs/eye/together.pt

The second form puts a new mouth and its voices into the model that is there, with the columns of the embedding that it
reads, and leaves all else as it is.

The third one does the same with an ear that was trained, or changed, without the Thinker, best of all one that
training.ear.rounding has rounded; the fourth with an eye, and the last with what training.thinker.together learned, the
factors beside the Thinker's weights.

The decoder's matrices are stored as SmolLM2 came, in 4 bits, with what was learned since as low-rank factors beside
them, most of the ear in 4 bits too; embeddings and the other matrices of ear, Talker and DiT in 8, the rest in float16
(model.checkpoint.packed). The
shards follow what is trained together, so a new mouth leaves the others' files alone.
"""

from __future__ import annotations

import argparse
import json
import shutil
from dataclasses import asdict
from pathlib import Path
from typing import Any

import torch
import torch.nn.functional as F
from safetensors.torch import load_file, save_file
from torch import Tensor

from model.checkpoint.packed import pack, pack_levels, unpack_all
from training.ear.rounding import MOST_OF_THE_EAR
from training.eye.train import CONFIG
from training.thinker.convert import SYSTEM
from training.thinker.export import NARROW, WIDE, ear_sizes, widen, widen_ear
from training.thinker.factors import packed

MOUTH = "mouth.safetensors"
INDEX = "model.safetensors.index.json"
EMBEDDINGS = "embeddings.safetensors"
EAR = "ear-and-eye.safetensors"
FACTORS = "thinker-factors.safetensors"
EMBEDDING = "thinker.model.embed_tokens.weight"
PRONUNCIATION = 64  # last columns of the embedding
EAR_LAYERS = "thinker.audio_tower.layers."
IN_EIGHT_BITS = (
    EAR_LAYERS, "thinker.visual.blocks.", "thinker.visual.merger.", "talker.model.layers.",
    "token2wav.code2wav_dit_model.transformer_blocks.",
)
RANK = 32  # of what fine-tuning changed: twice 16, from the text-only stage and from the one with the ear
VISION = asdict(CONFIG) | {
    "window_size": 112, "out_hidden_size": WIDE, "fullatt_block_indexes": list(CONFIG.fullatt_block_indexes),
}
GENERATION = {
    "system_prompt": SYSTEM,
    "eos_token_id": 2,
    "end_after_repeats": 3,
    "thinker": {"temperature": 0.0, "repetition_penalty": 1.1},
    "talker": {"temperature": 0.6, "top_k": 20, "top_p": 0.8, "repetition_penalty": 1.05},
    "speech": {"solver": "euler", "points": 4, "guidance": 0.5, "first_blocks": 1, "most_blocks": 4, "left_blocks": 2},
}
LIMITS = {  # pixels a frame: the sizes that the eye was trained with
    "min_pixels": 84 * 112, "max_pixels": 112 * 112, "video_min_pixels": 56 * 112, "video_max_pixels": 84 * 84,
}


def widen_eye(state: dict[str, Tensor]) -> dict[str, Tensor]:
    """The eye under its official names; the pronunciation columns of what it says are zero."""
    extra = WIDE - NARROW
    out = {f"thinker.visual.{name}": value.float().contiguous() for name, value in state.items()}
    out["thinker.visual.merger.mlp.2.weight"] = F.pad(state["merger.mlp.2.weight"], (0, 0, 0, extra))
    out["thinker.visual.merger.mlp.2.bias"] = F.pad(state["merger.mlp.2.bias"], (0, extra))
    return out


def stored(name: str, value: Tensor, base: dict[str, Tensor]) -> dict[str, Tensor]:
    """A weight in the form in which it is kept."""
    if name == EMBEDDING:
        return pack(name, value, bits=8, group=64)
    if name.startswith("thinker.model.layers.") and name.endswith("proj.weight"):
        return stored_tuned(name, value, base[name])
    if name.startswith(EAR_LAYERS) and name.endswith(MOST_OF_THE_EAR):
        return pack(name, value, bits=4, group=64)
    group = next((group for group in (64, 32) if value.dim() == 2 and value.shape[1] % group == 0), None)
    if name.startswith(IN_EIGHT_BITS) and group is not None:
        return pack(name, value, bits=8, group=group)
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
    """The file a stored tensor lies in."""
    if ".low_rank_" in name:
        return FACTORS
    if name.startswith(("talker.", "token2wav.")):
        return MOUTH
    if name == EMBEDDING:
        return EMBEDDINGS
    if name.startswith("thinker.model."):
        return "thinker.safetensors"
    return EAR


def assemble(base: Path, thinker: Path, mouth: Path, eye: Path, out: Path) -> None:
    """Read the untuned Thinker, both exports and the eye, write the model folder."""
    untuned = widen(load_file(base / "thinker.safetensors"))
    config = json.loads((thinker / "config.json").read_text())
    config["thinker_config"]["vision_config"] = VISION
    config |= json.loads((mouth / "configs.json").read_text())
    config["enable_audio_output"] = True
    weights = load_file(thinker / "thinker.safetensors") | widen_eye(_checkpoint(eye)["eye"])
    weights |= load_file(mouth / "talker.safetensors") | load_file(mouth / "token2wav.safetensors")
    table = load_file(mouth / "pronunciation.safetensors")["pronunciation"]
    weights[EMBEDDING] = torch.cat([weights[EMBEDDING][:, :-PRONUNCIATION], table], dim=1)
    weights = {name: value for name, value in weights.items() if not name.endswith("rotary_embed.inv_freq")}

    shards: dict[str, dict[str, Tensor]] = {}
    where: dict[str, str] = {}
    for name, value in sorted(weights.items()):
        kept = {key: part.contiguous() for key, part in stored(name, value, untuned).items()}
        for key, part in kept.items():
            shards.setdefault(shard_of(key), {})[key] = part
            where[key] = shard_of(key)
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
        (INDEX, {"metadata": {}, "weight_map": where}),
    ):
        _write(out / file, content)
    for file in ("tokenizer.json", "tokenizer_config.json"):
        _write_compact(thinker / file, out / file)


def _write_compact(source: Path, path: Path) -> None:
    """JSON without spaces and line ends."""
    content = json.loads(source.read_text(encoding="utf-8"))
    path.write_text(json.dumps(content, ensure_ascii=False, separators=(",", ":")), encoding="utf-8")


def replace_mouth(mouth: Path, out: Path) -> None:
    """Write mouth.safetensors, voices.safetensors and, where they are new, how tokens sound in embeddings.safetensors;
    the index stays, since the names are the same."""
    weights = load_file(mouth / "talker.safetensors") | load_file(mouth / "token2wav.safetensors")
    kept = _all_stored({k: v for k, v in weights.items() if not k.endswith("rotary_embed.inv_freq")})
    there = {k for k, file in json.loads((out / INDEX).read_text())["weight_map"].items()
             if file == MOUTH}
    if there != set(kept):
        raise SystemExit(f"{out} has another kind of mouth: assemble the whole model.")
    save_file(kept, out / MOUTH, metadata={"format": "pt"})
    if not _same_sounds(load_file(out / EMBEDDINGS), mouth):
        save_file(_with_sounds(load_file(out / EMBEDDINGS), mouth), out / EMBEDDINGS, metadata={"format": "pt"})
    shutil.copyfile(mouth / "spk.safetensors", out / "voices.safetensors")
    for file in (MOUTH, EMBEDDINGS, "voices.safetensors"):
        (out / file).chmod(0o644)


def _same_sounds(stored_table: dict[str, Tensor], mouth: Path) -> bool:
    """Whether this mouth reads the very columns that are there, as one does that went on from what was shipped."""
    table = load_file(mouth / "pronunciation.safetensors")["pronunciation"]
    return torch.allclose(unpack_all(stored_table)[EMBEDDING][:, -PRONUNCIATION:].float(), table, rtol=1e-4, atol=1e-8)


def _with_sounds(stored_table: dict[str, Tensor], mouth: Path) -> dict[str, Tensor]:
    """The stored embedding with the last columns of this mouth; the Thinker's own stay as they are, bit by bit."""
    table = load_file(mouth / "pronunciation.safetensors")["pronunciation"]
    sounds = pack(EMBEDDING, table, bits=8, group=PRONUNCIATION)
    return {name: torch.cat([kept[:, :-sounds[name].shape[1]], sounds[name]], dim=1).contiguous()
            for name, kept in stored_table.items()}  # fmt: skip


def replace_ear(checkpoint: Path, out: Path) -> None:
    """Write the ear of a training checkpoint and what depends on its size; all else stays."""
    kept = _checkpoint(checkpoint)
    tower = "thinker.audio_tower."
    rounded = {f"{tower}{name}": parts for name, parts in kept.get("rounded", {}).items()}
    stored_ear = _all_stored({name: value for name, value in widen_ear(kept).items() if name not in rounded})
    for name, parts in rounded.items():
        stored_ear |= pack_levels(name, *parts, bits=4)
    _replace(tower, stored_ear, out)
    config = json.loads((out / "config.json").read_text(encoding="utf-8"))
    config["thinker_config"]["audio_config"] |= ear_sizes(kept["encoder"])
    _write(out / "config.json", config)


def replace_eye(checkpoint: Path, out: Path) -> None:
    """Write the eye of a training checkpoint and what depends on its size; all else stays."""
    _replace("thinker.visual.", _all_stored(widen_eye(_checkpoint(checkpoint)["eye"])), out)
    config = json.loads((out / "config.json").read_text(encoding="utf-8"))
    config["thinker_config"]["vision_config"] = VISION
    _write(out / "config.json", config)
    preprocessor = json.loads((out / "preprocessor_config.json").read_text(encoding="utf-8"))
    _write(out / "preprocessor_config.json", preprocessor | LIMITS)


def replace_factors(checkpoint: Path, out: Path) -> None:
    """Write the factors of a training checkpoint; all else stays."""
    _replace(".low_rank_", packed(_checkpoint(checkpoint)["factors"], WIDE), out)


def _checkpoint(path: Path) -> dict[str, Any]:
    return torch.load(path, map_location="cpu", weights_only=False)  # type: ignore[no-any-return]


def _all_stored(weights: dict[str, Tensor]) -> dict[str, Tensor]:
    return {key: part.contiguous() for name, value in sorted(weights.items())
            for key, part in stored(name, value, {}).items()}  # fmt: skip


def _replace(part: str, tensors: dict[str, Tensor], out: Path) -> None:
    """Put tensors in the place of all those whose names hold `part`, and set the index right."""
    index = json.loads((out / INDEX).read_text(encoding="utf-8"))
    where: dict[str, str] = index["weight_map"]
    touched = {file for name, file in where.items() if part in name} | {shard_of(name) for name in tensors}
    for file in sorted(touched):
        kept = load_file(out / file) if (out / file).exists() else {}
        kept = {name: value for name, value in kept.items() if part not in name}
        kept |= {name: value for name, value in tensors.items() if shard_of(name) == file}
        save_file(kept, out / f"{file}.new", metadata={"format": "pt"})
        (out / f"{file}.new").chmod(0o644)
        (out / f"{file}.new").replace(out / file)
    where = {name: file for name, file in where.items() if part not in name}
    where |= {name: shard_of(name) for name in tensors}
    _write(out / INDEX, {"metadata": {}, "weight_map": dict(sorted(where.items()))})


def _write(path: Path, content: dict[str, Any]) -> None:
    """Without spaces: a model's size counts."""
    path.write_text(json.dumps(content, indent=None if path.name == INDEX else 1) + "\n", encoding="utf-8")


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--base", type=Path, default=Path("runs/thinker"), help="the Thinker before any fine-tuning")
    parser.add_argument("--thinker", type=Path, default=Path("runs/ear/export"))
    parser.add_argument("--mouth", type=Path, default=Path("runs/mouth/export"))
    parser.add_argument("--out", type=Path, default=Path("assets/nano"))
    parser.add_argument("--only-mouth", action="store_true")
    parser.add_argument("--eye", type=Path, default=Path("runs/eye/eye.pt"))
    parser.add_argument("--only-ear", type=Path, help="a checkpoint of training.ear")
    parser.add_argument("--only-eye", type=Path, help="a checkpoint of training.eye")
    parser.add_argument("--only-factors", type=Path, help="a checkpoint of training.thinker.together")
    args = parser.parse_args()
    for checkpoint, replace in (
        (args.only_ear, replace_ear), (args.only_eye, replace_eye), (args.only_factors, replace_factors),
    ):  # fmt: skip
        if checkpoint:
            replace(checkpoint, args.out)
            return
    if args.only_mouth:
        replace_mouth(args.mouth, args.out)
        return
    assemble(args.base, args.thinker, args.mouth, args.eye, args.out)


if __name__ == "__main__":
    main()
