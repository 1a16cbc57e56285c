"""The text of one message: Markdown or plain, selectable, exactly as high as its words; never fetches anything."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import QPoint, QSize, Qt, QUrl, Signal
from PySide6.QtGui import (
    QColor,
    QDesktopServices,
    QFont,
    QFontDatabase,
    QKeyEvent,
    QMouseEvent,
    QResizeEvent,
    QTextBlock,
    QTextBlockFormat,
    QTextCharFormat,
    QTextCursor,
    QTextOption,
    QWheelEvent,
)
from PySide6.QtWidgets import QFrame, QSizePolicy, QTextBrowser, QTextEdit

from app.view_models.caption import word_before
from app.view_models.moments import moments
from app.window.markdown import GrowingMarkdown
from app.window.theme import Theme

_LINE_HEIGHT = 1.5  # of the letters' size
_MOMENT = "moment"  # the scheme of links to a time in a film or a sound
_INDENT = 24  # points of a list's items


class MessageText(QTextBrowser):
    """Grows with its text; never scrolls by itself.

    Attributes:
        hugging: whether it is as narrow as its longest line, as in a bubble.
        audible: whether a click on a sentence, or Enter at the caret, asks to hear it.

    Signals:
        sentence_wanted: the position of the letter that was clicked.
        time_wanted: the seconds that a link to a moment names.
    """

    sentence_wanted = Signal(int)
    time_wanted = Signal(float)

    def __init__(self, theme: Theme, hugging: bool = False, largest_width: int = 560) -> None:
        super().__init__()
        self._theme, self.hugging, self._largest = theme, hugging, largest_width
        self._source, self._is_markdown = "", False
        self._spoken: int | None = None
        self._longest_moment = 0.0
        self._pressed_at = QPoint()
        self.audible = False
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setOpenLinks(False)
        self.anchorClicked.connect(self._follow)
        self.setTextInteractionFlags(
            Qt.TextInteractionFlag.TextBrowserInteraction | Qt.TextInteractionFlag.TextSelectableByKeyboard
        )
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setWordWrapMode(QTextOption.WrapMode.WrapAtWordBoundaryOrAnywhere)
        self.setTabChangesFocus(True)
        self._markdown = GrowingMarkdown(self.document())
        self.document().setDocumentMargin(0)
        self.document().setUndoRedoEnabled(False)
        self.document().setIndentWidth(_INDENT)
        self.viewport().setAutoFillBackground(False)
        theme.changed.connect(self._render_anew)

    def show_text(self, text: str, markdown: bool) -> None:
        """Show another text; what is selected stays selected while a reply grows."""
        if text == self._source and markdown == self._is_markdown:
            return
        self._source, self._is_markdown = text, markdown
        self._render()

    def show_spoken(self, letters: int | None) -> None:
        """Tell the first `letters`, which have been spoken, from the rest, and the word at their end from both; None
        for a text that is not being spoken."""
        if letters != self._spoken:
            self._spoken = letters
            self._mark()

    def link_moments(self, longest: float) -> None:
        """Make links of the times that the text names, up to `longest` seconds; 0 for none."""
        if longest != self._longest_moment:
            self._longest_moment = longest
            self._render_anew()

    def _mark(self) -> None:
        """Only colours and a line, so nothing has to be laid out again."""
        marks: list[QTextEdit.ExtraSelection] = []
        if self._spoken is not None:
            text, tokens = self.toPlainText(), self._theme.tokens
            end = min(self._spoken, len(text))
            rest = QTextCharFormat()
            rest.setForeground(QColor(tokens.muted))
            word = QTextCharFormat()
            word.setForeground(QColor(tokens.on_tint))
            # Not for its looks alone: of two selections side by side without one, Qt draws the first only.
            word.setBackground(QColor(tokens.tint))
            word.setFontUnderline(True)
            if end < len(text):
                marks.append(self._selection(end, len(text), rest))
            if end:
                marks.append(self._selection(word_before(text, end), end, word))
        self.setExtraSelections(marks)

    def _selection(self, begin: int, end: int, look: QTextCharFormat) -> QTextEdit.ExtraSelection:
        selection = QTextEdit.ExtraSelection()
        cursor = QTextCursor(self.document())
        last = self.document().characterCount() - 1
        cursor.setPosition(min(begin, last))
        cursor.setPosition(min(end, last), QTextCursor.MoveMode.KeepAnchor)
        selection.cursor, selection.format = cursor, look
        return selection

    def _link(self, begin: int) -> None:
        """Of the moments from this position on."""
        for moment in moments(self.toPlainText(), self._longest_moment):
            if moment.begin < begin:
                continue
            link = QTextCharFormat()
            link.setAnchor(True)
            link.setAnchorHref(f"{_MOMENT}:{moment.seconds:g}")
            link.setForeground(QColor(self._theme.tokens.accent))
            link.setFontUnderline(True)
            cursor = QTextCursor(self.document())
            cursor.setPosition(moment.begin)
            cursor.setPosition(moment.end, QTextCursor.MoveMode.KeepAnchor)
            cursor.mergeCharFormat(link)

    def _follow(self, address: QUrl) -> None:
        if address.scheme() == _MOMENT:
            self.time_wanted.emit(float(address.path()))
        elif address.scheme() in ("http", "https"):
            QDesktopServices.openUrl(address)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        """A press that does not move is a click."""
        self._pressed_at = event.position().toPoint()
        super().mousePressEvent(event)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        """A click on a sentence wants to hear it; one that selects, or meets a link, does not."""
        super().mouseReleaseEvent(event)
        place = event.position().toPoint()
        still = (place - self._pressed_at).manhattanLength() < 4
        left = event.button() is Qt.MouseButton.LeftButton
        if self.audible and still and left and not self.anchorAt(place) and not self.textCursor().hasSelection():
            self.sentence_wanted.emit(self.cursorForPosition(place).position())

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Enter plays the sentence with the caret, unless a link is chosen."""
        enter = event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter)
        if enter and self.audible and not self.textCursor().charFormat().isAnchor():
            self.sentence_wanted.emit(self.textCursor().position())
            return
        super().keyPressEvent(event)

    def _render_anew(self) -> None:
        """All of it: it looks otherwise."""
        self._markdown.forget()
        self._render()

    def _render(self) -> None:
        cursor = self.textCursor()
        anchor, position = cursor.anchor(), cursor.position()
        document = self.document()
        if self._is_markdown:
            new = self._markdown.show(self._source)
        else:
            self._markdown.forget()
            document.setPlainText(self._source)
            new = document.begin()
        self._set_type(new.previous() if new.previous().isValid() else new)
        if self._longest_moment:
            self._link(new.position())
        if anchor != position:
            end = document.characterCount() - 1
            cursor = QTextCursor(document)
            cursor.setPosition(min(anchor, end))
            cursor.setPosition(min(position, end), QTextCursor.MoveMode.KeepAnchor)
            self.setTextCursor(cursor)
        self._mark()
        self._fit()

    def _set_type(self, block: QTextBlock) -> None:
        """From a block on: the height of lines and what is between blocks, which Markdown leaves as it was on paper."""
        document, tokens = self.document(), self._theme.tokens
        metrics = self.fontMetrics()
        distance = max(0.0, _LINE_HEIGHT * self.font().pixelSize() - metrics.lineSpacing())
        last = document.blockCount() - 1
        whole = QTextCursor(document)
        whole.beginEditBlock()  # one layout for all of it, instead of one after every block
        while block.isValid():
            cursor = QTextCursor(block)
            shape = QTextBlockFormat()
            shape.setLineHeight(distance, QTextBlockFormat.LineHeightTypes.LineDistanceHeight.value)
            code = block.blockFormat().hasProperty(QTextBlockFormat.Property.BlockCodeFence) or (
                block.blockFormat().nonBreakableLines()
            )
            shape.setTopMargin(0)
            between = 4 if _in_list(block) and _in_list(block.next()) else 10
            shape.setBottomMargin(0 if block.blockNumber() == last or code else between)
            if code:
                shape.setBackground(QColor(tokens.code))
                shape.setLeftMargin(10)
            cursor.mergeBlockFormat(shape)
            if code or block.blockFormat().headingLevel():
                self._set_font(cursor, code)
            block = block.next()
        whole.endEditBlock()

    @staticmethod
    def _set_font(cursor: QTextCursor, code: bool) -> None:
        letters = QTextCharFormat()
        if code:
            letters.setFontFamilies([QFontDatabase.systemFont(QFontDatabase.SystemFont.FixedFont).family()])
            letters.setProperty(QTextCharFormat.Property.FontPixelSize, 13)
        else:
            letters.setProperty(QTextCharFormat.Property.FontPixelSize, 18)
            letters.setFontWeight(QFont.Weight.DemiBold)
        cursor.movePosition(QTextCursor.MoveOperation.EndOfBlock, QTextCursor.MoveMode.KeepAnchor)
        cursor.mergeCharFormat(letters)

    def _fit(self) -> None:
        """Be as large as the text."""
        document = self.document()
        if self.hugging:
            document.setTextWidth(-1)
            width = min(self._largest, int(document.idealWidth()) + 2)
            self.setFixedWidth(max(8, width))
            document.setTextWidth(width)
        else:
            if document.textWidth() != max(1, self.width()):  # even the same one would lay out everything anew
                document.setTextWidth(max(1, self.width()))
        height = int(document.size().height() + 0.5)
        if height != self.height():
            self.setFixedHeight(max(1, height))

    def set_largest_width(self, width: int) -> None:
        """The room there is, where it hugs its text."""
        if width != self._largest:
            self._largest = width
            if self.hugging:
                self._fit()

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Another width makes another height."""
        super().resizeEvent(event)
        if event.size().width() != event.oldSize().width() and not self.hugging:
            self._fit()

    def minimumSizeHint(self) -> QSize:
        """As narrow as need be."""
        return QSize(40, 1)

    def wheelEvent(self, event: QWheelEvent) -> None:
        """The conversation scrolls, not its parts."""
        event.ignore()

    def loadResource(self, kind: int, name: QUrl | str) -> Any:
        """A reply must not make this program read a file or fetch an address."""
        return None


def _in_list(block: QTextBlock) -> bool:
    return block.isValid() and block.textList() is not None
