"""Several processes that train one network, each on samples of its own: the mean of their gradients is everybody's.

    torchrun --nproc-per-node 2 -m training.ear.stage_a …

Threads of one process take turns at whatever is not a large product; processes do not. Where only one runs, nothing
here does anything.
"""

from __future__ import annotations

import os

import torch
import torch.distributed as distributed
from torch import Tensor


def join() -> int:
    """To be called once: this process's number among those that torchrun has started, the first is 0."""
    if "WORLD_SIZE" not in os.environ:
        return 0
    distributed.init_process_group("gloo")
    return distributed.get_rank()


def first() -> bool:
    """Whether this process is the one that logs and saves."""
    return not distributed.is_initialized() or distributed.get_rank() == 0


def average(tensors: list[Tensor]) -> None:
    """Replace the tensors by their means over all processes."""
    if not distributed.is_initialized():
        return
    flat = torch.cat([t.flatten() for t in tensors])
    distributed.all_reduce(flat)
    flat /= distributed.get_world_size()
    for tensor, mean in zip(tensors, flat.split([t.numel() for t in tensors]), strict=True):
        tensor.copy_(mean.view_as(tensor))


def agreed(number: float) -> float:
    """The mean of what the processes say, the same to all of them."""
    own = torch.tensor([number], dtype=torch.float64)
    average([own])
    return own.item()
