"""The program in the system's tray: there while its window is closed, one click away."""

from __future__ import annotations

from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QIcon
from PySide6.QtWidgets import QMenu, QSystemTrayIcon

from app.window.icons import application_icon


class Tray(QObject):
    """An icon with a menu.

    Signals:
        window_wanted, new_wanted, quit_wanted: what was chosen; a click on the icon wants the window.
    """

    window_wanted = Signal()
    new_wanted = Signal()
    quit_wanted = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.menu = QMenu()
        self.menu.addAction(self.tr("Open the window"), self.window_wanted.emit)
        self.menu.addAction(self.tr("New conversation"), self._begin_anew)
        self.menu.addSeparator()
        self.menu.addAction(self.tr("Quit"), self.quit_wanted.emit)
        self._icon = QSystemTrayIcon(QIcon(application_icon()))
        self._icon.setToolTip("Vis-à-vis")
        self._icon.setContextMenu(self.menu)
        self._icon.activated.connect(self._on_activated)

    def set_visible(self, visible: bool) -> None:
        """Show it, or take it away."""
        self._icon.setVisible(visible)

    @staticmethod
    def available() -> bool:
        """Whether this desktop has a tray."""
        return QSystemTrayIcon.isSystemTrayAvailable()

    def _on_activated(self, reason: QSystemTrayIcon.ActivationReason) -> None:
        if reason in (QSystemTrayIcon.ActivationReason.Trigger, QSystemTrayIcon.ActivationReason.DoubleClick):
            self.window_wanted.emit()

    def _begin_anew(self) -> None:
        self.window_wanted.emit()
        self.new_wanted.emit()
