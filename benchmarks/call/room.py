"""A desk in a simulated room: who interrupts whom, and when a turn is over. Faster than real time, the same each time.

    python -m benchmarks.call.room [own-voice] [interruptions] [murmurs] [turns] [--json]

The program's canceller, ears and rules, 10 ms at a time and closed in a loop: what they hold is held, with the delays
that the sound server's devices have here (60 ms to the ear, 30 ms from the mouth), and what was held goes on. Needs
espeak-ng, flite and Asterisk's prompts, see `sounds`.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections import deque
from dataclasses import dataclass, field

import numpy as np

from app.call.ears import Ears, Framer, TurnChange
from app.call.echo import EchoCanceller
from app.call.end_of_turn import EndOfTurn
from app.call.turn import TurnRules
from app.call.vad import VoiceDetector
from benchmarks.call import sounds
from benchmarks.call.sounds import RATE

BLOCK = 160
_TO_EAR, _FROM_MOUTH = 6, 3  # blocks of 10 ms
_AHEAD = 240  # samples by which the reference is ahead, as in app/call/echo.py
_SAID_AGAIN = 15  # blocks that are played once more after a hold
_FIRST_SOUND = 0.4  # seconds from the question to the first sound of its answer, as of nano on two cores
_NEVER = 1 << 40  # block of an answer that plays no more
_ECHO = 0.7  # of the loudspeaker, in the microphone


@dataclass
class Desk:
    """A loudspeaker that plays an answer, a room, a microphone with a person, and the program in between.

    Attributes:
        told: (seconds, change) of turns; holds: when the answer was held.
        heard: what the loudspeaker played, near: what the microphone had of it all, clean: what was left.
    """

    answer: np.ndarray
    echo: np.ndarray
    said: np.ndarray
    seed: int = 0
    asked: bool = False  # the answer plays once it has been asked for, not from the beginning
    rules: TurnRules = field(default_factory=TurnRules)
    told: list[tuple[float, TurnChange]] = field(default_factory=list)
    holds: list[float] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._canceller = EchoCanceller()
        self._ears = Ears(self.rules, self, VoiceDetector(), EndOfTurn().probability)
        self._rng = np.random.default_rng(self.seed)
        self._position, self._held = (_NEVER if self.asked else 0), False
        self._sounds_at: float | None = None
        self._to_ear: deque[np.ndarray] = deque([np.zeros(BLOCK)] * _TO_EAR)
        self._from_mouth: deque[np.ndarray] = deque()
        self._past = np.zeros(len(self.echo) + BLOCK)
        self._framer = Framer()
        self._now = 0.0
        self._blocks: tuple[list[np.ndarray], ...] = ([], [], [])

    # what the ears hold

    def hold(self) -> None:
        """The loudspeaker waits."""
        self._held = True
        self.holds.append(self._now)

    def carry_on(self) -> None:
        """It goes on."""
        self._held = False
        self._position = max(0, self._position - _SAID_AGAIN)

    def run(self, seconds: float) -> Desk:
        """Let so much time go by."""
        for number in range(int(seconds * RATE) // BLOCK):
            self._step(number)
        return self

    @property
    def heard(self) -> np.ndarray:
        return np.concatenate(self._blocks[0])

    @property
    def near(self) -> np.ndarray:
        return np.concatenate(self._blocks[1])

    @property
    def clean(self) -> np.ndarray:
        return np.concatenate(self._blocks[2])

    def _step(self, number: int) -> None:
        self._now = number * BLOCK / RATE
        self._to_ear.append(self._next_block())
        played = self._to_ear.popleft()
        self._past = np.concatenate([self._past[BLOCK:], played])
        echo = np.convolve(self._past, self.echo, "valid")[-BLOCK:] * _ECHO
        person = self.said[number * BLOCK : (number + 1) * BLOCK]
        near = echo + self._rng.normal(0, 3e-4, BLOCK)
        near[: len(person)] += person
        self._from_mouth.append(near.astype(np.float32))
        self._blocks[0].append(played)
        if len(self._from_mouth) <= _FROM_MOUTH:
            return
        captured = self._from_mouth.popleft()
        # What was heard at the time of this block, and a little later: it is known, for the block is old already.
        lately = np.concatenate(self._blocks[0][-_FROM_MOUTH - 1 :])
        reference = lately[_AHEAD : _AHEAD + BLOCK].astype(np.float32)
        clean = self._canceller.clean(captured, reference)
        self._blocks[1].append(captured)
        self._blocks[2].append(clean)
        for frame in self._framer.push(clean, [0] if self._canceller.interrupted else []):
            if frame is None:
                self._ears.disturb()
                continue
            self._ears.sounding = self._position * BLOCK < len(self.answer)
            self._ears.echoing = self._canceller.echoing
            self._ears.expected = self._sounds_at is not None
            for told in self._ears.hear(frame):
                if told.change is not None:
                    self._take(told.change)

    def _take(self, change: TurnChange) -> None:
        self.told.append((self._now, change))
        match change:
            case TurnChange.STARTED | TurnChange.WENT_ON:
                self._position, self._held, self._sounds_at = _NEVER, False, None
            case TurnChange.PAUSED:
                self._sounds_at, self._held = self._now + _FIRST_SOUND, True
            case TurnChange.ENDED:
                self._sounds_at, self._held = self._sounds_at or self._now + _FIRST_SOUND, False

    def _next_block(self) -> np.ndarray:
        if self._held:
            return np.zeros(BLOCK)
        if self._sounds_at is not None and self._now >= self._sounds_at:
            self._position, self._sounds_at = 0, None
        start = self._position * BLOCK
        block = self.answer[start : start + BLOCK]
        self._position += 1
        return np.concatenate([block, np.zeros(BLOCK - len(block))])


def answers(seconds: float, rng: np.random.Generator) -> np.ndarray:
    """A human who reads prompts, for so long."""
    pieces, length = [], 0
    stock = sounds.prompts(1.5, 12.0)
    while length < seconds * RATE:
        piece = stock[rng.integers(len(stock))]
        pieces += [piece, np.zeros(int(rng.uniform(0.15, 0.5) * RATE), np.float32)]
        length += len(piece) + len(pieces[-1])
    return np.concatenate(pieces)[: int(seconds * RATE)]


def decibels(samples: np.ndarray) -> float:
    return float(10 * np.log10(np.mean(np.square(samples)) + 1e-12))


def own_voice(minutes: float = 10.0) -> dict[str, float]:
    """Nobody speaks: how often does it take itself for somebody? A room of its own for each minute."""
    ended, held, reductions, early = 0, 0, [], []
    for minute in range(round(minutes)):
        rng = np.random.default_rng(minute)
        desk = Desk(answers(60.0, rng), sounds.room(rng), np.zeros(0, np.float32), seed=minute).run(60.0)
        ended += sum(change is TurnChange.STARTED for _, change in desk.told)
        held += len(desk.holds)
        from_three = slice(3 * RATE, None)
        reductions.append(decibels(desk.near[from_three]) - decibels(desk.clean[from_three]))
        early.append(decibels(desk.near[RATE // 3 : 3 * RATE]) - decibels(desk.clean[RATE // 3 : 3 * RATE]))
    return {
        "minutes": minutes,
        "false_interruptions": ended,
        "false_holds": held,
        "echo_reduction_db": round(float(np.median(reductions)), 1),
        "echo_reduction_db_least": round(min(reductions), 1),
        "echo_reduction_db_before_3s": round(float(np.median(early)), 1),
    }


def interruptions(count: int = 40) -> dict[str, float]:
    """Somebody speaks over the answer, as loud in the microphone as the answer is: is the answer stopped, how soon?"""
    silent, caught = [], 0
    for number in range(count):
        rng = np.random.default_rng(1000 + number)
        answer, echo = answers(9.0, rng), sounds.room(rng)
        engine, voice = sounds.VOICES[number % len(sounds.VOICES)]
        remark = sounds.said(sounds.REMARKS[number % len(sounds.REMARKS)], engine, voice)
        begin = int(rng.uniform(2.0, 5.0) * RATE)
        loudness = sounds.loudness(np.convolve(answer, echo)[: len(answer)] * _ECHO)
        said = np.zeros(begin + len(remark), np.float32)
        said[begin:] = remark * loudness / sounds.loudness(remark)
        desk = Desk(answer, echo, said, seed=number).run(len(said) / RATE + 1.0)
        before = [at for at in desk.holds if at < begin / RATE]
        started = [at for at, change in desk.told if change is TurnChange.STARTED and at > begin / RATE]
        if not started or (len(desk.told) and desk.told[0][0] < begin / RATE):
            continue
        caught += 1
        loud = np.flatnonzero(np.abs(desk.heard) > 1e-4)
        after = desk.holds[len(before)] if len(desk.holds) > len(before) else started[0]
        until = loud[loud < int((after + 0.2) * RATE)]
        silent.append((until[-1] - begin) / RATE if len(until) else 0.0)
    return {
        "count": count,
        "caught": round(caught / count, 3),
        "seconds_to_silence_p50": round(float(np.percentile(silent, 50)), 3),
        "seconds_to_silence_p95": round(float(np.percentile(silent, 95)), 3),
    }


def murmurs(count: int = 100) -> dict[str, float]:
    """Half of them words of assent, half noises: how often is the answer gone for good?"""
    ended: dict[str, int] = {}
    held = 0
    kinds = ("door", "cough", "keys", "cup")
    for number in range(count):
        rng = np.random.default_rng(2000 + number)
        answer, echo = answers(8.0, rng), sounds.room(rng)
        if number % 2:
            what = kinds[number // 2 % len(kinds)]
            sound = sounds.bang(what, rng)
        else:
            what = sounds.MURMURS[number // 2 % len(sounds.MURMURS)]
            sound = sounds.said(what, *sounds.VOICES[number // 2 % len(sounds.VOICES)])
        begin = int(rng.uniform(2.0, 4.0) * RATE)
        said = np.concatenate([np.zeros(begin, np.float32), sound * rng.uniform(0.5, 1.0)])
        desk = Desk(answer, echo, said, seed=number).run(7.5)
        held += bool(desk.holds)
        if desk.told:
            ended[what] = ended.get(what, 0) + 1
    return {
        "count": count,
        "ended": round(sum(ended.values()) / count, 3),
        "held": round(held / count, 3),
        **{f"ended by {what}": times for what, times in ended.items()},
    }


def turns(count: int = 40) -> dict[str, float]:
    """A human's sentences, whole, and with a pause of 0.7 s where they are quietest: when is the turn over?"""
    waits: list[float] = []
    over = answered = two = 0
    stock = sounds.prompts(2.0, 9.0)
    rng = np.random.default_rng(7)
    chosen = [stock[n] for n in rng.permutation(len(stock))[:count]]
    answer = answers(4.0, rng)
    for number, sentence in enumerate(chosen):
        lead = np.zeros(RATE // 2, np.float32)
        echo = sounds.room(rng)
        whole = Desk(answer, echo, np.concatenate([lead, sentence]), seed=number, asked=True)
        whole.run(len(whole.said) / RATE + 2.5)
        ends = [at for at, change in whole.told if change is TurnChange.ENDED]
        waits.append(ends[-1] - len(whole.said) / RATE if ends else 9.0)
        place = quietest(sentence)
        pause = np.zeros(int(0.7 * RATE), np.float32)
        halves = np.concatenate([lead, sentence[:place], pause, sentence[place:]])
        paused = Desk(answer, echo, halves, seed=number, asked=True)
        paused.run(len(halves) / RATE + 2.5)
        begins = (len(lead) + place) / RATE
        early = [at for at, change in paused.told if change is TurnChange.ENDED and begins < at < begins + 0.8]
        over += bool(early)
        two += [change for _, change in paused.told].count(TurnChange.STARTED) > 1
        pause_heard = paused.heard[int((begins + 0.1) * RATE) : int((begins + 0.7) * RATE)]
        answered += bool(np.abs(pause_heard).max() > 1e-3)
    return {
        "count": count,
        "wait_p50": round(float(np.median(waits)), 3),
        "wait_p95": round(float(np.percentile(waits, 95)), 3),
        "thought_over_in_the_pause": round(over / count, 3),
        "answer_heard_in_the_pause": round(answered / count, 3),
        "cut_in_two": round(two / count, 3),
    }


def quietest(sentence: np.ndarray) -> int:
    """Where a sentence is quietest between a third and two thirds of it, in samples."""
    levels = np.mean(np.square(sentence[: len(sentence) // BLOCK * BLOCK].reshape(-1, BLOCK)), 1)
    smooth = np.convolve(levels, np.ones(5) / 5, "same")
    low, high = int(len(smooth) * 0.33), int(len(smooth) * 0.67)
    return (low + int(np.argmin(smooth[low:high]))) * BLOCK


MEASURES = {"own-voice": own_voice, "interruptions": interruptions, "murmurs": murmurs, "turns": turns}


def main() -> int:
    """Measure what is named, or everything."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("what", nargs="*", metavar="WHAT", help=", ".join(MEASURES))
    parser.add_argument("--json", action="store_true")
    args = parser.parse_args()
    for name in args.what or MEASURES:
        found = MEASURES[name]()
        if args.json:
            print(json.dumps({"what": name, **found}), flush=True)
        else:
            print(name, *(f"\n  {key.replace('_', ' ')}: {value}" for key, value in found.items()), flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
