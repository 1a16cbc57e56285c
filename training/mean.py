"""The mean of two networks that learned from the same beginning: what both can do, mostly, and more calmly.

    python -m training.mean assets/nano runs/together.pt --out runs/mean.pt
    python -m training.mean runs/ear/shipped.pt runs/ear/spelling.pt --out runs/ear/mean.pt

Two ears (checkpoints of training.ear) are averaged weight by weight, for training.ear.rounding. Of two Thinkers, each a
checkpoint of training.thinker.together or a model's folder, it is the mean of what the factors add to the weights,
brought back to their rank, for `training.assemble --only-factors`.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

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


def mean_of_ears(one: dict[str, Any], other: dict[str, Any]) -> dict[str, Any]:
    """The mean of each weight of two checkpoints with the same layers."""
    if one["encoder"].keys() != other["encoder"].keys():
        raise SystemExit("The two ears differ in their layers.")
    return {part: {name: (weight + other[part][name]) / 2 for name, weight in one[part].items()}
            for part in ("encoder", "letters")}  # fmt: skip


def ear_at(path: Path) -> dict[str, Any] | None:
    """A checkpoint of training.ear; None if it is something else."""
    state: dict[str, Any] = {} if path.is_dir() else torch.load(path, weights_only=False)
    return state if "encoder" in state else None


def main() -> None:
    """Two in, one out."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("one", type=Path)
    parser.add_argument("other", type=Path)
    parser.add_argument("--out", type=Path, required=True)
    args = parser.parse_args()
    ears = [ear_at(path) for path in (args.one, args.other)]
    if ears[0] is not None and ears[1] is not None:
        torch.save(mean_of_ears(ears[0], ears[1]), args.out)
    elif any(ear is not None for ear in ears):
        parser.error("One of the two is an ear and the other is not.")
    else:
        one, other = factors_of(args.one), factors_of(args.other)
        mean = {key: [mean_of(a, b) for a, b in zip(one[key], other[key], strict=True)] for key in one}
        torch.save(dict(factors=mean), args.out)


if __name__ == "__main__":
    main()
