"""A recording in one line: play it or stop it, see how far it has come, jump to another place of it."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QLabel, QWidget

from app.view_models.message import clock
from app.view_models.playhead import Playhead
from app.window.controls import IconButton
from app.window.theme import Theme
from app.window.waveform import Waveform


class VoiceRow(QWidget):
    """Tells which place is wanted; shows what it is told.

    Signals:
        place_wanted: the share of the recording before the place that is to be heard, from 0 to 1.
        silence: it is not to be heard any more.
    """

    place_wanted = Signal(float)
    silence = Signal()

    def __init__(self, theme: Theme, label: str) -> None:
        super().__init__()
        self._label, self._seconds = label, 0.0
        self._playing = False
        self.play = IconButton(theme, "play", label, "small", 16)
        self.play.clicked.connect(self._on_button)
        self._waveform = Waveform(theme)
        self._waveform.place_wanted.connect(self.place_wanted)
        self._length = QLabel()
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(10)
        row.addWidget(self.play)
        row.addWidget(self._waveform, 1)
        row.addWidget(self._length)

    def show_speech(self, levels: np.ndarray, seconds: float) -> None:
        """Its waveform, one number from 0 to 1 per tenth of a second, and its length."""
        self._seconds = seconds
        self._waveform.show_levels(levels)
        self._show_length(seconds)
        self.setAccessibleName(self.tr("Spoken, %s") % clock(seconds))

    def show_playhead(self, playhead: Playhead | None) -> None:
        """How far it has been played; None while it is not."""
        self._playing = playhead is not None
        self.play.set_icon("stop" if self._playing else "play")
        self.play.set_label(self.tr("Stop") if self._playing else self._label)
        share = None if playhead is None or not playhead.total else playhead.seconds / playhead.total
        self._waveform.show_played(share)
        self._show_length(self._seconds if playhead is None else playhead.seconds)

    def _show_length(self, seconds: float) -> None:
        self._length.setText(clock(seconds))

    def _on_button(self) -> None:
        if self._playing:
            self.silence.emit()
        else:
            self.place_wanted.emit(0.0)
