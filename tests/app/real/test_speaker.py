"""The loudspeaker, heard: what is played arrives whole and without gaps, and stops when it should."""

from __future__ import annotations

import time
from collections.abc import Iterator

import numpy as np
import pytest
import soxr

from app.playback.reply_player import ReplyPlayer
from app.playback.speaker import Speaker
from tests.app.rig.programs import wait_for
from tests.app.rig.sound import RATE, PrivateSound, Recording, loud_blocks, position_of

SPEECH_RATE = 24_000
LONGEST_ECHO = 0.02  # seconds from stop() to silence at the sound server, beyond what the device holds (40 ms here)


def noise(seconds: float, seed: int = 0) -> np.ndarray:
    """Noise below 8 kHz, which resampling leaves as it is; no two moments of it are alike."""
    wide = np.random.default_rng(seed).uniform(-0.4, 0.4, int(seconds * 16_000)).astype(np.float32)
    return np.asarray(soxr.resample(wide, 16_000, SPEECH_RATE, "HQ"), np.float32)


def in_pieces(samples: np.ndarray, seconds: float) -> Iterator[np.ndarray]:
    size = int(seconds * SPEECH_RATE)
    for start in range(0, len(samples), size):
        yield samples[start : start + size]


@pytest.fixture
def speaker(sound: PrivateSound) -> Iterator[Speaker]:
    made = Speaker()
    assert made.open(), made.problem
    yield made
    made.close()


def play_out(speaker: Speaker, recording: Recording) -> None:
    wait_for(lambda: not speaker.playing, "for the end of the reply")
    time.sleep(0.25)  # what is still on its way


def test_everything_arrives_without_a_gap(sound: PrivateSound, speaker: Speaker) -> None:
    sent = noise(3.0)
    with sound.recording() as recording:
        speaker.begin()
        for piece in in_pieces(sent, 0.28):
            speaker.play(piece, SPEECH_RATE)
            time.sleep(0.1)  # an engine that is faster than speech
        speaker.finish()
        play_out(speaker, recording)
    expected = soxr.resample(sent, SPEECH_RATE, RATE, "HQ")
    start, alike = position_of(expected, recording.samples)
    # One sample too many or too few anywhere would halve this: the noise has no other moment that is like it.
    assert alike > 0.99
    for second in range(3):
        part = expected[second * RATE : (second + 1) * RATE]
        heard = recording.samples[start + second * RATE :][: len(part)]
        assert np.corrcoef(part, heard)[0, 1] > 0.99
    assert speaker.underruns == 0
    assert speaker.played_seconds == pytest.approx(3.0, abs=0.02)


def test_slow_engine_makes_few_pauses(sound: PrivateSound, speaker: Speaker) -> None:
    """An engine that needs twice as long as the speech lasts: pauses must come, but not after every word."""
    sent = noise(1.4)
    pieces = list(in_pieces(sent, 0.08))
    pauses = []
    with sound.recording() as recording:
        for _ in range(2):
            before = speaker.underruns
            speaker.begin()
            for number, piece in enumerate(pieces):
                speaker.play(piece, SPEECH_RATE)
                if number < len(pieces) - 1:
                    time.sleep(0.16)
            speaker.finish()
            play_out(speaker, recording)
            pauses.append(speaker.underruns - before)
    assert pauses[0] <= 4 and pauses[1] <= 2, pauses  # the second reply knows of the first one's
    assert recording.loud_seconds == pytest.approx(2.8, abs=0.1)  # nothing is lost over it


def test_replies_one_after_the_other(sound: PrivateSound, speaker: Speaker) -> None:
    first, second = noise(0.6, 1), noise(0.6, 2)
    with sound.recording() as recording:
        for sent in (first, second):
            speaker.begin()
            speaker.play(sent, SPEECH_RATE)
            speaker.finish()
            play_out(speaker, recording)
    for sent in (first, second):
        _, alike = position_of(soxr.resample(sent, SPEECH_RATE, RATE, "HQ"), recording.samples)
        assert alike > 0.99


def test_short_reply_is_not_kept_back(sound: PrivateSound, speaker: Speaker) -> None:
    with sound.recording() as recording:
        speaker.begin()
        speaker.play(noise(0.05), SPEECH_RATE)  # less than the jitter buffer waits for
        speaker.finish()
        play_out(speaker, recording)
    assert recording.loud_seconds == pytest.approx(0.05, abs=0.02)


def test_stop_is_heard_at_once(sound: PrivateSound, speaker: Speaker) -> None:
    echoes = []
    for _ in range(3):  # a busy machine may hold back the recording: the best of three is what we do
        with sound.recording() as recording:
            speaker.begin()
            speaker.play(noise(4.0), SPEECH_RATE)
            speaker.finish()
            wait_for(lambda: recording.loudness > 0.05, "for the reply to be heard")
            time.sleep(0.3)
            stopped = time.monotonic()
            heard = speaker.stop()
            time.sleep(0.5)
        last = np.flatnonzero(np.abs(recording.samples) > 0.003)[-1]
        echoes.append((last - recording.position_at(stopped)) / RATE - speaker.device_latency)
        assert 0.3 < heard < 1.5
        assert not speaker.playing
    assert min(echoes) <= LONGEST_ECHO, f"silent {min(echoes) * 1000:.0f} ms after what the device held"


def test_nothing_of_a_stopped_reply_plays_afterwards(sound: PrivateSound) -> None:
    player = ReplyPlayer()
    stopped, wanted = noise(2.0, 3), noise(1.0, 4)
    with sound.recording() as recording:
        player.begin(1)
        assert player.play(1, stopped, SPEECH_RATE)
        wait_for(lambda: recording.loudness > 0.05, "for the reply to be heard")
        player.stop()
        assert not player.play(1, stopped, SPEECH_RATE)  # what the engine had already sent
        player.begin(2)
        assert not player.play(1, stopped, SPEECH_RATE)
        assert player.play(2, wanted, SPEECH_RATE)
        player.finish(2)
        wait_for(lambda: not player.playing, "for the end of the second reply")
        time.sleep(0.25)
    player.close()
    expected = soxr.resample(wanted, SPEECH_RATE, RATE, "HQ")
    start, alike = position_of(expected, recording.samples)
    assert alike > 0.99
    after = recording.samples[start + len(expected) + RATE // 50 :]
    assert not loud_blocks(after).any()
