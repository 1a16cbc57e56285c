"""A very long call at accelerated pace: does anything grow?

    python -m benchmarks.call.soak --turns 1000
    python -m benchmarks.call.soak --turns 30 --model nano
    python -m benchmarks.call.soak --turns 1000 --hours 8

The whole program, hands-free: window, history, listener, canceller, detectors, turn machine, the engine's process and
its pipes, the loudspeaker's ring. Only the sound card is simulated: it moves on as soon as the listener has read what
there is, the microphone hears the loudspeaker 60 ms later, and somebody speaks. Every tenth answer is a long one and is
interrupted by a voice. Without --model the answers are a stand-in's. What is not taken for a turn is said again, as
somebody would, and counted.

With --hours so much sound goes by in the turns that are looked at: 1,000 turns of 8 hours are one every 28.8 s. Between
them nobody speaks; in every other pause a fan runs. The listener hears all of it, and no voice may be found in it.
"""

from __future__ import annotations

import argparse
import gc
import json
import os
import tempfile
import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import psutil
import soundfile
import soxr

from app import audio_devices
from app.application import Application
from app.program import make_qt
from app.settings import HOME_VARIABLE, SettingsStore
from app.view_models.conversation import Phase
from app.view_models.message import MessageState
from benchmarks.waiting import rest, wait_until
from tests.app.real.speech import QUESTION

_FACTORY = "tests.app.scripted_engine:load"
_RATE = audio_devices.SAMPLE_RATE
_BLOCK = _RATE // 100
_AHEAD = 0.25  # seconds that the card may be ahead of the listener
_DELAY = 6  # blocks from the loudspeaker to the microphone
_ECHO = 0.4
_FAN = 2e-3  # of full scale, root mean square: about -54 dB, a loud computer beside the microphone
_PATIENCE = 60  # seconds of sound from when something is said until it is said again
_MOST_AGAIN = 20  # times in all, or the program is deaf
_MIB = 1 << 20


@dataclass(frozen=True)
class Look:
    """After some turns: memory that is no file in MiB, threads and handles of the window's process and of the engine's;
    of the turns since the look before, seconds of a core that the window used for each, and seconds by the clock from
    the last voiced sample to the first sound, in the middle; hours of sound so far; how often something had to be said
    again since the beginning."""

    turns: int
    hours: float
    window_mib: float
    window_seconds_a_turn: float
    window_threads: int
    window_handles: int
    engine_mib: float
    engine_threads: int
    engine_handles: int
    seconds_to_sound: float
    said_again: int


class SoundCard:
    """Loudspeaker and microphone on one clock, which a thread moves as fast as somebody listens.

    Attributes:
        blocks: of 10 ms, since the beginning.
        fan_runs: whether the room is as loud as it ever is.
        said_again: how often what somebody said was not taken for a turn.
        said_at, sounded_at: when somebody has fallen silent, and when the loudspeaker has begun, by the real clock.
    """

    def __init__(self) -> None:
        self._fill: SimulatedStream | None = None
        self._take: SimulatedStream | None = None
        self._said: deque[np.ndarray] = deque()
        self._on_its_way: deque[np.ndarray] = deque([np.zeros(_BLOCK, np.float32)] * _DELAY)
        self._noise = np.random.default_rng(0)
        self._fan = _fan_noise(self._noise)
        self.fan_runs = False
        self.backlog: Callable[[], int] = lambda: 0
        self.blocks = self.said_again = 0
        self.said_at = self.sounded_at = 0.0
        threading.Thread(target=self._run, name="sound card", daemon=True).start()

    def open_output(self, fill: Callable[[np.ndarray], object], device: str = "") -> SimulatedStream:
        """In place of `audio_devices.open_output`."""
        self._fill = SimulatedStream(self, fill)
        return self._fill

    def open_input(self, take: Callable[[np.ndarray], object], device: str = "") -> SimulatedStream:
        """In place of `audio_devices.open_input`."""
        self._take = SimulatedStream(self, take)
        return self._take

    def say(self, samples: np.ndarray) -> None:
        """Somebody speaks: float32 mono 48 kHz."""
        self.said_at = self.sounded_at = 0.0
        whole = len(samples) // _BLOCK * _BLOCK
        self._said.extend(samples[:whole].reshape(-1, _BLOCK))

    @property
    def speaking(self) -> bool:
        return bool(self._said)

    def _run(self) -> None:
        while True:
            if self._take is None or self._take.closed or self.backlog() > _AHEAD * _RATE:
                time.sleep(0.002)
                continue
            self._step(self._take)

    def _step(self, microphone: SimulatedStream) -> None:
        self.blocks += 1
        now = self.blocks / 100
        heard = np.zeros(_BLOCK, np.float32)
        if self._fill is not None and not self._fill.closed:
            self._fill.block_time = now + _DELAY / 100
            self._fill.use(heard)
        if self.said_at and not self.sounded_at and np.abs(heard).max() > 0.003:
            self.sounded_at = time.monotonic()
        self._on_its_way.append(heard)
        near = _ECHO * self._on_its_way.popleft() + self._noise.normal(0, 2e-4, _BLOCK).astype(np.float32)
        if self.fan_runs:
            near += self._fan[self.blocks % len(self._fan)]
        if self._said:
            near += self._said.popleft()
            if not self._said:
                self.said_at = time.monotonic()
        microphone.block_time = now
        microphone.use(near.astype(np.float32))


