"""Tiny random checkpoints that transformers itself makes and saves, in several shapes: what parity is measured on."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers, trainers

SPECIAL = ("<|endoftext|>", "<|im_start|>", "<|im_end|>", "<|AUDIO|>", "<|audio_bos|>", "<|audio_eos|>",
           "<|vision_bos|>", "<|vision_eos|>", "<|IMAGE|>", "<|VIDEO|>", "<|tts_pad|>", "<|tts_start|>", "<|tts_end|>",
           "<|voice|>")
PROSE = "the quick brown fox jumps over the lazy dog; what do you see, hear and say about this picture? "


@dataclass(frozen=True)
class Shape:
    """One kind of checkpoint. `first_special` puts the control tokens elsewhere than in the official vocabulary."""

    name: str
    hidden: int
    layers: int
    heads: int
    kv_heads: int
    talker_hidden: int
    tied: bool
    first_special: int
    mels: int
    repeats: int


SHAPES = (
    Shape("untied", hidden=64, layers=2, heads=4, kv_heads=2, talker_hidden=32, tied=False, first_special=0,
          mels=128, repeats=2),
    Shape("tied", hidden=48, layers=3, heads=2, kv_heads=1, talker_hidden=48, tied=True, first_special=290,
          mels=80, repeats=4),
)


def build_tokenizer(shape: Shape, folder: Path) -> dict[str, int]:
    """A byte-level BPE of ~300 ids; returns the ids of the control tokens."""
    special = list(SPECIAL)
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    first = special if shape.first_special == 0 else []
    trainer = trainers.BpeTrainer(vocab_size=290, special_tokens=first, initial_alphabet=alphabet, show_progress=False)
    tokenizer.train_from_iterator([PROSE], trainer)
    tokenizer.add_special_tokens([AddedToken(token, special=True, normalized=False) for token in special])
    tokenizer.save(str(folder / "tokenizer.json"))
    return {token: tokenizer.token_to_id(token) for token in special}


def configuration(shape: Shape, ids: dict[str, int]) -> dict[str, Any]:
    """config.json of a tiny model."""
    head = shape.hidden // shape.heads
    section = [head // 2 - 2 * (head // 6), head // 6, head // 6]
    rope = {"type": "default", "rope_type": "default", "mrope_section": section}
    talker_rope = {"type": "default", "rope_type": "default", "mrope_section": [2, 1, 1]}
    common = {
        "audio_token_index": ids["<|AUDIO|>"], "image_token_index": ids["<|IMAGE|>"],
        "video_token_index": ids["<|VIDEO|>"], "position_id_per_seconds": 25, "seconds_per_chunk": 2,
        "audio_start_token_id": ids["<|audio_bos|>"], "audio_end_token_id": ids["<|audio_eos|>"],
    }
    text = {
        "vocab_size": 320, "hidden_size": shape.hidden, "intermediate_size": 96, "num_hidden_layers": shape.layers,
        "num_attention_heads": shape.heads, "num_key_value_heads": shape.kv_heads, "rope_theta": 10000.0,
        "rope_scaling": rope, "tie_word_embeddings": shape.tied, "max_position_embeddings": 4096,
        "rms_norm_eps": 1e-6,
    }
    thinker = {
        **common, "text_config": text, "tie_word_embeddings": shape.tied, "user_token_id": 1,
        "vision_start_token_id": ids["<|vision_bos|>"], "vision_end_token_id": ids["<|vision_eos|>"],
        "audio_config": {
            "num_mel_bins": shape.mels, "encoder_layers": 2, "encoder_attention_heads": 2, "encoder_ffn_dim": 48,
            "d_model": 32, "n_window": 100, "output_dim": shape.hidden, "max_source_positions": 1500,
        },
        "vision_config": {
            "depth": 3, "hidden_size": 32, "intermediate_size": 40, "num_heads": 2, "patch_size": 14,
            "spatial_merge_size": 2, "temporal_patch_size": 2, "window_size": 112, "in_channels": 3,
            "out_hidden_size": shape.hidden, "fullatt_block_indexes": [1],
        },
    }
    talker = {
        **common, "vision_start_token_id": ids["<|vision_bos|>"], "vision_end_token_id": ids["<|vision_eos|>"],
        "vocab_size": 72, "embedding_size": shape.hidden, "hidden_size": shape.talker_hidden, "intermediate_size": 64,
        "num_hidden_layers": 2, "num_attention_heads": 4, "num_key_value_heads": 2, "head_dim": 8,
        "rope_scaling": talker_rope, "rope_theta": 10000.0, "max_position_embeddings": 4096, "rms_norm_eps": 1e-6,
        "tts_text_start_token_id": ids["<|tts_start|>"], "tts_text_end_token_id": ids["<|tts_end|>"],
        "tts_text_pad_token_id": ids["<|tts_pad|>"], "tts_codec_pad_token_id": 64, "tts_codec_start_token_id": 65,
        "tts_codec_end_token_id": 66, "tts_codec_mask_token_id": 67, "spatial_merge_size": 2,
    }
    token2wav = {
        "dit_config": {
            "hidden_size": 32, "num_hidden_layers": 4, "num_attention_heads": 2, "head_dim": 16, "ff_mult": 2,
            "emb_dim": 12, "block_size": 24, "look_ahead_layers": [2], "look_backward_layers": [0, 3],
            "repeats": shape.repeats, "num_embeds": 72, "mel_dim": 80, "enc_emb_dim": 8, "enc_dim": 10,
            "enc_channels": [16, 16, 16, 16, 48], "enc_attention_channels": 8, "enc_se_channels": 8, "dropout": 0.0,
        },
        "bigvgan_config": {
            "mel_dim": 80, "upsample_initial_channel": 16, "resblock_kernel_sizes": [3, 5],
            "resblock_dilation_sizes": [[1, 3, 5], [1, 3, 5]], "upsample_rates": [10, 12, 2],
            "upsample_kernel_sizes": [20, 24, 4],
        },
    }
    return {"thinker_config": thinker, "talker_config": talker, "token2wav_config": token2wav,
            "enable_audio_output": True}


def save_checkpoint(shape: Shape, folder: Path) -> Any:
    """Write a random checkpoint into `folder` and return transformers' model of it."""
    from transformers import Qwen2_5OmniConfig, Qwen2_5OmniForConditionalGeneration

    torch.manual_seed(7)
    ids = build_tokenizer(shape, folder)
    config = Qwen2_5OmniConfig(**configuration(shape, ids))
    config._attn_implementation = "sdpa"
    model = Qwen2_5OmniForConditionalGeneration(config)
    with torch.no_grad():  # the default initialisation is so small that every logit is alike
        for name, parameter in model.named_parameters():
            if parameter.dim() > 1:
                parameter.normal_(0, 1.2 / parameter[0].numel() ** 0.5)
            elif "norm" not in name:
                parameter.normal_(0, 0.1)
        model.talker.codec_head.weight[[64, 66]] = 0  # speech that ends early proves little
        if not shape.tied:  # the reference cannot go on from a reply that begins with a picture's marker
            model.thinker.lm_head.weight[list(ids.values())] = 0
    model = model.float().eval()
    model.save_pretrained(folder, max_shard_size="300KB")
    # small videos as they are: the oracle's frames are not resized either
    (folder / "preprocessor_config.json").write_text(json.dumps({"video_min_pixels": 28 * 28}))
    voices = {"First": {"bos_token": ids["<|voice|>"], "cond": torch.randn(1, 8), "ref_mel": torch.randn(1, 50, 80)}}
    torch.save(voices, folder / "spk_dict.pt")
    model.speaker_map = voices
    raw = json.loads((folder / "config.json").read_text())
    raw["thinker_config"]["eos_token_id"] = ids["<|im_end|>"]
    (folder / "config.json").write_text(json.dumps(raw))
    return model
