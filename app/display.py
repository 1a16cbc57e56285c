"""Whether a window can open here, found out before Qt does: where it cannot, Qt ends the process with no exception;
and what is told when the display goes away, which Qt ends it for, too."""

from __future__ import annotations

import ctypes
import os
import re
import socket
import sys
from pathlib import Path

_PATIENCE = 2.0  # seconds that an X server on another machine may take to answer


def tell_when_it_goes() -> None:
    """One sentence behind Qt's own words, which say neither what has become of the conversation nor what to do."""
    from PySide6.QtCore import qInstallMessageHandler

    def tell(_kind: object, _context: object, words: str) -> None:
        print(words, file=sys.stderr)
        if "connection broke" in words:  # X11's and Wayland's alike
            told = "the display is gone, and the window with it. What was said is kept: start the program again."
            print(f"visavis: {told}", file=sys.stderr, flush=True)

    qInstallMessageHandler(tell)


def problem() -> str | None:
    """One sentence why no window can open, and what to do; None where one can."""
    if not sys.platform.startswith("linux"):
        return None
    wanted = re.split("[;:]", os.environ.get("QT_QPA_PLATFORM", ""))[0]
    if wanted and not wanted.startswith(("xcb", "wayland")):
        return None  # offscreen, vnc and the like need nothing
    wayland, x11 = os.environ.get("WAYLAND_DISPLAY"), os.environ.get("DISPLAY")
    if wayland and wanted != "xcb" and _answers(*_wayland_address(wayland)):
        return None
    if x11 and _answers(*_x11_address(x11)):
        return _missing_library()
    advice = "use the commands instead (ask, talk), see: python main.py --help"
    if wayland or x11:
        return f"The display {x11 or wayland} does not answer, so no window can open; {advice}"
    return f"There is no display for a window; {advice}"


def _wayland_address(name: str) -> tuple[int, str | tuple[str, int]]:
    return socket.AF_UNIX, str(Path(os.environ.get("XDG_RUNTIME_DIR", "/"), name))


def _x11_address(name: str) -> tuple[int, str | tuple[str, int]]:
    """Of ":0", ":1.0", "host:10.0" and the like; anything else is taken for a socket's path."""
    match = re.fullmatch(r"(?:unix)?(?P<host>[^:/]*):(?P<number>\d+)(?:\.\d+)?", name)
    if match is None:
        return socket.AF_UNIX, name
    if match["host"]:
        return socket.AF_INET, (match["host"], 6000 + int(match["number"]))
    return socket.AF_UNIX, f"/tmp/.X11-unix/X{match['number']}"


def _answers(family: int, address: str | tuple[str, int]) -> bool:
    # Linux's X servers listen in the abstract name space too, and containers often share only that.
    addresses = [address, f"\0{address}"] if isinstance(address, str) else [address]
    return any(_connects(family, each) for each in addresses)


def _connects(family: int, address: str | tuple[str, int]) -> bool:
    with socket.socket(family, socket.SOCK_STREAM) as connection:
        connection.settimeout(_PATIENCE)
        try:
            connection.connect(address)
        except OSError:
            return False
    return True


def _missing_library() -> str | None:
    """Qt's part for X11 needs libraries that the wheel does not bring: libxcb-cursor0 is missing most often."""
    import PySide6

    plugin = Path(PySide6.__file__).parent / "Qt" / "plugins" / "platforms" / "libqxcb.so"
    if not plugin.exists():
        return None  # a PySide6 of the distribution keeps it elsewhere, and depends on what it needs
    try:
        ctypes.CDLL(str(plugin))
    except OSError as error:
        return f"A library of the system is missing for the window ({error}); packaging/start.sh installs it."
    return None
