"""A key that talks from every window, held like the microphone's button.

On X11 by a grab of the key, on Wayland through the desktop's portal. Other systems are told plainly that there is none.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol


class GlobalKeyError(Exception):
    """There is no such key here; the message is one sentence that says why, and what to do."""


@dataclass(frozen=True)
class KeyListener:
    """Called on a thread of the key's own.

    Attributes:
        pressed, released: once each time, however long the key is held.
        ended: the key works no more, for this reason.
    """

    pressed: Callable[[], None]
    released: Callable[[], None]
    ended: Callable[[str], None]


class GlobalKey(Protocol):
    """A key from now until it is closed."""

    def close(self) -> None: ...


def open_key(keys: str, listener: KeyListener) -> GlobalKey:
    """Listen to a key like "Ctrl+Alt+Space"; GlobalKeyError where that cannot be. May take seconds: for a thread."""
    if not sys.platform.startswith("linux"):
        raise GlobalKeyError("A key that works in every window is not there yet on this system.")
    if os.environ.get("WAYLAND_DISPLAY") or os.environ.get("XDG_SESSION_TYPE") == "wayland":
        from app.global_key.portal import PortalKey

        return PortalKey(keys, listener)
    if not os.environ.get("DISPLAY"):
        raise GlobalKeyError("There is no display here whose keys could be listened to.")
    from app.global_key.x11 import X11Key

    return X11Key(keys, listener)
