"""The key on X11: grabbed on the root window, so that it is ours wherever the keyboard's focus is."""

from __future__ import annotations

import os
import select
import threading

from Xlib import XK, X
from Xlib.display import Display
from Xlib.error import BadAccess, CatchError, DisplayError
from Xlib.protocol.event import KeyRelease
from Xlib.protocol.rq import Event

from app.global_key import GlobalKeyError, KeyListener

_MODIFIERS = {"Ctrl": X.ControlMask, "Alt": X.Mod1Mask, "Shift": X.ShiftMask, "Meta": X.Mod4Mask}
_NAMES = {"Space": "space"}  # where X has another name for it
_LOCKS = (0, X.LockMask, X.Mod2Mask, X.LockMask | X.Mod2Mask)  # caps lock and num lock must not matter
_REPEAT = 0.04  # seconds: a key that is held is told as released and pressed again, at the same moment


class X11Key:
    """Grabbed until it is closed."""

    def __init__(self, keys: str, listener: KeyListener) -> None:
        *modifiers, name = keys.split("+")
        self._listener = listener
        try:
            self._display = Display()
        except (DisplayError, OSError) as error:
            raise GlobalKeyError("The display's keys cannot be listened to.") from error
        symbol = XK.string_to_keysym(_NAMES.get(name, name))
        self._code = self._display.keysym_to_keycode(symbol)
        mask = 0
        for modifier in modifiers:
            mask |= _MODIFIERS[modifier]
        self._root = self._display.screen().root
        taken = CatchError(BadAccess)
        for locks in _LOCKS:
            self._root.grab_key(self._code, mask | locks, False, X.GrabModeAsync, X.GrabModeAsync, onerror=taken)
        self._display.sync()
        if not self._code or taken.get_error() is not None:
            self._display.close()
            raise GlobalKeyError(f"{keys} is taken by another program; choose another key.")
        self._wake, self._woken = os.pipe()
        self._thread = threading.Thread(target=self._listen, name="global-key", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Give the key back."""
        if self._thread.is_alive():
            os.write(self._woken, b"x")
            self._thread.join(1.0)

    def _listen(self) -> None:
        held = False
        try:
            while self._wait(None):
                event = self._display.next_event()
                if event.type == X.KeyPress and not held:
                    held = True
                    self._listener.pressed()
                elif event.type == X.KeyRelease and held and not self._is_repeat(event):
                    held = False
                    self._listener.released()
        except (DisplayError, OSError, EOFError):
            self._listener.ended("The key that works in every window has gone with its display.")
        finally:
            if held:
                self._listener.released()
            for descriptor in (self._wake, self._woken):
                os.close(descriptor)
            self._close_display()

    def _is_repeat(self, release: KeyRelease) -> bool:
        """Whether the keyboard only repeats it; the press that follows is then taken away."""
        if not self._display.pending_events() and not self._wait(_REPEAT):
            return False
        following: Event = self._display.next_event()
        return bool(following.type == X.KeyPress and following.time - release.time < 1000 * _REPEAT)

    def _wait(self, seconds: float | None) -> bool:
        """Whether there is an event; None waits until there is one, or the key is closed."""
        if self._display.pending_events():
            return True
        ready, _, _ = select.select([self._display.fileno(), self._wake], [], [], seconds)
        return self._wake not in ready and bool(ready) and (self._display.pending_events() > 0 or self._wait(seconds))

    def _close_display(self) -> None:
        try:
            self._display.close()  # the grab ends with it
        except (DisplayError, OSError):
            return  # it has gone by itself
