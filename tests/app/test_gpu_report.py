"""The page of a measured card: what it claims and what it never tells."""

from __future__ import annotations

import json
import platform
from dataclasses import asdict

from app.gpu_report import Report, as_html


def report(card: bool) -> Report:
    made = Report("Card 9000", card, "2.13", "12.8", "nano", "bf16", True, True, 80.0, 9.2, 8.8)
    made.first_sound, made.talker_steps = [0.5, 0.4, 0.6], [60.0, 61.0, 62.0]
    return made


def test_a_page_says_whether_a_card_was_measured() -> None:
    assert "Measured on a graphics card" in as_html(report(True))
    without = as_html(report(False))
    assert "No graphics card was measured" in without and "nothing about any card" in without


def test_a_page_has_its_pictures_inside_and_nothing_private() -> None:
    page = as_html(report(True))
    assert page.count("<svg") == 4 and "0.50" in page and "61.00" in page
    assert "http" not in page and "<script" not in page
    assert platform.node() not in page + json.dumps(asdict(report(True)))
