"""Names and shapes of the official 7B checkpoint, from transformers' own class on the meta device."""

from __future__ import annotations

import torch

from model.checkpoint.load import official_names
from model.config import parse_config

# config.json of Qwen2.5-Omni-7B, as far as it says something about shapes
SEVEN_B = {
    "thinker_config": {
        "text_config": {
            "vocab_size": 152064, "hidden_size": 3584, "intermediate_size": 18944, "num_hidden_layers": 28,
            "num_attention_heads": 28, "num_key_value_heads": 4, "rope_theta": 1000000.0, "tie_word_embeddings": False,
            "rope_scaling": {"type": "default", "rope_type": "default", "mrope_section": [16, 24, 24]},
        },
        "audio_config": {
            "num_mel_bins": 128, "encoder_layers": 32, "encoder_attention_heads": 20, "encoder_ffn_dim": 5120,
            "d_model": 1280, "n_window": 100, "output_dim": 3584,
        },
        "vision_config": {
            "depth": 32, "hidden_size": 1280, "intermediate_size": 3420, "num_heads": 16, "patch_size": 14,
            "window_size": 112, "out_hidden_size": 3584, "fullatt_block_indexes": [7, 15, 23, 31],
        },
    },
    "talker_config": {
        "vocab_size": 8448, "embedding_size": 3584, "hidden_size": 896, "intermediate_size": 18944,
        "num_hidden_layers": 24, "num_attention_heads": 12, "num_key_value_heads": 4, "head_dim": 128,
        "rope_scaling": {"type": "default", "rope_type": "default", "mrope_section": [16, 24, 24]},
    },
    "token2wav_config": {
        "dit_config": {
            "hidden_size": 1024, "num_hidden_layers": 22, "num_attention_heads": 16, "head_dim": 64, "ff_mult": 2,
            "emb_dim": 512, "num_embeds": 8193, "mel_dim": 80, "enc_emb_dim": 192, "enc_dim": 128,
        },
        "bigvgan_config": {"upsample_initial_channel": 1536},
    },
    "enable_audio_output": True,
}


def test_every_name_and_shape_of_the_7b() -> None:
    from transformers import Qwen2_5OmniConfig, Qwen2_5OmniForConditionalGeneration

    with torch.device("meta"):
        reference = Qwen2_5OmniForConditionalGeneration(Qwen2_5OmniConfig(**SEVEN_B))
    theirs = {name: tuple(tensor.shape) for name, tensor in reference.state_dict().items()}
    computed = {name for name in theirs if name.endswith("rotary_embed.inv_freq")}
    ours = official_names(parse_config(SEVEN_B))
    assert ours == {name: shape for name, shape in theirs.items() if name not in computed}


def test_the_defaults_are_the_7b() -> None:
    silent = parse_config({"thinker_config": {}, "talker_config": {}, "token2wav_config": {}})
    assert official_names(silent) == official_names(parse_config(SEVEN_B))
