"""Above the input while there is somebody to face: the face, and what the camera or the screen shows."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt
from PySide6.QtWidgets import QHBoxLayout, QSizePolicy, QWidget

from app.view_models.conversation import Change, ConversationViewModel, What
from app.window.face import Face
from app.window.film_player import Screen
from app.window.theme import Theme

_PREVIEW = QSize(176, 104)  # points at most


class Stage(QWidget):
    """Shown during a hands-free call and while something is looked at.

    Attributes:
        wanted: whether there is to be a face at all.
        face: the face.
        preview: the newest frame.
    """

    def __init__(self, theme: Theme, shown: ConversationViewModel) -> None:
        super().__init__()
        self._shown = shown
        self.wanted = True
        self.face = Face(theme)
        self.preview = Screen(_PREVIEW)
        row = QHBoxLayout(self)
        row.setContentsMargins(10, 4, 10, 0)
        row.setSpacing(16)
        row.addStretch(1)
        row.addWidget(self.face, 0, Qt.AlignmentFlag.AlignBottom)
        row.addWidget(self.preview, 0, Qt.AlignmentFlag.AlignBottom)
        row.addStretch(1)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        shown.subscribe(self._on_change)
        self._show()

    def want_face(self, wanted: bool) -> None:
        """Whether there is to be a face at all."""
        self.wanted = wanted
        self._show()

    def _on_change(self, change: Change) -> None:
        match change.what:
            case What.PHASE:
                self.face.show_phase(self._shown.phase)
            case What.PLAYHEAD if self._shown.playhead is None:
                self.face.show_loudness(0.0)
            case What.VIEW:
                self._show_view()
            case What.HANDS_FREE | What.LOOKING:
                self._show()

    def _show(self) -> None:
        looking = self._shown.looking
        self.face.show_seeing(bool(looking.kind) and not looking.opening)
        self.face.setVisible(self.wanted and (self._shown.hands_free or bool(looking.kind)))
        self._show_view()
        self.setVisible(not self.face.isHidden() or not self.preview.isHidden())

    def _show_view(self) -> None:
        view = self._shown.view
        self.preview.setVisible(view is not None)
        if view is not None:
            self.preview.show_frame(view)
            camera = self._shown.looking.kind == "camera"
            self.preview.setAccessibleName(self.tr("What the camera sees") if camera else self.tr("What is shared"))
