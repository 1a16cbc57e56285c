"""The engine's process as its parent sees it: a scripted engine behind real pipes, commands in, events out."""

from __future__ import annotations

import queue
from collections.abc import Callable, Iterator

import numpy as np
import psutil
import pytest

from app.engine_process import EngineProcess
from app.engine_protocol import (
    Discard,
    Event,
    Failed,
    Hear,
    Interrupt,
    Loaded,
    LoadModel,
    Reply,
    ReplyDone,
    Resume,
    Say,
    Text,
)

FACTORY = "tests.app.scripted_engine:load"
SECOND = np.full(16_000, 0.1, np.float32)


class Engine:
    """A running process and what it tells."""

    def __init__(self) -> None:
        self.events: queue.Queue[Event] = queue.Queue()
        self.process = EngineProcess(self.events.put, FACTORY)
        self.process.start()
        self.send(LoadModel("scripted"))
        self.until(lambda event: isinstance(event, Loaded))

    def send(self, *commands: object) -> None:
        for command in commands:
            self.process.send(command)  # type: ignore[arg-type]

    def until(self, wanted: Callable[[Event], bool]) -> list[Event]:
        """Every event up to the one that is wanted."""
        events = []
        while not events or not wanted(events[-1]):
            events.append(self.events.get(timeout=30))
        return events

    def answer(self, generation: int) -> str:
        """The text of this generation's reply, once it is over."""
        done = self.until(lambda event: isinstance(event, ReplyDone | Failed) and event.generation == generation)[-1]
        assert isinstance(done, ReplyDone), done
        return done.text


@pytest.fixture
def engine() -> Iterator[Engine]:
    running = Engine()
    yield running
    running.process.close()


@pytest.mark.parametrize(("cores", "told", "threads"), [(8, None, "7"), (1, None, "1"), (8, "3", "3")])
def test_a_core_is_left_to_window_and_sound(
    cores: int, told: str | None, threads: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(psutil, "cpu_count", lambda logical=True: cores)
    monkeypatch.delenv("OMP_NUM_THREADS", raising=False)
    if told is not None:
        monkeypatch.setenv("OMP_NUM_THREADS", told)
    process = EngineProcess(lambda event: None, FACTORY)
    process.start()
    try:
        assert psutil.Process(process.pid).environ()["OMP_NUM_THREADS"] == threads
    finally:
        process.close()


def test_a_person_who_goes_on_takes_the_reply_back(engine: Engine) -> None:
    engine.send(Hear(1, SECOND), Say(1, "long"), Reply(1))
    engine.until(lambda event: isinstance(event, Text))
    engine.send(Resume(1), Hear(2, SECOND), Reply(2))
    stopped = engine.until(lambda event: isinstance(event, ReplyDone))[-1]
    assert isinstance(stopped, ReplyDone) and stopped.interrupted and stopped.generation == 1
    assert len(stopped.text.split()) < 400  # it stopped in the middle
    engine.until(lambda event: isinstance(event, Text) and event.generation == 2)
    engine.send(Interrupt(2), Say(3, "recite history"), Reply(3))
    assert engine.answer(3) == "nothing"  # neither reply was heard to its end


def test_all_that_was_said_before_and_after_is_one_question(engine: Engine) -> None:
    engine.send(Hear(1, SECOND), Reply(1))
    assert engine.answer(1) == "You said: [voice 1.0 s] "
    engine.send(Resume(1), Hear(2, SECOND), Reply(2))
    assert engine.answer(2) == "You said: [voice 2.0 s] "
    engine.send(Say(3, "recite history"), Reply(3))
    assert engine.answer(3) == "user: [voice 2.0 s] | assistant: You said: [voice 2.0 s] "


def test_a_reply_taken_back_before_it_began_leaves_the_turn_open(engine: Engine) -> None:
    engine.send(Say(1, "slow start"), Reply(1), Hear(2, SECOND), Reply(2), Resume(2), Hear(3, SECOND), Reply(3))
    assert engine.answer(1) == "You said: slow start "
    assert engine.answer(2) == ""
    assert engine.answer(3) == "You said: [voice 2.0 s] "


def test_taking_back_a_turn_that_was_refused_or_dropped_does_nothing(engine: Engine) -> None:
    engine.send(Say(1, "refuse"), Reply(1), Resume(1), Say(2, "hello"), Reply(2))
    assert engine.answer(2) == "You said: hello "
    engine.send(Hear(3, SECOND), Discard(3), Resume(3), Say(4, "again"), Reply(4))
    assert engine.answer(4) == "You said: again "
