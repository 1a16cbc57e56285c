"""Microphone, loudspeaker and camera: which ones, and whether they work."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtWidgets import QHBoxLayout, QLabel, QPushButton

from app.capture.camera import CameraInfo
from app.settings import Settings
from app.window.film_player import Screen
from app.window.messages import retell
from app.window.settings.page import SettingsPage, fill, fill_pairs
from app.window.theme import Theme
from app.window.waveform import LevelMeter

_PICTURE = QSize(290, 170)  # points at most


class DevicesPage(SettingsPage):
    """
    Signals:
        microphone_test_wanted: listen to the chosen microphone and show how loud it is, or stop that.
        camera_test_wanted: show what the chosen camera sees, or stop that.
        speaker_test_wanted: play a sound through the chosen loudspeaker.
    """

    microphone_test_wanted = Signal(bool)
    speaker_test_wanted = Signal()
    camera_test_wanted = Signal(bool)

    def __init__(self, theme: Theme, settings: Settings) -> None:
        super().__init__(theme, "")
        self.title = self.tr("Sound and camera")
        self.section(self.tr("Microphone"))
        default = self.tr("System default")
        self.microphone = self.device(self.tr("Microphone"), "microphone", default, settings.microphone)
        self.test_microphone = QPushButton(self.tr("Test"))
        self.test_microphone.setCheckable(True)
        self.test_microphone.setAccessibleName(self.tr("Test the microphone"))
        self.test_microphone.toggled.connect(self.microphone_test_wanted)
        self.meter = LevelMeter(theme)
        row = QHBoxLayout()
        row.addWidget(self.meter)
        row.addStretch(1)
        row.addWidget(self.test_microphone)
        self.column.addLayout(row)
        self.microphone_note = self.note(self.tr("Press Test and speak: the bars should rise."))
        self.section(self.tr("Loudspeaker"))
        self.speaker = self.device(self.tr("Loudspeaker"), "speaker", default, settings.speaker)
        self.test_speaker = self.button(self.tr("Play a test sound"))
        self.test_speaker.clicked.connect(self.speaker_test_wanted)
        self.section(self.tr("Camera"))
        first = self.tr("The first one")
        self.camera = self.device(self.tr("Camera"), "camera", first, settings.camera)
        self.test_camera = QPushButton(self.tr("Test"))
        self.test_camera.setCheckable(True)
        self.test_camera.setAccessibleName(self.tr("Test the camera"))
        self.test_camera.toggled.connect(self.camera_test_wanted)
        self.picture = Screen(_PICTURE)
        self.picture.setAccessibleName(self.tr("What the camera sees"))
        self.picture.hide()
        row = QHBoxLayout()
        self.camera_note = QLabel(self.tr("Press Test: you should see yourself."))
        self.camera_note.setProperty("kind", "muted")
        self.camera_note.setWordWrap(True)
        row.addWidget(self.camera_note, 1)
        row.addWidget(self.test_camera, 0, Qt.AlignmentFlag.AlignTop)
        self.column.addWidget(self.picture, 0, Qt.AlignmentFlag.AlignHCenter)
        self.column.addLayout(row)
        self.section(self.tr("In hands-free conversation"))
        self.interrupt = self.switch(self.tr("Let my voice interrupt"), "barge_in", settings.barge_in)
        self.note(self.tr("No headphones are needed. An “mhm” or a cough only makes it wait for a moment."))
        self.column.addStretch(1)

    def show_devices(self, inputs: tuple[str, ...], outputs: tuple[str, ...]) -> None:
        """What is plugged in; a chosen one that is not stays on the list."""
        default = self.tr("System default")
        fill(self.microphone, default, inputs, self.microphone.currentData())
        fill(self.speaker, default, outputs, self.speaker.currentData())

    def show_cameras(self, cameras: list[CameraInfo]) -> None:
        """What is plugged in."""
        fill_pairs(
            self.camera, self.tr("The first one"), [(it.name, it.device) for it in cameras], self.camera.currentData()
        )

    def show_camera(self, frame: np.ndarray) -> None:
        """What the camera sees while it is tested, uint8 [H, W, 3]."""
        if self.test_camera.isChecked():
            self.picture.show_frame(frame)
            self.picture.show()

    def show_camera_problem(self, problem: str) -> None:
        """Why there is nothing to see."""
        self.camera_note.setText(retell(problem))

    def end_camera_test(self) -> None:
        """Nobody looks through the camera any more."""
        self.test_camera.blockSignals(True)
        self.test_camera.setChecked(False)
        self.test_camera.blockSignals(False)
        self.picture.hide()

    def end_tests(self) -> None:
        """Nobody looks at this page any more."""
        self.test_microphone.setChecked(False)
        self.test_camera.setChecked(False)

    def show_level(self, level: float) -> None:
        """How loud the microphone is while it is tested, from 0 to 1."""
        self.meter.push(level)

    def show_problem(self, problem: str) -> None:
        """Why a test could not be made; the window's own message may be covered."""
        self.microphone_note.setText(retell(problem))

    def end_test(self) -> None:
        """The microphone is not listened to any more."""
        self.test_microphone.blockSignals(True)
        self.test_microphone.setChecked(False)
        self.test_microphone.blockSignals(False)
        self.meter.push(0.0)
