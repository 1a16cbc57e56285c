"""The mean of two ears that learned from the same beginning, weight by weight.

    python -m training.ear.mean runs/ear/shipped.pt runs/ear/prose.pt --out runs/ear/mean.pt

What one forgot while it learned the other still knows. The mean is to be rounded (training.ear.rounding) and put into
the model (`training.assemble --only-ear`) as any ear.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import torch
from torch import Tensor


def mean_of(one: dict[str, Tensor], other: dict[str, Tensor]) -> dict[str, Tensor]:
    """The mean of each weight. Both have the same layers."""
    if one.keys() != other.keys():
        raise SystemExit("The two ears differ in their layers.")
    return {name: (weight + other[name]) / 2 for name, weight in one.items()}


def main() -> None:
    """Two in, one out."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("one", type=Path)
    parser.add_argument("other", type=Path)
    parser.add_argument("--out", type=Path, required=True)
    args = parser.parse_args()
    one, other = (torch.load(path, weights_only=False) for path in (args.one, args.other))
    blank = (one["blank"] + other["blank"]) / 2
    torch.save(dict(encoder=mean_of(one["encoder"], other["encoder"]), blank=blank), args.out)


if __name__ == "__main__":
    main()
