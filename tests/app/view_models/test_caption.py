"""Where the voice is in a text: shares that fit, never backwards, whole words; sentences of several languages."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from app.view_models.caption import Caption, rate_of, sentence_at, sentences, share_before, word_before
from app.view_models.envelope import STEP, Envelope
from app.view_models.latency import Latency
from app.view_models.moments import moments
from app.view_models.playhead import Playhead

TEXT = "The sky is blue. Why? Because 3.5 waves, short ones, scatter more.\nThat is all"


def at(seconds: float, total: float = 10.0, complete: bool = True) -> Playhead:
    return Playhead(None, seconds, total, complete)


def test_sentences() -> None:
    found = [TEXT[a:b] for a, b in sentences(TEXT)]
    assert found == ["The sky is blue.", "Why?", "Because 3.5 waves, short ones, scatter more.", "That is all"]
    assert [s for a, b in sentences("天空是蓝色的。为什么？") if (s := "天空是蓝色的。为什么？"[a:b])] == [
        "天空是蓝色的。",
        "为什么？",
    ]
    assert sentences("  \n ") == []


def test_click_between_two_sentences_means_the_one_before() -> None:
    assert sentence_at(TEXT, 16) == (0, 16)
    assert sentence_at(TEXT, 17) == (17, 21)
    assert sentence_at("", 0) is None


def test_caption_begins_with_nothing_and_ends_with_everything() -> None:
    caption = Caption()
    assert caption.spoken(TEXT, at(0.0)) == 0
    assert caption.spoken(TEXT, at(10.0)) == len(TEXT)


def test_caption_shows_whole_words_and_goes_forward() -> None:
    caption, last = Caption(), 0
    for tenth in range(101):
        spoken = caption.spoken(TEXT, at(tenth / 10))
        assert spoken >= last
        assert spoken in (0, len(TEXT)) or not (TEXT[spoken - 1].isalnum() and TEXT[spoken].isalnum())
        last = spoken


def test_caption_of_a_growing_text_keeps_the_pace_of_the_voice() -> None:
    caption = Caption()
    assert caption.spoken("one two three four five six", at(1.0, 9.0, complete=False), rate=6.5) == len("one two")
    # The answer is complete, and it turns out that the share is smaller: nothing is taken back.
    assert caption.spoken("one two three four five six", at(1.1, 27.0)) == len("one two")
    assert caption.spoken("one two three four five six", at(0.0, 27.0)) == 0  # but who jumps back is followed


def test_sentence_is_played_from_where_its_caption_would_begin() -> None:
    begin, _ = sentences(TEXT)[2]
    share = share_before(TEXT, begin)
    assert 0.2 < share < 0.6
    spoken = Caption().spoken(TEXT, at(share * 10 + 0.01))
    assert TEXT[:spoken].endswith("Because") or TEXT[:spoken].rstrip().endswith("Why?")


def test_digits_and_chinese_take_longer_than_letters() -> None:
    assert share_before("1234 abcd", 5) > 0.7
    assert share_before("天空 abcd", 3) > 0.6


def test_rate_of_a_voice() -> None:
    assert rate_of("abcde fghij klmno", 1.2) == pytest.approx(16 / 1.2)
    assert rate_of("hi", 0.4) is None


def test_word_before() -> None:
    assert TEXT[word_before(TEXT, 16) : 16] == "blue."
    assert word_before("天空", 2) == 1


def test_moments() -> None:
    text = "It starts at 0:05, again at 1:02:03 and at 12.5 seconds; the ratio 4:3, 12:75 and 10:30:99 are no times."
    assert [(text[m.begin : m.end], m.seconds) for m in moments(text, 4000)] == [
        ("0:05", 5.0),
        ("1:02:03", 3723.0),
        ("12.5 seconds", 12.5),
    ]
    assert [m.seconds for m in moments(text, 60)] == [5.0, 12.5]  # what lies behind the end of the film is no link
    assert [m.seconds for m in moments("在第12秒时", 60)] == [12.0]


def test_envelope_does_not_depend_on_how_the_sound_came() -> None:
    rate = 16_000
    sound = np.concatenate([np.zeros(rate), 0.5 * np.ones(rate // 2), 0.1 * np.ones(rate)]).astype(np.float32)
    whole, pieces = Envelope(rate), Envelope(rate)
    whole.take([sound])
    cuts = [0, 7, 5000, 5001, 20_000, len(sound)]
    parts = [sound[a:b] for a, b in itertools.pairwise(cuts)]
    for count in range(1, len(parts) + 1):
        pieces.take(parts[:count])
    assert np.allclose(whole.levels(), pieces.levels()) and len(whole.levels()) == 25
    assert whole.loudness(0.5) == 0.0 and whole.loudness(1.2) == 1.0 and whole.loudness(99.0) == 0.0
    assert whole.loudness(2.0) == pytest.approx(0.2, abs=0.01)
    assert whole.loudness(-STEP) == 0.0


def test_latency_tells_what_the_person_waited_for() -> None:
    latency = Latency(asked=10.0, turn_over=10.6, first_text=10.7, first_sound=10.9, speech_seconds=4, reply_seconds=1)
    assert latency.seconds == pytest.approx(0.9) and latency.real_time_factor == pytest.approx(0.25)
    assert [(s.kind, round(s.begin, 2), round(s.end, 2)) for s in latency.stages] == [
        ("silence", 0.0, 0.6),
        ("text", 0.6, 0.7),
        ("sound", 0.7, 0.9),
    ]
    assert Latency(1.0, 1.0).stages == [] and Latency(1.0, 1.0).seconds is None
