"""Every tensor where and in what the plan says, through the loader, on the meta device in place of a card.

The official models' own configs go through the same by `python -m benchmarks.placement`: what stays on the host is
gigabytes there.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from benchmarks.placement import run, write_hollow
from model.official import OFFICIAL
from model.placement import placements

# the 3B's layout with fewer and smaller layers, still large enough to be quantized
SIZES: dict[str, dict[str, Any]] = {
    "text_config": {"hidden_size": 256, "intermediate_size": 384, "num_hidden_layers": 2, "vocab_size": 512},
    "audio_config": {"d_model": 64, "encoder_layers": 2, "encoder_ffn_dim": 256, "output_dim": 256},
    "vision_config": {"depth": 2, "hidden_size": 64, "intermediate_size": 120, "num_heads": 2, "out_hidden_size": 256},
}
TALKER = {"embedding_size": 256, "hidden_size": 128, "intermediate_size": 384, "num_hidden_layers": 2,
          "vocab_size": 512}  # fmt: skip
TOKEN2WAV = {"dit_config": {"hidden_size": 128, "num_hidden_layers": 2, "num_attention_heads": 2, "head_dim": 64},
             "bigvgan_config": {"upsample_initial_channel": 64}}  # fmt: skip


@pytest.mark.filterwarnings("ignore:Initializing zero-element tensors")
@pytest.mark.parametrize(("precision", "way"), [("nf4", -1), ("int4", 0)])
def test_every_tensor_is_where_and_what_the_plan_says(tmp_path: Path, precision: str, way: int) -> None:
    official = OFFICIAL["3b"]
    raw = {
        "thinker_config": {name: official["thinker_config"].get(name, {}) | sizes for name, sizes in SIZES.items()},
        "talker_config": official["talker_config"] | TALKER,
        "token2wav_config": TOKEN2WAV,
    }
    config = write_hollow(tmp_path, raw)
    found = run(tmp_path, config, placements(precision, True)[way])
    assert not found.wrong
    assert found.host == found.planned_host > 0
    assert found.card == pytest.approx(found.planned_card, rel=1e-4)
    assert found.layers[precision] > 10
