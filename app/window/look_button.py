"""The button that opens the eyes: a menu of the cameras, screens and windows there are, and of closing them again."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QMenu, QToolButton

from app.capture.camera import CameraInfo
from app.capture.windows import WindowInfo
from app.view_models.conversation import Change, ConversationViewModel, What
from app.window.controls import IconButton
from app.window.screen_source import screen_names
from app.window.theme import Theme


class LookButton(IconButton):
    """Tells what is to be looked at.

    Signals:
        wanted: "camera", "screen", "window" or "" for nothing, and which one.
        cameras_wanted: the menu opens; somebody may look which cameras there are, and call `show_sources`.
    """

    wanted = Signal(str, str)
    cameras_wanted = Signal()

    def __init__(self, theme: Theme, shown: ConversationViewModel) -> None:
        super().__init__(theme, "camera", "", "round")
        self.set_label(self.tr("Let it see: a camera, a screen or a window (Ctrl+E)"))
        self._shown = shown
        self._cameras: list[CameraInfo] | None = None
        self._windows: list[WindowInfo] = []
        self.setCheckable(True)
        self.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self._menu = QMenu(self)
        self._menu.setAccessibleName(self.tr("What it may see"))
        self._menu.aboutToShow.connect(self._open)
        self.setMenu(self._menu)
        shown.subscribe(self._on_change)
        self._show_looking()
        self._fill()

    @property
    def choices(self) -> list[QAction]:
        """What can be chosen now."""
        return [action for action in self._menu.actions() if action.isEnabled() and not action.isSeparator()]

    def show_sources(self, cameras: list[CameraInfo], windows: list[WindowInfo]) -> None:
        """The cameras there are, and the windows of other programs."""
        self._cameras, self._windows = cameras, windows
        self._fill()

    def _open(self) -> None:
        self._fill()
        self.cameras_wanted.emit()

    def _fill(self) -> None:
        self._menu.clear()
        if self._cameras is None:
            self._menu.addAction(self.tr("Looking for cameras…")).setEnabled(False)
        elif not self._cameras:
            self._menu.addAction(self.tr("No camera is connected")).setEnabled(False)
        for camera in self._cameras or []:
            self._add(self.tr("Camera: %s") % camera.name, "camera", camera.device)
        self._menu.addSeparator()
        for name in screen_names():
            self._add(self.tr("Screen: %s") % (name or "1"), "screen", name)
        for window in self._windows:
            self._add(self.tr("Window: %s") % window.title, "window", str(window.number))
        if self._shown.looking.kind:
            self._menu.addSeparator()
            self._menu.addAction(self.tr("See nothing")).triggered.connect(lambda: self.wanted.emit("", ""))

    def _add(self, words: str, kind: str, device: str) -> None:
        action = self._menu.addAction(words)
        action.setCheckable(True)
        looking = self._shown.looking
        action.setChecked((looking.kind, looking.device) == (kind, device))
        action.triggered.connect(lambda: self.wanted.emit(kind, device))

    def _on_change(self, change: Change) -> None:
        if change.what is What.LOOKING:
            self._show_looking()

    def _show_looking(self) -> None:
        self.setChecked(bool(self._shown.looking.kind))
        self.set_icon("screen" if self._shown.looking.kind in ("screen", "window") else "camera")
