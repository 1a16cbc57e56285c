"""Markdown that grows looks at every moment as if it had been rendered at once."""

from __future__ import annotations

import pytest
from PySide6.QtGui import QTextDocument
from PySide6.QtWidgets import QApplication

from app.window.markdown import _FEATURES, GrowingMarkdown, settled
from tests.app.scripted_engine import LECTURE

TEXTS = {
    "lecture": LECTURE * 2,
    "loose list": "Words:\n\n1. one\n\n2. two\n\n   of two\n\n10. ten\n\n- another\n\nAfter it.\n\nAnd *on*.\n",
    "code": "Before.\n\n```\na = 1\n\nb = 2\n```\n\nBetween.\n\n~~~py\n```\n\nin ~~~\n~~~\n\n"
    "after\n\n    indented\n\n    ```\n\nend.",
    "fence in a list": "- item\n\n  ```\n  x\n\n  y\n  ```\n\nText.\n\nMore.\n",
    "quotes and rules": "> said\n\n> again\n\n---\n\nText\n===\n\nTwo\n---\n\n***\n\n**bold** start\n\n### three",
    "tables": "| a | b |\n|---|---|\n| 1 | 2 |\n\n| c |\n|---|\n| 3 |\n\nText.\n\n|d|\n|-|\n|4|\n",
    "definitions": "See [it] and [that][2].\n\nMore.\n\n[it]: https://a.example\n\nText.\n\n[2]: https://b.example\n",
    "chinese": "## 标题\n\n第一段，**重点**。\n\n第二段。\n\n- 甲\n- 乙\n\n第三段。",
    "plain": "One.\n\n\n\nTwo,\nand on.\n \n1986. Year\n\nThree.\n\n2\n\nfour",
}


def looks(document: QTextDocument) -> tuple[str, list[dict[int, str]]]:
    """All that is seen of it, and of its blocks what HTML does not say; the numbers of list objects say nothing."""
    shapes, block = [], document.begin()
    while block.isValid():
        shapes.append({key: str(value) for key, value in block.blockFormat().properties().items() if key})
        block = block.next()
    return document.toHtml(), shapes


@pytest.mark.parametrize("name", TEXTS)
def test_growing_text_looks_as_if_rendered_at_once(qapp: QApplication, name: str) -> None:
    text = TEXTS[name]
    grown, once = QTextDocument(), QTextDocument()
    markdown = GrowingMarkdown(grown)
    for end in [*range(1, len(text), 1 if len(text) < 300 else 5), len(text)]:
        markdown.show(text[:end])
        if not text[:end].splitlines()[-1].strip("# "):
            continue  # a heading without a word yet is not shown
        once.setMarkdown(text[:end], _FEATURES)
        assert looks(grown) == looks(once), text[:end]


def test_only_the_end_is_rendered_again(qapp: QApplication) -> None:
    text = LECTURE * 6
    markdown = GrowingMarkdown(QTextDocument())
    markdown.show(text + "and")
    new, blocks = markdown.show(text + "and on"), 0
    while new.isValid():
        new, blocks = new.next(), blocks + 1
    assert blocks == 1


def test_another_text_leaves_nothing_of_the_first(qapp: QApplication) -> None:
    document = QTextDocument()
    markdown = GrowingMarkdown(document)
    markdown.show("One.\n\nTwo.\n\nThree.")
    markdown.show("Other.\n\nTwo.\n\nThree.")
    assert document.toPlainText() == "Other.\nTwo.\nThree."


def test_what_a_list_may_go_on_with_is_not_settled() -> None:
    assert settled("a\n\nb") == 3
    for text in ("- a\n\n", "- a\n\n-", "- a\n\n  b", "1. a\n\n1", "a\n\n```\n\nb", "a\n\nb\n\n[a]: c"):
        assert settled(text) in (0, 3 if text.startswith("a\n\n`") else 0), text
