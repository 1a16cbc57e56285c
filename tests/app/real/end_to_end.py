"""The whole program with its own model, used as people use it: spoken to, given a film with the mouse, told to speak in
another voice, ended, started again. What it answers aloud is judged by a recogniser that knows nothing of it.

    pytest -s tests/app/real/end_to_end.py

It lasts minutes, and is not collected with the others.
"""

from __future__ import annotations

import difflib
import json
import os
import re
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import soundfile
import soxr
from pocketsphinx import Decoder

from tests.app.media import media_files
from tests.app.real.speech import QUESTION, framed
from tests.app.rig.display import PrivateDisplay, drag_source
from tests.app.rig.programs import end, wait_for
from tests.app.rig.sound import RATE, PrivateSound, loud_blocks

ROOT = Path(__file__).resolve().parents[3]
# Of the display, where the window is: its list of conversations below the search field; the conversation beside it.
LIST = (50, 150, 270, 400)
CONVERSATION = (350, 110, 550, 400)
# The settings, and the list of voices in them.
PANEL = (570, 110, 300, 400)
VOICES = (740, 122)
PATIENCE = 300  # seconds for an answer: of a small model, on a machine that may be busy


class Program:
    """`python main.py` in a profile of its own; what it has kept is read from its history."""

    def __init__(self, display: PrivateDisplay, profile: Path) -> None:
        self.display, self._profile = display, profile
        environment = {**os.environ, **display.environment, "VISAVIS_HOME": str(profile)}
        command = [sys.executable, "main.py", "--engine-factory", "tests.app.real.two_voices:load"]
        self.process = subprocess.Popen(command, cwd=ROOT, env=environment)
        self.focus()

    def focus(self) -> None:
        """Give its window the keyboard."""
        self.display.focus(self.display.window("Vis-à-vis"))

    def ask(self, question: str) -> None:
        """Type a question and send it."""
        self.display.press("ctrl+l")
        self.display.type(question)
        self.display.press("Return")

    @contextmanager
    def something_new_in(self, part: tuple[int, int, int, int]) -> Iterator[None]:
        """Waits after what is done here until this part of the display looks otherwise, and then the same twice."""
        before = self.display.picture(*part)
        yield
        wait_for(lambda: self.display.picture(*part) != before, f"for something new at {part}", 30)
        last = [b""]

        def still() -> bool:
            last.append(self.display.picture(*part))
            time.sleep(0.3)
            return last[-1] == last[-2]

        wait_for(still, f"for rest at {part}", 30)

    def rows(self, question: str) -> list[tuple[Any, ...]]:
        """What the history says."""
        if not (self._profile / "history.sqlite").exists():
            return []
        database = sqlite3.connect(self._profile / "history.sqlite")
        try:
            return database.execute(question).fetchall()
        finally:
            database.close()

    def answers(self) -> list[str]:
        """All complete ones, oldest first."""
        return [row[0] for row in self.rows(_ANSWERS)]

    def wait_for_answer(self, number: int) -> str:
        wait_for(lambda: len(self.answers()) >= number, f"for answer {number}", PATIENCE)
        return self.answers()[number - 1]

    def setting(self, name: str) -> Any:
        return json.loads((self._profile / "settings.json").read_text("utf-8")).get(name)


_ANSWERS = "SELECT text FROM message WHERE role = 'assistant' AND state = 'complete' ORDER BY id"


@pytest.fixture
def home(tmp_path: Path) -> Path:
    folder = tmp_path / "home"
    folder.mkdir()
    (folder / "settings.json").write_text('{"window": [40, 40, 900, 700]}')  # not the first run, which is welcomed
    return folder


@pytest.fixture
def programs(display: PrivateDisplay, sound: PrivateSound, home: Path) -> Iterator[list[Program]]:
    started: list[Program] = []
    yield started
    for program in started:
        end(program.process, 5)


def words_heard(samples: np.ndarray) -> list[str]:
    """What a recogniser for English makes of float32 mono at RATE."""
    decoder = Decoder(samprate=16_000, loglevel="FATAL")
    decoder.start_utt()
    pcm = np.clip(soxr.resample(samples, RATE, 16_000), -1, 1) * 32_767
    decoder.process_raw(pcm.astype("<i2").tobytes(), full_utt=True)
    decoder.end_utt()
    found = decoder.hyp()
    return re.findall(r"[a-z']+", found.hypstr.lower()) if found else []


