"""The official checkpoints' sizes, for plans made before anything is downloaded. A folder's own config.json rules."""

from __future__ import annotations

from typing import Any

from model.config import OmniConfig, parse_config

# what differs from the 7B, whose values are the defaults of model.config; the 3B's Talker is known from its published
# number of parameters only (5.54 B with these values)
OFFICIAL: dict[str, dict[str, Any]] = {
    "7b": {"thinker_config": {}, "talker_config": {}},
    "3b": {
        "thinker_config": {
            "text_config": {
                "vocab_size": 151936, "hidden_size": 2048, "intermediate_size": 11008, "num_hidden_layers": 36,
                "num_attention_heads": 16, "num_key_value_heads": 2, "head_dim": 128,
            },
            "audio_config": {"output_dim": 2048},
            "vision_config": {"out_hidden_size": 2048},
        },
        "talker_config": {
            "embedding_size": 2048, "hidden_size": 896, "intermediate_size": 4864, "num_hidden_layers": 24,
            "num_attention_heads": 14, "num_key_value_heads": 2, "head_dim": 64, "vocab_size": 8448,
            "rope_scaling": {"mrope_section": [16, 16, 0]},
        },
    },
}


def official_config(name: str) -> OmniConfig | None:
    """Of "3b" or "7b", or of a hub id or folder that is called like them; None for others."""
    for size, raw in OFFICIAL.items():
        if name.lower() == size or name.lower().split("/")[-1].startswith(f"qwen2.5-omni-{size}"):
            return parse_config(raw)
    return None
