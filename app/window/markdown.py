"""Markdown in a document that grows: what cannot look otherwise any more is not rendered again."""

from __future__ import annotations

import re

from PySide6.QtGui import (
    QTextBlock,
    QTextBlockFormat,
    QTextCharFormat,
    QTextCursor,
    QTextDocument,
    QTextDocumentFragment,
)

_FEATURES = QTextDocument.MarkdownFeature.MarkdownDialectGitHub | QTextDocument.MarkdownFeature.MarkdownNoHTML
_FENCE = re.compile(r"(\s*)(`{3,}|~{3,})(.*)")
# A line that may go on with what is before a blank line, as in a list, or begin what cannot be joined: table, ruler.
_UNFIT = re.compile(r"[\s\d|+_-]|\*(?!\*[^\s*])")
_DEFINITION = re.compile(r"^ {0,3}\[[^\]\n]+\]:", re.MULTILINE)  # changes what stands far in front of it


def settled(text: str, begin: int = 0) -> int:
    """How many letters of a text mean the same whatever comes behind them; `begin` of them are known to."""
    if _DEFINITION.search(text):
        return 0
    found, place = begin, begin
    fence: re.Match[str] | None = None
    after_blank = False
    for line in text[begin:].splitlines(keepends=True):
        mark = _FENCE.match(line)
        if fence is None:
            if after_blank and not _UNFIT.match(line):
                found = place
            fence = mark
        elif mark is not None and _closes(mark, fence):
            fence = None
        after_blank = not line.strip()
        place += len(line)
    return found


def _closes(mark: re.Match[str], fence: re.Match[str]) -> bool:
    """Whether this line ends the code that began with that one."""
    deep = len(mark[1]) > len(fence[1]) + 3
    return not deep and mark[2].startswith(fence[2]) and not mark[3].strip()


class GrowingMarkdown:
    """Renders into a document that nobody else writes to but through formats."""

    def __init__(self, document: QTextDocument) -> None:
        self._document = document
        self._text = ""
        self._kept = 0  # letters of the text that are not rendered again
        self._kept_end = 0  # position in the document behind them

    def forget(self) -> None:
        """Somebody else has written to the document."""
        self._text, self._kept, self._kept_end = "", 0, 0

    def show(self, text: str) -> QTextBlock:
        """Show a text; returns the first block that is new."""
        grown = bool(self._kept) and text.startswith(self._text[: self._kept]) and not _DEFINITION.search(text)
        block = self._grow(text) if grown else None
        self._text = text
        return block or self._begin(text)

    def _begin(self, text: str) -> QTextBlock:
        self.forget()
        kept = settled(text)
        self._document.setMarkdown(text[:kept] or text, _FEATURES)
        if kept:
            self._keep(kept)
            if not self._add(text[kept:]):
                self.forget()
                self._document.setMarkdown(text, _FEATURES)
        self._text = text
        return self._document.begin()

    def _grow(self, text: str) -> QTextBlock | None:
        """None where the new part cannot be joined."""
        document = self._document
        cursor = QTextCursor(document)
        cursor.beginEditBlock()
        cursor.setPosition(self._kept_end)
        shape = cursor.blockFormat()
        cursor.movePosition(QTextCursor.MoveOperation.End, QTextCursor.MoveMode.KeepAnchor)
        cursor.removeSelectedText()
        cursor.setBlockFormat(shape)  # of an empty block, as one behind a table, Qt has taken the next one's
        before = document.lastBlock().blockNumber()
        more = settled(text, self._kept)
        joined = True
        if more > self._kept:
            joined = self._add(text[self._kept : more])
            self._keep(more)
        joined = joined and self._add(text[more:])
        cursor.endEditBlock()
        return document.findBlockByNumber(min(before + 1, document.blockCount() - 1)) if joined else None

    def _keep(self, letters: int) -> None:
        self._kept, self._kept_end = letters, self._document.characterCount() - 1

    def _add(self, text: str) -> bool:
        """Whether it could be joined to what is there: not what begins with a list, a table or a ruler."""
        part = QTextDocument()
        part.setDefaultFont(self._document.defaultFont())
        part.setMarkdown(text, _FEATURES)
        first = part.begin()
        if part.isEmpty():  # a fence before its first line, say
            return True
        if not first.text() or first.textList() is not None:
            return False
        cursor = QTextCursor(self._document)
        cursor.movePosition(QTextCursor.MoveOperation.End)
        cursor.insertBlock(QTextBlockFormat(), QTextCharFormat())
        number = cursor.blockNumber()
        cursor.insertFragment(QTextDocumentFragment(part))
        # A fragment's first block takes the format of the block that it comes into.
        QTextCursor(self._document.findBlockByNumber(number)).setBlockFormat(first.blockFormat())
        return True