def without_gaps(samples: np.ndarray, longest: float = 0.1) -> np.ndarray:
    """The same with no silence longer than `longest` seconds: a machine that is too busy leaves gaps in the voice."""
    block = RATE // 100
    loud = np.flatnonzero(loud_blocks(samples))
    near = np.zeros(len(samples) // block, bool)
    for shift in range(round(longest * 100)):
        near[np.minimum(loud + shift, len(near) - 1)] = True
    return samples[: len(near) * block].reshape(-1, block)[near].reshape(-1)


def understood(answer: str, heard: list[str]) -> float:
    """The share of the answer's words that were heard, in their order."""
    said = re.findall(r"[a-z']+", answer.lower())
    matches = difflib.SequenceMatcher(None, said, heard, autojunk=False).get_matching_blocks()
    return sum(match.size for match in matches) / max(1, len(said))


def answer_heard(program: Program, sound: PrivateSound, number: int) -> float:
    """Say a question into the microphone; how much of the answer a stranger understands at the loudspeaker."""
    question, rate = soundfile.read(QUESTION, dtype="float32")
    with sound.recording() as recording:
        program.display.press("ctrl+space")
        wait_for(lambda: sound.listeners() == 1, "for the microphone to open", PATIENCE)
        sound.say(framed(question, before=0.2, after=0.2), rate).wait()
        program.display.press("ctrl+space")
        answer = program.wait_for_answer(number)
        wait_for(lambda: recording.loud_seconds > 0.3, "for the answer to be heard", PATIENCE)
        quiet_since = time.monotonic()
        while time.monotonic() - quiet_since < 2.0:
            if recording.loudness > 0.003:
                quiet_since = time.monotonic()
            time.sleep(0.1)
    both = [words_heard(samples) for samples in (recording.samples, without_gaps(recording.samples))]
    heard = max(both, key=lambda words: understood(answer, words))
    share = understood(answer, heard)
    tell(f"said: {answer!r}, heard: {' '.join(heard)!r}, {share:.0%} of it")
    return share


def tell(what: str) -> None:
    """For who looks on (`-s`)."""
    print(f"{time.strftime('%H:%M:%S')} {what}", flush=True)


@pytest.mark.timeout(1800)
def test_a_day_with_it(
    display: PrivateDisplay, sound: PrivateSound, home: Path, tmp_path: Path, programs: list[Program]
) -> None:
    programs.append(program := Program(display, home))

    # Spoken to, it answers aloud; each time it says it otherwise, so there is more than one try.
    assert any(answer_heard(program, sound, number) >= 0.5 for number in (1, 2, 3))
    number = len(program.answers()) + 1

    # a film, dragged in with the mouse from another program
    film = media_files.write_video(tmp_path / "a film.mp4", seconds=3.0)
    with drag_source(display, film) as source:
        source.drag_to(450, 350)
    program.focus()
    program.ask("What happens in this film?")
    tell(f"of the film: {program.wait_for_answer(number)!r}")
    assert program.rows("SELECT path, kind FROM file") == [(str(film), "video")]

    # another voice, from the list of voices in the settings
    with program.something_new_in(PANEL):
        display.press("ctrl+comma")
    with program.something_new_in(PANEL):
        display.click(*VOICES)
    display.press("Down", "Return")
    wait_for(lambda: program.setting("voice") == "second", "for the other voice to be chosen", 30)
    tell("the voice is changed")
    display.press("Escape")
    with sound.recording() as recording:
        program.ask("Say it in the other voice")
        program.wait_for_answer(number + 1)
        wait_for(lambda: recording.loud_seconds > 0.3, "for the other voice to be heard", PATIENCE)

    # ended and started again, the conversation is found by a word of it, and gone on with
    display.press("ctrl+q")
    assert program.process.wait(30) == 0
    tell("ended")
    (conversation,) = program.rows("SELECT id, messages FROM conversation")
    programs.append(program := Program(display, home))
    assert program.setting("voice") == "second"
    with program.something_new_in(LIST):
        display.press("ctrl+f")
    with program.something_new_in(LIST):
        display.type("happens")
    with program.something_new_in(CONVERSATION):
        display.press("Tab", "Down", "Return")
    tell("found")
    program.ask("And now?")
    program.wait_for_answer(number + 2)
    assert program.rows("SELECT id, messages FROM conversation") == [(conversation[0], conversation[1] + 2)]
