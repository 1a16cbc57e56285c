"""The real window with a loudspeaker and a microphone of its own, hands-free: what `answer` and `interrupt` talk to."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.app.rig.display import PrivateDisplay
from tests.app.rig.programs import end, wait_for
from tests.app.rig.sound import PrivateSound, Recording

ROOT = Path(__file__).resolve().parents[2]
_LOADING = 60.0  # seconds that a model may load


@dataclass(frozen=True)
class Window:
    """The program on a display that nobody sees; `log` is where a scripted engine writes down what it is told,
    `process` its number."""

    sound: PrivateSound
    display: PrivateDisplay
    log: Path
    process: int

    def ask(self, text: str, answered: Recording) -> None:
        """Type a question and wait for the first sound of its answer."""
        self.display.type(text)
        self.display.press("Return")
        wait_for(lambda: answered.loudness > 0.01, "for the answer", _LOADING)


@contextmanager
def window(*options: str, spare: bool = False) -> Iterator[Window]:
    """`main.py OPTIONS`, its model loaded and once used, listening hands-free; with a `spare` loudspeaker."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "home").mkdir()
        (folder / "log").mkdir()
        # not the first run, which would be welcomed
        (folder / "home" / "settings.json").write_text('{"window": [40, 40, 900, 700]}')
        sound, display = PrivateSound(folder / "run", spare), PrivateDisplay()
        own = {"VISAVIS_HOME": str(folder / "home"), "VISAVIS_TEST_LOG": str(folder / "log")}
        environment = {**os.environ, **sound.environment, **display.environment, **own}
        program = subprocess.Popen([sys.executable, "main.py", *options], cwd=ROOT, env=environment)
        try:
            display.focus(display.window("Vis-à-vis"))
            made = Window(sound, display, folder / "log", program.pid)
            with sound.recording("speaker") as answered:
                made.ask("Hello.", answered)
                wait_for_silence(answered)
            display.press("ctrl+h")
            wait_for(lambda: sound.listeners() == 1, "for the microphone")
            yield made
        finally:
            end(program, 5)
            display.close()
            sound.close()


def wait_for_silence(recording: Recording, seconds: float = 20.0) -> None:
    """Until nearly a second has been silent: an answer may pause."""
    wait_for(lambda: recording.quiet_seconds > 0.9, "for silence", seconds)
