"""What this machine's processor can do. Whatever is decided by it asks here."""

from __future__ import annotations

from functools import lru_cache

import torch


@lru_cache
def multiplies_bfloat16() -> bool:
    """Whether bfloat16 is multiplied in hardware. Elsewhere, and that is most desktop processors (AVX2 alone), products
    in it take ten to fifty times as long as in float32."""
    return bool(torch.ops.mkldnn._is_mkldnn_bf16_supported())
