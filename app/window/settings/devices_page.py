"""Microphone and loudspeaker: which ones, and whether they work."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QPushButton

from app.settings import Settings
from app.window.messages import retell
from app.window.settings.page import SettingsPage, fill
from app.window.theme import Theme
from app.window.waveform import LevelMeter


class DevicesPage(SettingsPage):
    """
    Signals:
        microphone_test_wanted: listen to the chosen microphone and show how loud it is, or stop that.
        speaker_test_wanted: play a sound through the chosen loudspeaker.
    """

    microphone_test_wanted = Signal(bool)
    speaker_test_wanted = Signal()

    def __init__(self, theme: Theme, settings: Settings) -> None:
        super().__init__(theme, "")
        self.title = self.tr("Sound")
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
        self.section(self.tr("In hands-free conversation"))
        self.interrupt = self.switch(
            self.tr("Let my voice interrupt"), "interrupt_by_voice", settings.interrupt_by_voice
        )
        self.note(self.tr("Use headphones, or it will hear itself."))
        self.column.addStretch(1)

    def show_devices(self, inputs: tuple[str, ...], outputs: tuple[str, ...]) -> None:
        """What is plugged in; a chosen one that is not stays on the list."""
        default = self.tr("System default")
        fill(self.microphone, default, inputs, self.microphone.currentData())
        fill(self.speaker, default, outputs, self.speaker.currentData())

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
