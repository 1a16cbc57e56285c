"""nano with a second voice, which sounds as the first: a voice that can be chosen."""

from __future__ import annotations

from typing import Any

import model


def load(*arguments: Any, **options: Any) -> model.Engine:
    """What `model.load` is, and one voice more."""
    engine = model.load(*arguments, **options)
    first = next(iter(engine.voices_by_name.values()))
    engine.voices_by_name["second"] = first
    return engine
