"""One window for each person and profile: a second start raises the window of the first and ends.

A local socket that only this person may use; its name is made from the profile's folder, so that a throw-away profile
has a window of its own.
"""

from __future__ import annotations

import getpass
import hashlib
from pathlib import Path

from PySide6.QtCore import QObject, Signal
from PySide6.QtNetwork import QLocalServer, QLocalSocket

_PATIENCE = 1000  # milliseconds that the first program has to answer
_RAISE = b"raise\n"


class SingleInstance(QObject):
    """`wanted`: somebody has started the program again."""

    wanted = Signal()

    def __init__(self, folder: Path) -> None:
        super().__init__()
        place = f"{getpass.getuser()}:{folder.resolve()}"
        self._name = f"visavis-{hashlib.sha256(place.encode()).hexdigest()[:16]}"
        self._server = QLocalServer(self)
        self._server.setSocketOptions(QLocalServer.SocketOption.UserAccessOption)
        self._server.newConnection.connect(self._on_connection)

    def claim(self) -> bool:
        """Whether this program is the first; if not, the first one has been asked to show its window."""
        if self._ask():
            return False
        if not self._server.listen(self._name):
            QLocalServer.removeServer(self._name)  # left behind by a program that was killed
            self._server.listen(self._name)
        return True

    def close(self) -> None:
        """The next one is the first again."""
        self._server.close()

    def _ask(self) -> bool:
        socket = QLocalSocket()
        socket.connectToServer(self._name)
        if not socket.waitForConnected(_PATIENCE):
            return False
        socket.write(_RAISE)
        reached = socket.waitForBytesWritten(_PATIENCE)
        socket.disconnectFromServer()
        return reached

    def _on_connection(self) -> None:
        while (socket := self._server.nextPendingConnection()) is not None:
            socket.disconnected.connect(socket.deleteLater)
            self.wanted.emit()
