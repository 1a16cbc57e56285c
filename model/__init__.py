"""The Thinker-Talker engine: `model.load`. Importing this costs nothing; torch comes with the first use of `load`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from model.checkpoint.load import load

__all__ = ["load"]


def __getattr__(name: str) -> Any:
    if name != "load":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from model.checkpoint.load import load

    return load
