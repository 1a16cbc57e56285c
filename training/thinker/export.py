"""Writes the Thinker and the ear of the embedded model as a Qwen2.5-Omni checkpoint of hidden size 640.

The residual stream of SmolLM2 (576) is widened by 64 columns, which carry the pronunciation table that the mouth
reads from the embeddings. Nothing of the language model reads or writes them, and RMSNorm is rescaled, so that its
function stays the same: with m = 576 / 640, mean(x^2) over 640 entries is m times the mean over 576 (the new entries
are tiny), hence weight * sqrt(m) and eps * m.

    python -m training.thinker.export --thinker runs/thinker --ear runs/ear/stage_b.pt --out runs/ear/export \
        [--pronunciation runs/mouth/export/pronunciation.safetensors]
"""

from __future__ import annotations

import argparse
import json
import shutil
from pathlib import Path
from typing import Any

import torch
import torch.nn.functional as F
from safetensors.torch import load_file, save_file
from torch import Tensor

from model.thinker.lexicon import ALPHABET
from training.ear.encoder import BLOCK, HEAD, encoder_of

NARROW, WIDE, EPS, VOCABULARY = 576, 640, 1e-5, 49152
SHARE = NARROW / WIDE
EMBEDDING = "model.embed_tokens.weight"


def widen(state: dict[str, Tensor], pronunciation: Tensor | None = None) -> dict[str, Tensor]:
    """State dict of the Thinker's language model with 576 columns -> the same function with 640.

    pronunciation: [49152, 64], rms about 0.002 (so small that it does not disturb the norms), or None for zeros."""
    extra = WIDE - NARROW
    out: dict[str, Tensor] = {}
    for name, value in state.items():
        if name.endswith(("embed_tokens.weight", "lm_head.weight")):
            table = torch.zeros(len(value), extra) if pronunciation is None else pronunciation.float()
            value = torch.cat([value, table], 1)
        elif name.endswith("norm.weight"):
            value = F.pad(value * SHARE**0.5, (0, extra))
        elif name.endswith(("o_proj.weight", "down_proj.weight")):  # they write into the stream
            value = F.pad(value, (0, 0, 0, extra))
        elif name.endswith("_proj.weight"):  # they read from it
            value = F.pad(value, (0, extra))
        out[name] = value.contiguous()
    return out


def narrowed(shipped: dict[str, Tensor]) -> dict[str, Tensor]:
    """The Thinker's language model with 640 columns → the same function with 576: `widen` undone."""
    out = {}
    for name, value in shipped.items():
        if not name.startswith("model."):
            continue
        value = value.float()
        if name.endswith("norm.weight"):
            value = value[:NARROW] / SHARE**0.5
        elif name.endswith(("o_proj.weight", "down_proj.weight")):
            value = value[:NARROW]
        elif name.endswith(("_proj.weight", EMBEDDING)):
            value = value[:, :NARROW]
        out[f"thinker.{name}"] = value.contiguous()
    return out


def widen_ear(checkpoint: dict[str, Any]) -> dict[str, Tensor]:
    """The ear's layers and letters under their official names or nano's own; the unused audio_bos_eos_token zeros."""
    ends = ("proj.", "ln_post.")  # an ear that spells does not say anything in the Thinker's space by itself
    tower = "thinker.audio_tower."
    out = {f"{tower}{k}": v.contiguous() for k, v in checkpoint["encoder"].items() if not k.startswith(ends)}
    out |= {f"{tower}spelling.{k}": v.contiguous() for k, v in checkpoint["letters"].items()}
    return out | {f"{tower}audio_bos_eos_token.weight": torch.zeros(2, WIDE)}


def ear_sizes(ear: dict[str, Tensor]) -> dict[str, int]:
    """What config.json says of the ear that has these weights."""
    encoder = encoder_of(ear)
    width = encoder.conv1.out_channels
    return dict(d_model=width, encoder_layers=len(encoder.layers), encoder_attention_heads=width // HEAD,
                encoder_ffn_dim=4 * width, n_window=BLOCK // 2, letters=1 + len(ALPHABET),
                spoken_size=NARROW)  # fmt: skip


