"""Which function makes the engine: `model:load`, or another one named `package.module:function` (tests use that)."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from typing import Any

DEFAULT_FACTORY = "model:load"


def resolve(name: str) -> Callable[..., Any]:
    """The function that `name` points to; it takes what `model.load` takes and returns an engine."""
    module, _, function = name.partition(":")
    found: Callable[..., Any] = getattr(importlib.import_module(module), function)
    return found
