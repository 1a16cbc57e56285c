"""What the desktop lends a program: a key that works in every window, and a look at other programs' windows."""

from __future__ import annotations

import contextlib
import os
import queue
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from jeepney import DBusAddress, HeaderFields, MessageType, message_bus, new_method_return, new_signal
from jeepney.io.blocking import Proxy, open_dbus_connection

from app.capture.windows import list_windows
from app.global_key import GlobalKeyError, KeyListener, open_key
from app.global_key.portal import PortalKey
from app.global_key.x11 import X11Key
from tests.app.rig.display import PrivateDisplay
from tests.app.rig.programs import end, program, wait_for

ROOT = Path(__file__).resolve().parents[3]


class Told:
    """What a key told, in order."""

    def __init__(self) -> None:
        self.told: queue.SimpleQueue[str] = queue.SimpleQueue()
        self.listener = KeyListener(lambda: self.told.put("down"), lambda: self.told.put("up"), self.told.put)

    def next(self) -> str:
        return self.told.get(timeout=20)


@pytest.fixture
def on_display(display: PrivateDisplay, monkeypatch: pytest.MonkeyPatch) -> PrivateDisplay:
    monkeypatch.setenv("DISPLAY", display.name)
    monkeypatch.delenv("WAYLAND_DISPLAY", raising=False)
    monkeypatch.delenv("XDG_SESSION_TYPE", raising=False)
    return display


def test_key_is_told_once_however_long_it_is_held(on_display: PrivateDisplay) -> None:
    told = Told()
    key = open_key("Ctrl+Alt+Space", told.listener)
    try:
        on_display.xdotool("keydown", "ctrl", "keydown", "alt", "keydown", "space")
        assert told.next() == "down"
        time.sleep(1.0)  # the server repeats a key that is held
        assert told.told.empty()
        on_display.xdotool("keyup", "space", "keyup", "alt", "keyup", "ctrl")
        assert told.next() == "up"
        on_display.press("ctrl+alt+space")
        assert [told.next(), told.next()] == ["down", "up"]
        on_display.press("space")  # without the others it is everybody's
    finally:
        key.close()
    on_display.press("ctrl+alt+space")
    time.sleep(0.3)
    assert told.told.empty(), "the key has been given back"


def test_key_that_another_program_has_is_told(on_display: PrivateDisplay) -> None:
    first = X11Key("F12", Told().listener)
    with pytest.raises(GlobalKeyError, match="F12 is taken"):
        X11Key("F12", Told().listener)
    first.close()
    X11Key("F12", Told().listener).close()


PORTAL = "/org/freedesktop/portal/desktop"
SHORTCUTS = "org.freedesktop.portal.GlobalShortcuts"


class Desktop(threading.Thread):
    """A session bus with the portal of a desktop on it, that allows every key or none."""

    def __init__(self, address: str, allows: bool) -> None:
        super().__init__(daemon=True)
        self._bus = open_dbus_connection(address)
        Proxy(message_bus, self._bus).RequestName("org.freedesktop.portal.Desktop")
        self.allows, self.over = allows, False
        self.triggers: list[str] = []
        self.start()

    def run(self) -> None:
        while not self.over:
            with contextlib.suppress(TimeoutError, OSError):
                call = self._bus.receive(timeout=0.2)
                if call.header.message_type is MessageType.method_call:
                    self._answer(call)

    def _answer(self, call: object) -> None:
        fields, body = call.header.fields, call.body  # type: ignore[attr-defined]
        sender = fields[HeaderFields.sender][1:].replace(".", "_")
        request = f"{PORTAL}/request/{sender}/{body[-1]['handle_token'][1]}"
        self._bus.send(new_method_return(call, "o", (request,)))  # type: ignore[arg-type]
        results = {}
        if fields[HeaderFields.member] == "CreateSession":
            results["session_handle"] = ("s", f"{PORTAL}/session/one")
        else:
            self.triggers += [options["preferred_trigger"][1] for _, options in body[1]]
        emitter = DBusAddress(request, interface="org.freedesktop.portal.Request")
        self._bus.send(new_signal(emitter, "Response", "ua{sv}", (0 if self.allows else 1, results)))

    def tell(self, member: str, session: str = f"{PORTAL}/session/one") -> None:
        emitter = DBusAddress(PORTAL, interface=SHORTCUTS)
        self._bus.send(new_signal(emitter, member, "osta{sv}", (session, "push-to-talk", 1, {})))


@pytest.fixture
def bus(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    command = [program("dbus-daemon"), "--session", "--nofork", "--print-address"]
    daemon = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert daemon.stdout is not None
    address = daemon.stdout.readline().strip()
    monkeypatch.setenv("DBUS_SESSION_BUS_ADDRESS", address)
    monkeypatch.setenv("WAYLAND_DISPLAY", "wayland-0")
    yield address
    end(daemon)


def test_key_of_the_portal(bus: str) -> None:
    desktop, told = Desktop(bus, allows=True), Told()
    key = open_key("Ctrl+Alt+Space", told.listener)
    assert isinstance(key, PortalKey) and desktop.triggers == ["CTRL+ALT+space"]
    for member in ("Activated", "Activated", "Deactivated"):
        desktop.tell(member)
    desktop.tell("Activated", session=f"{PORTAL}/session/of_somebody_else")
    desktop.tell("Activated")
    assert [told.next() for _ in range(3)] == ["down", "up", "down"]
    key.close()
    assert told.next() == "up", "a key that is taken away is let go"
    desktop.over = True


def test_desktop_without_a_portal_is_told(bus: str) -> None:
    with pytest.raises(GlobalKeyError, match="offers programs no key"):
        open_key("F12", Told().listener)
    desktop = Desktop(bus, allows=False)
    with pytest.raises(GlobalKeyError, match="did not allow"):
        open_key("F12", Told().listener)
    desktop.over = True


RED = """
import sys
from PySide6.QtWidgets import QApplication, QWidget
qt = QApplication([])
window = QWidget()
window.setWindowTitle("A red window – 红")
window.setStyleSheet("background: #c01020")
window.setGeometry(700, 500, 200, 120)
window.show()
qt.exec()
"""
LOOK = """
import sys
import numpy as np
from PySide6.QtCore import QEventLoop, QTimer
from PySide6.QtWidgets import QApplication
from app.capture.camera import CameraError
from app.window.screen_source import WindowSource
qt = QApplication([])
source = WindowSource(sys.argv[1])
loop = QEventLoop()
QTimer.singleShot(300, loop.quit)
loop.exec()
try:
    print(source.read().reshape(-1, 3).mean(0).round().tolist())
except CameraError as error:
    print(error)
"""


def test_window_of_another_program_is_looked_at(on_display: PrivateDisplay) -> None:
    environment = {**os.environ, **on_display.environment}
    other = subprocess.Popen([sys.executable, "-c", RED], env=environment)
    try:
        wait_for(lambda: any(w.title == "A red window – 红" for w in list_windows()), "for the window in the list", 20)
        number = next(w.number for w in list_windows() if w.title == "A red window – 红")
        time.sleep(0.5)  # it has been painted

        def look() -> str:
            command = [sys.executable, "-c", LOOK, str(number)]
            return subprocess.run(command, env=environment, cwd=ROOT, capture_output=True, text=True).stdout

        assert look() == "[192.0, 16.0, 32.0]\n"
    finally:
        end(other)
    wait_for(lambda: all(w.number != number for w in list_windows()), "for the window to go", 20)
    assert "The window has gone" in look()