class SimulatedStream:
    """What `audio_devices.Stream` is to a real card."""

    latency = 0.04

    def __init__(self, card: SoundCard, use: Callable[[np.ndarray], object]) -> None:
        self.use, self.block_time, self.closed = use, card.blocks / 100, False

    @property
    def alive(self) -> bool:
        return not self.closed

    def close(self) -> None:
        self.closed = True


def main() -> int:
    """Hold the call and print a table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--turns", type=int, default=1000)
    parser.add_argument("--warm", type=int, default=20, metavar="N", help="turns before the first look")
    parser.add_argument("--every", type=int, default=100, metavar="N", help="turns between two looks")
    parser.add_argument("--hours", type=float, metavar="H", help="of sound in these turns; as little as can be without")
    parser.add_argument("--model", help="a real one, not the stand-in")
    parser.add_argument("--no-face", action="store_true", help="the face, which moves, takes a third of the time")
    parser.add_argument("--json", action="store_true")
    args = parser.parse_args()
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    with tempfile.TemporaryDirectory() as folder:
        os.environ[HOME_VARIABLE] = folder
        pace = 3600 * args.hours / args.turns if args.hours else 0.0
        looks = measure(Path(folder), args.turns, args.warm, args.every, args.model, not args.no_face, args.json, pace)
    if args.json:
        print(json.dumps([asdict(look) for look in looks]))
    return 0


def measure(
    folder: Path, turns: int, warm: int, every: int, model: str | None, face: bool, quiet: bool, pace: float = 0.0
) -> list[Look]:
    """What there is after some turns; `pace` is the seconds of sound from one to the next, 0 for as few as can be."""
    card = SoundCard()
    audio_devices.open_output, audio_devices.open_input = card.open_output, card.open_input  # type: ignore[assignment]
    settings = SettingsStore(folder)
    settings.change(face=face)
    if model:
        settings.change(model=model)
    application = Application(make_qt(), settings, None if model else _FACTORY)
    application.start()
    wait_until(lambda: application.shown.phase is Phase.IDLE)
    listener = application.session.speaking.hearing._listener
    card.backlog = lambda: len(listener._microphone._ring) if listener._microphone is not None else 0
    application.session.set_hands_free(True)
    question = soxr.resample(soundfile.read(QUESTION, dtype="float32")[0], 16_000, _RATE)
    looks: list[Look] = []
    seconds: list[float] = []
    cpu = time.process_time()
    began = card.blocks
    for turn in range(1, warm + turns + 1):
        if turn == warm + 1:
            began = card.blocks
        _turn(application, card, np.asarray(question, np.float32), interrupting=not model and turn % 10 == 0)
        if card.sounded_at:
            seconds.append(card.sounded_at - card.said_at)
        if pace and turn > warm:
            _pause(application, card, began + round(100 * pace * (turn - warm)), fan=turn % 2 == 0)
        if turn >= warm and (turn - warm) % every == 0:
            application.remembering.settle()  # sound is encoded at its own pace, slower than this call's
            rest(300)
            used = (time.process_time() - cpu) / (every if looks else max(1, warm))
            looks.append(_look(turn - warm, card, application, used, seconds))
            seconds.clear()
            cpu = time.process_time()
            if not quiet:
                print(", ".join(f"{name} {value}" for name, value in asdict(looks[-1]).items()), flush=True)
    application.window.hide()
    application.close()
    return looks


def _turn(application: Application, card: SoundCard, question: np.ndarray, interrupting: bool) -> None:
    shown = application.shown
    if interrupting:
        application.session.ask("long")
        _wait(application, "an answer to interrupt", lambda: shown.phase is Phase.SPEAKING)
        _let(card, 1.5)
    before = shown.generation
    _say(application, card, question)
    while shown.generation == before and card.said_again < _MOST_AGAIN:
        card.said_again += 1
        _say(application, card, question)
    what = "the answer to a question over another answer" if interrupting else "the answer to a question"
    _wait(
        application,
        what,
        lambda: (
            shown.generation > before
            and (it := shown.answer()) is not None
            and it.state is MessageState.COMPLETE
            and shown.phase is Phase.IDLE
        ),
    )
    _let(card, 0.5)


def _say(application: Application, card: SoundCard, question: np.ndarray) -> None:
    """Until it is taken for a turn, or so much time has gone by that it will not be."""
    before = application.shown.generation
    card.say(question)
    until = card.blocks + 100 * _PATIENCE
    _wait(application, "a turn", lambda: application.shown.generation > before or card.blocks > until)
    wait_until(lambda: not card.speaking)


def _wait(application: Application, what: str, done: Callable[[], bool]) -> None:
    """SystemExit that says how the call stands, where a minute of the clock was not enough."""
    try:
        wait_until(done, longest=60)
    except SystemExit:
        shown = application.shown
        said = [f"{m.role.value} {m.generation} {m.state.value} {m.text[:40]!r}" for m in shown.messages[-4:]]
        raise SystemExit(f"Not there: {what}. {shown.phase}, turn {shown.generation}, {', '.join(said)}") from None


def _pause(application: Application, card: SoundCard, until: int, fan: bool) -> None:
    """Nobody says anything before the card has come so far; SystemExit where a voice was heard all the same."""
    before = application.shown.generation
    card.fan_runs = fan
    wait_until(lambda: card.blocks >= until)
    card.fan_runs = False
    if application.shown.generation != before:
        raise SystemExit(f"A voice was heard in a pause, {card.blocks / 100:.0f} s after the beginning.")


def _fan_noise(random: np.random.Generator) -> np.ndarray:
    """Ten seconds of it, [blocks, samples], without an audible seam: weaker the higher it is, as air in a grille."""
    count = 10 * _RATE
    pitch = np.fft.rfftfreq(count, 1 / _RATE)
    spectrum = (random.normal(size=len(pitch)) + 1j * random.normal(size=len(pitch))) / np.maximum(pitch, 100.0)
    noise = np.fft.irfft(spectrum, count)
    return (noise * _FAN / noise.std()).astype(np.float32).reshape(-1, _BLOCK)


def _let(card: SoundCard, seconds: float) -> None:
    """So much of the card's time goes by."""
    until = card.blocks + round(seconds * 100)
    wait_until(lambda: card.blocks >= until)


def _look(turns: int, card: SoundCard, application: Application, used_a_turn: float, seconds: list[float]) -> Look:
    gc.collect()
    own, engine = psutil.Process(), psutil.Process(application.session.engine.pid)
    used = [process.memory_full_info() for process in (own, engine)]
    return Look(
        turns,
        round(card.blocks / 360_000, 2),
        round((used[0].rss - used[0].shared) / _MIB, 1),
        round(used_a_turn, 3),
        own.num_threads(),
        own.num_fds(),
        round((used[1].rss - used[1].shared) / _MIB, 1),
        engine.num_threads(),
        engine.num_fds(),
        round(float(np.median(seconds)), 3) if seconds else 0.0,
        card.said_again,
    )


if __name__ == "__main__":
    raise SystemExit(main())
