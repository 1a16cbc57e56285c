"""In which precision training multiplies: bfloat16 where the processor has it, where it is two to four times as fast;
elsewhere it is computed in slow motion (fifty times slower than float32 was measured), and float32 is taken."""

from __future__ import annotations

import torch

from model.processor import multiplies_bfloat16

FAST = torch.bfloat16 if multiplies_bfloat16() else torch.float32


def fast_products() -> torch.autocast:
    """A context in which products are computed in FAST."""
    return torch.autocast("cpu", torch.bfloat16, enabled=FAST is torch.bfloat16)
