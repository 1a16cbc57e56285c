"""What this machine can run, in a few lines that anybody understands."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QGridLayout, QLabel, QVBoxLayout, QWidget

from app.machine import MachineReport
from app.window.icons import pixmap
from app.window.theme import Theme

_GIB = 1 << 30
_MODELS = ("Model nano", "Model 3b", "Model 7b")
_ROWS = (*_MODELS, "Processor", "Memory", "Graphics card", "Microphone", "Loudspeaker", "Camera", "Disk")


class MachineView(QWidget):
    """Says that it is looking until `show_report` is called."""

    def __init__(self, theme: Theme) -> None:
        super().__init__()
        self._theme = theme
        self._verdict = QLabel(self.tr("Looking at this machine…"))
        self._verdict.setWordWrap(True)
        self._verdict.setProperty("kind", "strong")
        self._grid = QGridLayout()
        self._grid.setHorizontalSpacing(12)
        self._grid.setVerticalSpacing(10)
        self._grid.setColumnStretch(2, 1)
        self._marks: list[tuple[QLabel, str]] = []
        rows = QVBoxLayout(self)
        rows.setContentsMargins(0, 0, 0, 0)
        rows.setSpacing(14)
        rows.addWidget(self._verdict)
        rows.addLayout(self._grid)
        rows.addStretch(1)
        theme.changed.connect(self._tint)

    def show_report(self, report: MachineReport | None) -> None:
        """What was found; None where nothing could be."""
        while (item := self._grid.takeAt(0)) is not None:
            if (widget := item.widget()) is not None:
                widget.deleteLater()
        self._marks = []
        if report is None:
            self._verdict.setText(self.tr("This machine could not be looked at. Try the command doctor in a terminal."))
            return
        self._verdict.setText(
            self.tr("Everything that is needed is here: nano runs on this machine.")
            if report.usable
            else self.tr("Something is missing: answers cannot be made here yet.")
        )
        for row, name in enumerate(name for name in _ROWS if name in report.verdicts):
            verdict = report.verdicts[name]
            mark = QLabel()
            mark.setAccessibleName(self.tr("good") if verdict == "ok" else self.tr("missing"))
            self._marks.append((mark, verdict))
            title, words = QLabel(self._title(name)), QLabel(self._words(name, verdict, report.facts.get(name, {})))
            title.setProperty("kind", "muted")
            title.setContentsMargins(0, 2, 0, 0)  # smaller letters on the same line as the larger ones
            words.setWordWrap(True)
            self._grid.addWidget(mark, row, 0, Qt.AlignmentFlag.AlignTop)
            self._grid.addWidget(title, row, 1, Qt.AlignmentFlag.AlignTop)
            self._grid.addWidget(words, row, 2, Qt.AlignmentFlag.AlignTop)
        self._tint()

    def _title(self, name: str) -> str:
        return {
            "Model nano": self.tr("Model nano"),
            "Model 3b": self.tr("Model 3b"),
            "Model 7b": self.tr("Model 7b"),
            "Processor": self.tr("Processor"),
            "Memory": self.tr("Memory"),
            "Graphics card": self.tr("Graphics card"),
            "Microphone": self.tr("Microphone"),
            "Loudspeaker": self.tr("Loudspeaker"),
            "Camera": self.tr("Camera"),
            "Disk": self.tr("Disk"),
        }[name]

    def _words(self, name: str, verdict: str, facts: dict[str, Any]) -> str:
        there = verdict == "ok"
        match name:
            case "Model nano":
                if not facts:
                    return self.tr("it is missing or damaged; set the program up again")
                enough = self.tr("it needs at most {needed} GB of memory")
                short = self.tr("it needs {needed} GB of memory, which are not free; close other programs")
                return (enough if there else short).format(needed=f"{facts['needed_gib']:.1f}")
            case "Model 3b" | "Model 7b":
                return self._model(facts, there)
            case "Processor":
                return self.tr("%n core(s) can be used", "", int(facts["usable"]))
            case "Memory":
                free, total = facts["available"] / _GIB, facts["total"] / _GIB
                return self.tr("{free} of {total} GB are free").format(free=f"{free:.1f}", total=f"{total:.1f}")
            case "Graphics card":
                none = self.tr("none that can be used; nano runs well without")
                return ", ".join(facts["names"]) if there else none
            case "Microphone":
                none = self.tr("none; connect one, or type your questions")
                return _some(facts["names"]) if facts.get("names") else none
            case "Loudspeaker":
                none = self.tr("none; connect one, or read the answers")
                return _some(facts["names"]) if facts.get("names") else none
            case "Camera":
                none = self.tr("none; drop pictures and videos instead")
                return _some(facts.get("devices", [])) or self.tr("looked for when you switch it on") if there else none
            case _:
                return self.tr("{free} GB are free").format(free=f"{facts['free'] / _GIB:.0f}")

    def _model(self, facts: dict[str, Any], there: bool) -> str:
        """One that is installed or could be downloaded; the page of the models does it."""
        fit = facts["fit"]
        needed, free = f"{fit['needed'] / _GIB:.1f}", f"{fit['free'] / _GIB:.1f}"
        if not fit["fits"]:
            return self.tr("too large: it needs {needed} GB, {free} are free").format(needed=needed, free=free)
        if not there:
            return self.tr("it would run, but the disk has no room for it")
        if facts["installed"]:
            return self.tr("installed; it runs in {precision}").format(precision=fit["precision"])
        words = self.tr("it would run in {precision}, with {needed} GB of {free}; to be downloaded in the settings")
        return words.format(precision=fit["precision"], needed=needed, free=free)

    def _tint(self) -> None:
        t = self._theme.tokens
        for mark, verdict in self._marks:
            name, color = ("check", t.accent) if verdict == "ok" else ("info", t.muted)
            if verdict == "fatal":
                name, color = "warning", t.error
            mark.setPixmap(pixmap(name, color, 20, self.devicePixelRatioF()))


def _some(names: list[str]) -> str:
    return ", ".join(names[:2]) + (" …" if len(names) > 2 else "")
