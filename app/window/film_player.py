"""A small player of what was given: the frames that the model saw, at the pace of their sound."""

from __future__ import annotations

import numpy as np
from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QImage, QPainter, QPaintEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QSizePolicy, QVBoxLayout, QWidget

from app.media import Video
from app.view_models.message import Attachment
from app.view_models.playhead import Playhead
from app.window.film_strip import FilmStrip
from app.window.pixels import paint_rounded, to_image
from app.window.theme import Theme
from app.window.voice_row import VoiceRow


class FilmPlayer(QWidget):
    """The picture of a film, or none for a sound, above one line to play it and to jump in it.

    Signals:
        watch: the attachment, and from which second on.
        silence: it is not to be heard any more.
    """

    watch = Signal(object, float)
    silence = Signal()

    def __init__(self, theme: Theme, attachment: Attachment, largest: QSize, strip: bool = True) -> None:
        super().__init__()
        self.attachment, self._largest = attachment, largest
        self.setMaximumWidth(largest.width())
        self._film = attachment.media if isinstance(attachment.media, Video) else None
        self._row = VoiceRow(theme, self.tr("Play %s") % attachment.path.name)
        levels = attachment.levels if attachment.levels is not None else np.zeros(0, np.float32)
        self._row.show_speech(levels, attachment.seconds)
        self._row.place_wanted.connect(self._play_from)
        self._row.silence.connect(self.silence)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(6)
        self._screen: Screen | None = None
        self._strip: FilmStrip | None = None
        if self._film is not None:
            self._screen = Screen(largest)
            self._screen.setAccessibleName(f"{attachment.path.name}, {attachment.detail}")
            self._show_frame(len(self._film.frames) // 3)
            column.addWidget(self._screen, 0, Qt.AlignmentFlag.AlignLeft)
        name = QLabel(self.fontMetrics().elidedText(attachment.path.name, Qt.TextElideMode.ElideMiddle, 260))
        name.setProperty("kind", "onBubble")
        name.setToolTip(attachment.path.name)
        row = QHBoxLayout()
        row.addWidget(name)
        column.addLayout(row)
        column.addWidget(self._row)
        if self._film is not None and strip:
            times = [index / self._film.fps for index in range(len(self._film.frames))]
            self._strip = FilmStrip(theme, self._film.frames, times)
            self._strip.frame_wanted.connect(self._play_from_frame)
            column.addWidget(self._strip)

    def set_room(self, width: int) -> None:
        """How wide it may be at most."""
        if self._screen is not None:
            self._screen.set_largest(QSize(min(width, self._largest.width()), self._largest.height()))

    def show_playhead(self, playhead: Playhead | None) -> None:
        """How far it has been played; None while it is not."""
        self._row.show_playhead(playhead)
        if playhead is not None and self._film is not None:
            index = min(len(self._film.frames) - 1, int(playhead.seconds * self._film.fps))
            self._show_frame(index)
            if self._strip is not None:
                self._strip.show_frame(index)

    def _show_frame(self, index: int) -> None:
        if self._screen is not None and self._film is not None:
            self._screen.show_frame(self._film.frames[index])

    def _play_from(self, share: float) -> None:
        self.watch.emit(self.attachment, share * self.attachment.seconds)

    def _play_from_frame(self, index: int) -> None:
        assert self._film is not None
        self._show_frame(index)
        self.watch.emit(self.attachment, index / self._film.fps)


class Screen(QWidget):
    """One picture, as large as fits, with round corners."""

    def __init__(self, largest: QSize) -> None:
        super().__init__()
        self._largest = largest
        self._source: np.ndarray | None = None
        self._image = QImage()
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)

    def set_largest(self, largest: QSize) -> None:
        """There is other room for it."""
        if largest != self._largest:
            self._largest = largest
            self._fit()

    def show_frame(self, pixels: np.ndarray) -> None:
        """Uint8 [H, W, 3]."""
        if pixels is self._source:
            return
        self._source, self._image = pixels, to_image(pixels)
        self._fit()
        self.update()

    def _fit(self) -> None:
        size = self._image.size().scaled(self._largest, Qt.AspectRatioMode.KeepAspectRatio)
        if size != self.size():
            self.setFixedSize(size)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Draw it."""
        painter = QPainter(self)
        paint_rounded(painter, self.rect(), self._image)
