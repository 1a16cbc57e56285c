"""Which windows of other programs there are to look at, where the system tells: on X11."""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass

_LONGEST_TITLE = 60  # letters
_MOST = 12


@dataclass(frozen=True)
class WindowInfo:
    """A window: what stands over it, and its number."""

    title: str
    number: int


def list_windows() -> list[WindowInfo]:
    """Those that can be seen, without our own; a dozen at most, the newest last. Takes a few milliseconds."""
    if not sys.platform.startswith("linux") or not os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"):
        return []
    from Xlib.display import Display
    from Xlib.error import DisplayError, XError

    try:
        display = Display()
    except (DisplayError, OSError):
        return []
    try:
        return _list(display)[-_MOST:]
    except (XError, DisplayError, OSError):
        return []  # one that was closed while we looked
    finally:
        display.close()


def _list(display: object) -> list[WindowInfo]:
    from Xlib import X

    root = display.screen().root  # type: ignore[attr-defined]
    atom = display.intern_atom  # type: ignore[attr-defined]
    managed = root.get_full_property(atom("_NET_CLIENT_LIST"), X.AnyPropertyType)
    numbers = list(managed.value) if managed is not None else [child.id for child in root.query_tree().children]
    found = []
    for number in numbers:
        window = display.create_resource_object("window", number)  # type: ignore[attr-defined]
        owner = window.get_full_property(atom("_NET_WM_PID"), X.AnyPropertyType)
        if window.get_attributes().map_state != X.IsViewable or (owner is not None and owner.value[0] == os.getpid()):
            continue
        named = window.get_full_property(atom("_NET_WM_NAME"), X.AnyPropertyType)
        title = named.value.decode("utf-8", "replace") if named is not None else window.get_wm_name()
        if isinstance(title, str) and title.strip():
            found.append(WindowInfo(title.strip()[:_LONGEST_TITLE], int(number)))
    return found
