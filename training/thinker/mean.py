"""The mean of two Thinkers that learned from the same beginning: what both can do, mostly, and more calmly.

    python -m training.thinker.mean assets/nano runs/together.pt --out runs/mean.pt

Each is a checkpoint of training.thinker.together or a model's folder. The mean is that of what the factors add to the
weights, brought back to their rank; `training.assemble --only-factors` puts it into a model.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import torch
from torch import Tensor

from training.thinker.factors import factors_of


def mean_of(one: tuple[Tensor, Tensor], other: tuple[Tensor, Tensor]) -> tuple[Tensor, Tensor]:
    """Factors A [rank, in] and B [out, rank] of what is nearest, in that rank, to the mean of both products."""
    (a, b), (c, d) = one, other
    qa, ra = torch.linalg.qr(torch.cat([a, c]).T.double())
    qb, rb = torch.linalg.qr(torch.cat([b, d], 1).double() / 2)
    u, s, v = torch.linalg.svd(rb @ ra.T)
    root = s[: len(a)].sqrt()
    return (root[:, None] * (v[: len(a)] @ qa.T)).float(), ((qb @ u[:, : len(a)]) * root).float()


def main() -> None:
    """Two in, one out."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("one", type=Path)
    parser.add_argument("other", type=Path)
    parser.add_argument("--out", type=Path, required=True)
    args = parser.parse_args()
    one, other = factors_of(args.one), factors_of(args.other)
    mean = {key: [mean_of(a, b) for a, b in zip(one[key], other[key], strict=True)] for key in one}
    torch.save(dict(factors=mean), args.out)


if __name__ == "__main__":
    main()
