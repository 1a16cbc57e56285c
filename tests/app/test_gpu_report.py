"""The page of a measured card: what it claims and what it never tells."""

from __future__ import annotations

import json
import platform
import time
from dataclasses import asdict
from pathlib import Path

from app.gpu_report import Report, answer, as_html, compare
from model import load


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


def test_what_there_is_no_time_for_is_cut_off_and_told(tiny_model: Path) -> None:
    engine = load(str(tiny_model), device="cpu", precision="fp32")
    options = {"seed": 0, "greedy": True, "max_text_tokens": 400, "max_speech_seconds": 1.0, "whole_utterance": True}
    cut = answer(engine, time.perf_counter(), **options)
    assert cut.done.interrupted and not cut.samples.size
    whole = answer(engine, time.perf_counter() + 100, **options | {"max_text_tokens": 4, "max_speech_seconds": 0.4})
    assert not whole.done.interrupted and whole.samples.size
    made = report(True)
    compare(whole, whole, made)
    assert made.same_tokens and made.same_codes and made.wave_snr_db == 200 and not made.left_out
    assert "to the last bit" in as_html(made)
    made = Report("Card 9000", True, "2.13", "12.8", "nano", "bf16")
    compare(whole, cut, made)
    page = as_html(made)
    assert made.wave_snr_db is None and len(made.left_out) == 1 and f"Left out: {made.left_out[0]}" in page
    assert "not compared" in page and "first sound: not measured" in page
