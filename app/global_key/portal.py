"""The key on Wayland: the portal org.freedesktop.portal.GlobalShortcuts, by which the desktop itself asks the person.

The desktop decides which key it really is; ours is only what we would like. Over D-Bus, on a thread of its own.
"""

from __future__ import annotations

import secrets
import threading
from typing import Any

from jeepney import DBusAddress, HeaderFields, MatchRule, Message, MessageType, message_bus, new_method_call
from jeepney.io.blocking import Proxy, open_dbus_connection

from app.global_key import GlobalKeyError, KeyListener

_PORTAL = DBusAddress(
    "/org/freedesktop/portal/desktop",
    bus_name="org.freedesktop.portal.Desktop",
    interface="org.freedesktop.portal.GlobalShortcuts",
)
_SHORTCUT = "push-to-talk"
_PATIENCE = 5.0  # seconds for an answer of the portal
_ASKING = 120.0  # seconds that the person may take to allow the key
_LOOK = 0.5  # seconds between two looks whether it is still wanted
_NAMES = {"Ctrl": "CTRL", "Alt": "ALT", "Shift": "SHIFT", "Meta": "LOGO", "Space": "space"}
_NONE = "This desktop offers programs no key of their own (it has no portal for global shortcuts)."


class PortalKey:
    """Bound until it is closed."""

    def __init__(self, keys: str, listener: KeyListener) -> None:
        self._listener = listener
        self._closed = threading.Event()
        try:
            self._bus = open_dbus_connection(bus="SESSION")
        except (OSError, KeyError, ValueError) as error:
            raise GlobalKeyError(_NONE) from error
        try:
            for member in ("Activated", "Deactivated"):
                self._subscribe(MatchRule(type="signal", interface=_PORTAL.interface, member=member))
            session = {"session_handle_token": ("s", _token())}
            made = self._request("CreateSession", "a{sv}", (), session, _PATIENCE)
            self._session: str = made["session_handle"][1]
            trigger = "+".join(_NAMES.get(part, part) for part in keys.split("+"))
            wanted = [(_SHORTCUT, {"description": ("s", "Hold to talk"), "preferred_trigger": ("s", trigger)})]
            self._request("BindShortcuts", "oa(sa{sv})sa{sv}", (self._session, wanted, ""), {}, _ASKING)
        except (OSError, TimeoutError, KeyError) as error:
            self._bus.close()
            raise GlobalKeyError(_NONE) from error
        except GlobalKeyError:
            self._bus.close()
            raise
        self._thread = threading.Thread(target=self._listen, name="global-key", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Give the key back."""
        self._closed.set()
        self._thread.join(2 * _LOOK)

    def _subscribe(self, rule: MatchRule) -> None:
        Proxy(message_bus, self._bus).AddMatch(rule)

    def _request(
        self, method: str, signature: str, arguments: tuple[Any, ...], options: dict[str, Any], patience: float
    ) -> dict[str, Any]:
        """Call the portal, whose answer comes later, by a signal."""
        token = _token()
        sender = self._bus.unique_name[1:].replace(".", "_")
        path = f"/org/freedesktop/portal/desktop/request/{sender}/{token}"
        rule = MatchRule(type="signal", interface="org.freedesktop.portal.Request", member="Response", path=path)
        self._subscribe(rule)
        with self._bus.filter(rule) as responses:
            body = (*arguments, {**options, "handle_token": ("s", token)})
            reply = self._bus.send_and_get_reply(new_method_call(_PORTAL, method, signature, body), timeout=_PATIENCE)
            if reply.header.message_type is MessageType.error:
                raise GlobalKeyError(_NONE)
            response = self._bus.recv_until_filtered(responses, timeout=patience)
        code, results = response.body
        if code:
            raise GlobalKeyError("The desktop did not allow a key that works in every window.")
        return dict(results)

    def _listen(self) -> None:
        held = False
        try:
            while not self._closed.is_set():
                try:
                    message = self._bus.receive(timeout=_LOOK)
                except TimeoutError:
                    continue
                if not self._is_ours(message):
                    continue
                pressed = message.header.fields.get(HeaderFields.member) == "Activated"
                if pressed and not held:
                    self._listener.pressed()
                elif held and not pressed:
                    self._listener.released()
                held = pressed
        except (OSError, EOFError):
            self._listener.ended("The desktop has taken the key that works in every window away.")
        finally:
            if held:
                self._listener.released()
            self._bus.close()

    def _is_ours(self, message: Message) -> bool:
        of_a_key = message.header.fields.get(HeaderFields.interface) == _PORTAL.interface
        return of_a_key and tuple(message.body[:2]) == (self._session, _SHORTCUT)


def _token() -> str:
    return f"visavis_{secrets.token_hex(8)}"
