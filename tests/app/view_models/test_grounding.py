"""Boxes and points out of an answer, whatever surrounds them, and nothing out of what is none."""

from __future__ import annotations

import pytest

from app.view_models.grounding import Mark, marks, without_marks


def test_qwen_list_in_a_code_block() -> None:
    cat, nose = '{"bbox_2d": [10, 20, 110, 220], "label": "cat"}', '{"point_2d": [5, 6], "label": "nose"}'
    text = f"Here:\n```json\n[\n{cat},\n{nose}]\n```"
    assert marks(text) == [Mark("cat", (10, 20, 110, 220)), Mark("nose", (5, 6))]
    assert [mark.is_point for mark in marks(text)] == [False, True]


def test_object_alone_and_corners_in_the_wrong_order() -> None:
    assert marks('It is {"bbox_2d": [110, 220, 10, 20]} I think.') == [Mark("", (10, 20, 110, 220))]


def test_label_that_is_no_text_and_boxes_further_inside() -> None:
    assert marks('{"found": [{"bbox_2d": [1, 2, 3, 4], "label": 7}]}') == [Mark("7", (1, 2, 3, 4))]


@pytest.mark.parametrize(
    "text",
    [
        "no box at all",
        '[{"bbox_2d": [1, 2, 3',  # still being written
        '{"bbox_2d": [1, 2, 3]}',
        '{"bbox_2d": ["a", 2, 3, 4]}',
        '{"bbox_2d": [NaN, 2, 3, 4]}',
        '{"bbox_2d": {"x": 1}}',
        "[" * 5000 + '"bbox_2d"',
    ],
)
def test_what_is_no_box(text: str) -> None:
    assert marks(text) == []


def test_a_complete_box_shows_while_the_next_is_written() -> None:
    assert len(marks('[{"bbox_2d": [1, 2, 3, 4], "label": "a"}, {"bbox_2d": [5, 6')) == 1


def test_scaled() -> None:
    assert Mark("a", (10, 20, 30, 40)).scaled(0.5, 2.0) == Mark("a", (5, 40, 15, 80))
    assert Mark("a", (10, 20)).scaled(0.5, 2.0) == Mark("a", (5, 40))


def test_words_are_left_without_the_marks() -> None:
    box = '[{"bbox_2d": [1, 2, 3, 4], "label": "cat"}]'
    assert without_marks(f"A cat:\n\n```json\n{box}\n```") == "A cat:"
    assert without_marks(f"A cat {box} and more [1, 2].") == "A cat  and more [1, 2]."
    other = 'no marks: {"a": 1} and [broken'
    assert without_marks(other) == other
