"""Rounds the largest matrices of an ear to 4 bits so that what they make of sounds changes least (GPTQ, Frantar et al.
2022). Those of its attention stay for 8: rounded to 4 as well, they cost a tenth of the letters.

    python -m training.ear.rounding --ear runs/ear/deep.pt --data runs/data --out runs/ear/rounded.pt

Rounded one by one, the weights of a row err on their own; here each column's error is made good by the columns not yet
rounded, as far as the inputs of the two go together. The checkpoint it writes holds the ear as it will hear, and the
numbers that training.assemble stores.
"""

from __future__ import annotations

import argparse
import random
from pathlib import Path

import torch
from torch import Tensor, nn

from model.checkpoint.packed import levels_of
from training.data.clips import read_clips
from training.ear.encoder import Encoder, encoder_of
from training.ear.sound import collate, log_mel, varied

MOST_OF_THE_EAR = (".fc1.weight", ".fc2.weight")
GROUP = 64  # columns that share a scale and a minimum
DAMPING = 0.01  # of the mean square of an input, added to each: what was never heard must not count for nothing
Rounded = tuple[Tensor, Tensor, Tensor]  # levels [rows, groups, group], scale and minimum [rows, groups]


def rounded(weight: Tensor, products: Tensor, bits: int = 4, group: int = GROUP) -> Rounded:
    """weight [rows, columns]; products [columns, columns]: the sum over many inputs x of x x^T."""
    left = weight.double().clone()
    damped = products.double() + DAMPING * products.diagonal().mean() * torch.eye(len(products))
    factor = torch.linalg.cholesky(torch.cholesky_inverse(torch.linalg.cholesky(damped)), upper=True)
    parts: list[Rounded] = []
    for start in range(0, weight.shape[1], group):
        _, scale, minimum = levels_of(left[:, start : start + group], bits, group)
        levels = torch.zeros(len(weight), 1, group)
        for column in range(start, start + group):
            value = left[:, column]
            level = ((value - minimum[:, 0]) / scale[:, 0]).round().clamp(0, 2**bits - 1)
            error = (value - (level * scale[:, 0] + minimum[:, 0])) / factor[column, column]
            left[:, column + 1 :] -= error[:, None] * factor[column, column + 1 :]
            levels[:, 0, column - start] = level
        parts.append((levels, scale, minimum))
    return tuple(torch.cat(part, 1) for part in zip(*parts))  # type: ignore[return-value]


def value_of(parts: Rounded) -> Tensor:
    """The weight that was rounded, [rows, columns]."""
    levels, scale, minimum = parts
    return (levels * scale[..., None] + minimum[..., None]).flatten(1)


@torch.no_grad()
def products_of(encoder: Encoder, sounds: list[Tensor]) -> dict[str, Tensor]:
    """For each matrix of the layers, by its name, the sum of x x^T over its inputs x."""
    sums: dict[str, Tensor] = {}

    def counting(name: str) -> object:
        def count(module: nn.Module, inputs: tuple[Tensor], output: Tensor) -> None:
            x = inputs[0].flatten(0, -2)
            sums[name] = sums.get(name, torch.zeros(())) + x.T @ x

        return count

    parts = [(f"{name}.weight", module) for name, module in encoder.named_modules()
             if name.startswith("layers.") and isinstance(module, nn.Linear)]
    hooks = [module.register_forward_hook(counting(name)) for name, module in parts]  # type: ignore[arg-type]
    for start in range(0, len(sounds), 16):
        encoder(*collate([log_mel(sound) for sound in sounds[start : start + 16]]))
    for hook in hooks:
        hook.remove()
    return sums


def main() -> None:
    """Listen, round, write."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name in ("ear", "data", "out"):
        parser.add_argument(f"--{name}", type=Path, required=True)
    parser.add_argument("--clips", nargs="+", default=["kokoro", "mixed", "prose-hibari"], help="shards to listen to")
    parser.add_argument("--number", type=int, default=300, help="clips")
    args = parser.parse_args()
    torch.set_num_threads(1)
    rnd = random.Random(0)
    rows = [row for name in args.clips for row in rnd.sample(read_clips(args.data / name), args.number // 3)]
    checkpoint = torch.load(args.ear, weights_only=False)
    products = products_of(encoder_of(checkpoint["encoder"]), [varied(row, rnd) for row in rows])
    large = [name for name in products if name.endswith(MOST_OF_THE_EAR)]
    checkpoint["rounded"] = {name: rounded(checkpoint["encoder"][name], products[name]) for name in large}
    checkpoint["encoder"] |= {name: value_of(parts) for name, parts in checkpoint["rounded"].items()}
    torch.save(checkpoint, args.out)


if __name__ == "__main__":
    main()
