"""The Thinker-Talker engine. Importing it costs nothing; torch comes with the first `load`."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from model.engine import Engine

__all__ = ["load"]


def load(
    name: str = "nano",
    device: str = "auto",
    precision: str = "auto",
    speech: bool = True,
    context: int | None = None,
    saving: int = 0,
) -> Engine:
    """The engine of the embedded model ("nano") or of a folder in the official layout; see model.checkpoint.load."""
    from model.checkpoint.load import load as load_engine

    return load_engine(name, device, precision, speech, context, saving)
