"""The first run: is the sound right, and what can this machine do? Every step can be passed over."""

from __future__ import annotations

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QCloseEvent
from PySide6.QtWidgets import QDialog, QHBoxLayout, QLabel, QPushButton, QStackedWidget, QVBoxLayout, QWidget

from app.settings import Settings
from app.window.machine_view import MachineView
from app.window.orb import Orb
from app.window.settings.devices_page import DevicesPage
from app.window.theme import Theme

_SIZE = (560, 740)


class Wizard(QDialog):
    """A few pages over the window, shown once.

    Signals:
        devices_wanted, machine_wanted: look at them, and show what was found.
        done: it has been seen, however it ended.
    """

    devices_wanted = Signal()
    machine_wanted = Signal()
    done_with = Signal()

    def __init__(self, theme: Theme, settings: Settings, parent: QWidget) -> None:
        super().__init__(parent)
        self.setWindowTitle(self.tr("Welcome to Vis-à-vis"))
        self.setModal(True)
        self.resize(*_SIZE)
        self.setObjectName("wizard")
        self.devices = DevicesPage(theme, settings)
        self.machine = MachineView(theme)
        self._steps = QStackedWidget()
        self._step(self._hello(theme))
        self._step(self._titled(self.tr("Can we hear and see each other?"), self.devices, margins=False))
        self._step(self._titled(self.tr("What this machine can run"), self.machine))
        self.back = QPushButton(self.tr("Back"))
        self.skip = QPushButton(self.tr("Skip"))
        self.skip.setProperty("kind", "link")
        self.next = QPushButton()
        self.next.setProperty("kind", "primary")
        self.next.setDefault(True)
        self.back.clicked.connect(lambda: self.show_step(self._steps.currentIndex() - 1))
        self.next.clicked.connect(lambda: self.show_step(self._steps.currentIndex() + 1))
        self.skip.clicked.connect(self.reject)
        self.finished.connect(self._end)
        buttons = QHBoxLayout()
        buttons.setContentsMargins(25, 12, 32, 18)  # in line with the pages; a link has 7 of its own
        buttons.setSpacing(10)
        buttons.addWidget(self.skip)
        buttons.addStretch(1)
        buttons.addWidget(self.back)
        buttons.addWidget(self.next)
        rows = QVBoxLayout(self)
        rows.setContentsMargins(0, 0, 0, 0)
        rows.setSpacing(0)
        rows.addWidget(self._steps, 1)
        rows.addLayout(buttons)
        self.show_step(0)

    @property
    def step(self) -> int:
        """Which page is shown, from 0."""
        return self._steps.currentIndex()

    def show_step(self, step: int) -> None:
        """Another page; behind the last one it is over."""
        if step == self._steps.count():
            self.accept()
            return
        self._steps.setCurrentIndex(step)
        self.devices.end_tests()
        if step == 1:
            self.devices_wanted.emit()
        elif step == 2:
            self.machine_wanted.emit()
        last = step == self._steps.count() - 1
        self.back.setVisible(step > 0)
        self.skip.setVisible(not last)
        self.next.setText(self.tr("Begin to talk") if last else self.tr("Next"))
        self.next.setFocus()

    def closeEvent(self, event: QCloseEvent) -> None:
        """To close it is to have seen it."""
        self.reject()
        super().closeEvent(event)

    def _end(self) -> None:
        self.devices.end_tests()
        self.done_with.emit()

    def _step(self, page: QWidget) -> None:
        page.setObjectName("page")
        self._steps.addWidget(page)

    def _hello(self, theme: Theme) -> QWidget:
        center = Qt.AlignmentFlag.AlignHCenter
        heading = QLabel(self.tr("Face to face"))
        heading.setProperty("kind", "heading")
        words = QLabel(
            self.tr(
                "Talk to a model that hears and sees you and answers aloud. It runs on this computer: nothing you say"
                " or show leaves it, and nobody counts what you do."
            )
        )
        words.setProperty("kind", "subheading")
        words.setWordWrap(True)
        words.setAlignment(center)
        more = QLabel(self.tr("Two short checks, and you can begin. All of this can be changed later in the settings."))
        more.setProperty("kind", "muted")
        more.setWordWrap(True)
        more.setAlignment(center)
        page = QWidget()
        rows = QVBoxLayout(page)
        rows.setContentsMargins(48, 32, 48, 24)
        rows.setSpacing(14)
        rows.addStretch(2)
        rows.addWidget(Orb(theme, 148), 0, center)
        rows.addWidget(heading, 0, center)
        rows.addWidget(words)
        rows.addWidget(more)
        rows.addStretch(3)
        return page

    def _titled(self, title: str, content: QWidget, margins: bool = True) -> QWidget:
        heading = QLabel(title)
        heading.setProperty("kind", "heading")
        heading.setWordWrap(True)
        page = QWidget()
        rows = QVBoxLayout(page)
        side = 32 if margins else 10
        rows.setContentsMargins(side, 28, side, 0)
        rows.setSpacing(16)
        head = QHBoxLayout()
        head.setContentsMargins(0 if margins else 22, 0, 0, 0)
        head.addWidget(heading)
        rows.addLayout(head)
        rows.addWidget(content, 1)
        return page
