"""The text of one message: Markdown or plain, selectable, exactly as high as its words; never fetches anything."""

from __future__ import annotations

from typing import Any

from PySide6.QtCore import QSize, Qt, QUrl
from PySide6.QtGui import (
    QColor,
    QDesktopServices,
    QFont,
    QFontDatabase,
    QResizeEvent,
    QTextBlock,
    QTextBlockFormat,
    QTextCharFormat,
    QTextCursor,
    QTextDocument,
    QTextOption,
    QWheelEvent,
)
from PySide6.QtWidgets import QFrame, QSizePolicy, QTextBrowser

from app.window.theme import Theme

_LINE_HEIGHT = 1.5  # of the letters' size
_INDENT = 24  # points of a list's items
_MARKDOWN = QTextDocument.MarkdownFeature.MarkdownDialectGitHub | QTextDocument.MarkdownFeature.MarkdownNoHTML


class MessageText(QTextBrowser):
    """Grows with its text; never scrolls by itself.

    Attributes:
        hugging: whether it is as narrow as its longest line, as in a bubble.
    """

    def __init__(self, theme: Theme, hugging: bool = False, largest_width: int = 560) -> None:
        super().__init__()
        self._theme, self.hugging, self._largest = theme, hugging, largest_width
        self._source, self._markdown = "", False
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setOpenLinks(False)
        self.anchorClicked.connect(_open_address)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setWordWrapMode(QTextOption.WrapMode.WrapAtWordBoundaryOrAnywhere)
        self.setTabChangesFocus(True)
        self.document().setDocumentMargin(0)
        self.document().setUndoRedoEnabled(False)
        self.document().setIndentWidth(_INDENT)
        self.viewport().setAutoFillBackground(False)
        theme.changed.connect(self._render)

    def show_text(self, text: str, markdown: bool) -> None:
        """Show another text; what is selected stays selected while a reply grows."""
        if text == self._source and markdown == self._markdown:
            return
        self._source, self._markdown = text, markdown
        self._render()

    def _render(self) -> None:
        cursor = self.textCursor()
        anchor, position = cursor.anchor(), cursor.position()
        document = self.document()
        if self._markdown:
            document.setMarkdown(self._source, _MARKDOWN)
        else:
            document.setPlainText(self._source)
        self._set_type()
        if anchor != position:
            end = document.characterCount() - 1
            cursor = QTextCursor(document)
            cursor.setPosition(min(anchor, end))
            cursor.setPosition(min(position, end), QTextCursor.MoveMode.KeepAnchor)
            self.setTextCursor(cursor)
        self._fit()

    def _set_type(self) -> None:
        """Line height and the space between blocks, which Markdown leaves at what was fine on paper."""
        document, tokens = self.document(), self._theme.tokens
        metrics = self.fontMetrics()
        distance = max(0.0, _LINE_HEIGHT * self.font().pixelSize() - metrics.lineSpacing())
        block = document.begin()
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


def _open_address(address: QUrl) -> None:
    if address.scheme() in ("http", "https"):
        QDesktopServices.openUrl(address)