def configuration(ear: dict[str, Tensor]) -> dict:
    """config.json of the part this script writes; the assembly adds vision, Talker and Token2Wav."""
    text = dict(
        model_type="qwen2_5_omni_text", vocab_size=VOCABULARY, hidden_size=WIDE, intermediate_size=1536,
        num_hidden_layers=30, num_attention_heads=9, num_key_value_heads=3, head_dim=64, hidden_act="silu",
        max_position_embeddings=8192, rms_norm_eps=EPS * SHARE, rope_theta=100000.0, tie_word_embeddings=True,
        rope_scaling=dict(type="default", rope_type="default", mrope_section=[8, 12, 12]), use_sliding_window=False,
        attention_dropout=0.0, use_cache=True,
    )
    audio = dict(
        model_type="qwen2_5_omni_audio_encoder", num_mel_bins=80, **ear_sizes(ear), output_dim=WIDE,
        max_source_positions=1500,
        activation_function="gelu", scale_embedding=False, dropout=0.0, attention_dropout=0.0,
        activation_dropout=0.0,
    )
    return {"model_type": "qwen2_5_omni", "thinker_config": dict(
        model_type="qwen2_5_omni_thinker", text_config=text, audio_config=audio, audio_token_index=3,
        image_token_index=8, video_token_index=9, audio_start_token_id=4, audio_end_token_id=5,
        vision_start_token_id=6, vision_end_token_id=7, user_token_id=1, pad_token_id=0, bos_token_id=1,
        eos_token_id=2, position_id_per_seconds=25, seconds_per_chunk=2, tie_word_embeddings=True,
    )}


def preprocessor() -> dict:
    """Whisper's front end at 16 kHz with 80 mels."""
    return dict(feature_extractor_type="WhisperFeatureExtractor", feature_size=80, sampling_rate=16000, n_fft=400,
                hop_length=160, chunk_length=30, n_samples=480000, nb_max_frames=3000, padding_value=0.0,
                padding_side="right", return_attention_mask=True, dither=0.0)


def merge(state: dict[str, Tensor], trained: dict) -> dict[str, Tensor]:
    """Add what Stage B learned, {"lora": {name: (A, B)}, "scale", "bounds" [2, 576]}, to the narrow weights."""
    state = dict(state)
    for name, (a, b) in trained.get("lora", {}).items():
        state[name] = state[name] + trained["scale"] * (b.float() @ a.float())
    if "bounds" in trained:
        table = state["thinker.model.embed_tokens.weight"].clone()
        table[4:6] = trained["bounds"]
        state["thinker.model.embed_tokens.weight"] = table
    return state


def main() -> None:
    """Merge, widen and write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--thinker", type=Path, required=True)
    parser.add_argument("--ear", type=Path, required=True)
    parser.add_argument("--pronunciation", type=Path)
    parser.add_argument("--out", type=Path, required=True)
    args = parser.parse_args()
    trained = torch.load(args.ear, map_location="cpu", weights_only=False)
    table = None
    if args.pronunciation and args.pronunciation.exists():
        table = next(iter(load_file(args.pronunciation).values()))
    state = merge(load_file(args.thinker / "thinker.safetensors"), trained)
    state = widen(state, table) | widen_ear(trained)
    args.out.mkdir(parents=True, exist_ok=True)
    save_file(state, args.out / "thinker.tmp", metadata={"format": "pt"})
    (args.out / "thinker.tmp").replace(args.out / "thinker.safetensors")
    (args.out / "config.json").write_text(json.dumps(configuration(trained["encoder"]), indent=1) + "\n")
    (args.out / "preprocessor_config.json").write_text(json.dumps(preprocessor(), indent=1) + "\n")
    for name in ("tokenizer.json", "tokenizer_config.json"):
        shutil.copyfile(args.thinker / name, args.out / name)
    print(f"{sum(v.numel() for v in state.values()) / 1e6:.1f} M weights, pronunciation: {table is not None}")


if __name__ == "__main__":
    main()
