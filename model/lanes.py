"""Work that runs beside other work on the same device: encoders, decoders and the vocoder each have a lane.

On a card a lane is a CUDA stream, what leaves it for the host goes through pinned memory, and nobody waits before a
result is needed. On a processor work is done when it is given; the code that gives it is the same.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Generic, TypeVar

import torch
from torch import Tensor

T = TypeVar("T")


class Lane:
    """One queue of work on `device`."""

    def __init__(self, device: torch.device) -> None:
        self._stream: Any = torch.cuda.Stream(device) if device.type == "cuda" else None

    def submit(self, work: Callable[[], T]) -> Pending[T]:
        """Begin `work` once what was begun before, here and by the caller, is done; returns before it is."""
        if self._stream is None:
            return Pending(work(), None)
        self._stream.wait_stream(torch.cuda.current_stream())
        with torch.cuda.stream(self._stream):
            value = work()
            done = torch.cuda.Event()
            done.record()
        return Pending(value, done)


class Pending(Generic[T]):
    """A result that may not be there yet."""

    def __init__(self, value: T, done: Any) -> None:
        self._value, self._done = value, done

    @property
    def ready(self) -> bool:
        """Whether nobody would have to wait."""
        return self._done is None or bool(self._done.query())

    def result(self) -> T:
        """For use on the caller's lane, which waits for it; the host does not."""
        if self._done is not None:
            here = torch.cuda.current_stream()
            here.wait_event(self._done)
            if isinstance(self._value, Tensor) and self._value.is_cuda:
                self._value.record_stream(here)  # its memory is not used again before we are done with it
        return self._value

    def on_host(self) -> T:
        """For use by the host, which waits for it."""
        if self._done is not None:
            self._done.synchronize()
        return self._value


def to_host(tensor: Tensor) -> Tensor:
    """A copy in host memory, to be looked at once the lane has come so far: pinned, so that nothing waits for it."""
    if tensor.device.type == "cpu":
        return tensor
    held = torch.empty(tensor.shape, dtype=tensor.dtype, pin_memory=True)
    return held.copy_(tensor, non_blocking=True)


def to_device(tensor: Tensor, device: torch.device) -> Tensor:
    """A copy of host memory on the device, through pinned memory on a card."""
    if device.type == "cpu" or tensor.device.type != "cpu":
        return tensor.to(device)
    return tensor.pin_memory().to(device, non_blocking=True)
