"""Steps that are run thousands of times with the same shapes: captured once as CUDA graphs, then replayed.

A 7B decode step launches some 700 kernels; launching them one by one from Python takes longer than running them. On a
processor there is nothing to capture and the function is simply called: the code is the same, and the same rules hold
(no host synchronisation inside, shapes fixed by `key`, state only in tensors that stay where they are).
"""

from __future__ import annotations

from collections.abc import Callable, Hashable
from functools import lru_cache
from typing import Any

import torch
from torch import Tensor

_WARM_UP = 2  # runs before a capture, so that lazy initialisation happens outside of it


class CapturedStep:
    """Calls `function(*inputs)`; results of the call before are overwritten by the next one on CUDA."""

    def __init__(self, function: Callable[..., Any]) -> None:
        self._function = function
        self._graphs: dict[Hashable, _Graph] = {}

    def __call__(self, key: Hashable, *inputs: Tensor) -> Any:
        """`key` names everything besides the inputs' shapes that a capture depends on, such as the visible rows."""
        if inputs[0].device.type != "cuda":
            return self._function(*inputs)
        whole = (key, tuple((tuple(x.shape), x.dtype) for x in inputs))
        if whole not in self._graphs:
            self._graphs[whole] = _Graph(self._function, inputs)
        return self._graphs[whole].replay(inputs)


@lru_cache
def _pool_of(stream: int) -> Any:
    return torch.cuda.graph_pool_handle()


def _pool() -> Any:
    """The memory that captures of the same stream share: they are never replayed at the same time, and hundreds of
    them, each with its own, would take gigabytes."""
    return _pool_of(torch.cuda.current_stream().cuda_stream)


class _Graph:
    """One capture, with its own input buffers."""

    def __init__(self, function: Callable[..., Any], inputs: tuple[Tensor, ...]) -> None:
        self._inputs = [x.clone() for x in inputs]
        stream = torch.cuda.Stream()
        stream.wait_stream(torch.cuda.current_stream())
        with torch.cuda.stream(stream):
            for _ in range(_WARM_UP):
                function(*self._inputs)
        torch.cuda.current_stream().wait_stream(stream)
        self._graph = torch.cuda.CUDAGraph()
        with torch.cuda.graph(self._graph, pool=_pool()):
            self._outputs = function(*self._inputs)

    def replay(self, inputs: tuple[Tensor, ...]) -> Any:
        for held, given in zip(self._inputs, inputs):
            held.copy_(given)
        self._graph.replay()
        return self._outputs
