"""Solvers of the flow-matching equation dx/dt = v(t, x) from noise (t = 0) to mel (t = 1)."""

from __future__ import annotations

import math
from collections.abc import Callable
from enum import Enum
from itertools import pairwise

import torch
from torch import Tensor

Velocity = Callable[[Tensor, Tensor], Tensor]  # (time scalar, x) → v


class Solver(Enum):
    EULER = "euler"
    RK4 = "rk4"  # the reference's: Runge-Kutta of fourth order by the 3/8 rule, four evaluations a step


def sway_times(points: int) -> Tensor:
    """`points` times from 0 to 1, dense at the beginning: 1 - cos(pi t / 2)."""
    times = torch.linspace(0, 1, points)
    return times - (torch.cos(math.pi / 2 * times) - 1 + times)


def integrate(velocity: Velocity, start: Tensor, times: Tensor, solver: Solver) -> Tensor:
    """x at the last of `times`, from `start` at the first."""
    x = start
    for begin, end in pairwise(times):
        step = end - begin
        k1 = velocity(begin, x)
        if solver is Solver.EULER:
            x = x + step * k1
            continue
        k2 = velocity(begin + step / 3, x + step * k1 / 3)
        k3 = velocity(begin + step * (2 / 3), x + step * (k2 - k1 / 3))
        k4 = velocity(end, x + step * (k1 - k2 + k3))
        x = x + (k1 + 3 * (k2 + k3) + k4) * step / 8
    return x
