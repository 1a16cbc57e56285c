"""The way from every other thread into the GUI thread: one queue, in the order in which things happened."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QObject, Qt, Signal, Slot


class MainThread(QObject):
    """Runs functions on the GUI thread, in the order in which any thread posted them."""

    _posted = Signal(object)

    def __init__(self) -> None:
        super().__init__()
        self._closed = False
        self._posted.connect(self._run, Qt.ConnectionType.QueuedConnection)

    def post(self, function: Callable[[], None]) -> None:
        """Run it soon; returns at once."""
        self._posted.emit(function)

    def close(self) -> None:
        """Run nothing any more: what the functions would change is going away."""
        self._closed = True

    @Slot(object)
    def _run(self, function: Callable[[], None]) -> None:
        if not self._closed:
            function()
