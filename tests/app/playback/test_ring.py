"""The loudspeaker's ring: a call of many short answers needs the memory of one, and none of them loses a sample."""

from __future__ import annotations

import numpy as np
import psutil

from app.capture.ring_buffer import RingBuffer
from app.playback.speaker import Speaker

RATE = 48_000


def test_many_replies_take_the_memory_of_one() -> None:
    speaker, block = Speaker(), np.empty(RATE // 10, np.float32)
    reply = np.random.default_rng(0).uniform(-0.5, 0.5, 2 * RATE).astype(np.float32)

    def speak() -> None:
        speaker.begin()
        speaker.play(reply, RATE)
        speaker.finish()
        heard = []
        while speaker._ring.consumed < speaker._ring.written:
            speaker._fill(block)
            heard.append(block.copy())
        assert np.array_equal(np.concatenate(heard)[: len(reply)], reply)

    speak()
    before = psutil.Process().memory_info().rss
    for _ in range(60):
        speak()
    assert psutil.Process().memory_info().rss - before < 10e6, "120 s of sound are 23 MB"


def test_starting_over_keeps_what_waits() -> None:
    ring, out = RingBuffer(100, kept=10), np.empty(60, np.float32)
    ring.write(np.arange(60, dtype=np.float32))
    ring.read_into(out[:50])
    ring.start_over()
    assert list(ring.read()) == list(range(50, 60))
    ring.start_over()
    assert ring.write(np.arange(200, dtype=np.float32)) == 100  # as much as ever, from wherever it begins
    ring.read_into(out)
    ring.write(np.arange(100, 160, dtype=np.float32))
    assert list(ring.read()) == list(range(60, 160))
