"""How much memory the window takes as a conversation grows: spoken and typed turns with spoken answers, one after the
other, in the real window with its history; only the model and the sound card are stand-ins.

    python -m benchmarks.window --turns 500

Prints the memory of the window's process as the system counts it: all that is resident, and the part of it that is not
files (mapped libraries, recordings that rest on disk).
"""

from __future__ import annotations

import argparse
import json
import os
import tempfile
from pathlib import Path

import psutil

from app.application import Application
from app.playback.reply_player import ReplyPlayer
from app.program import make_qt
from app.settings import HOME_VARIABLE, SettingsStore
from app.view_models.conversation import Phase
from app.view_models.message import MessageState
from benchmarks.waiting import rest, wait_until
from tests.app.sound_doubles import RecordedVoice, TimedSpeaker, spoken

FACTORY = "tests.app.scripted_engine:load"
_WORDS = "and here are some more words of a question as people ask them, one after another "
_SECONDS = 2.0  # of each spoken question; an answer speaks a tenth of a second for each word
_MIB = 1 << 20


def main() -> int:
    """Hold the conversation and print a table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--turns", type=int, default=500)
    parser.add_argument("--warm", type=int, default=20, metavar="N", help="turns before the first look")
    parser.add_argument("--every", type=int, default=100, metavar="N", help="turns between two looks")
    parser.add_argument("--json", action="store_true")
    args = parser.parse_args()
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    with tempfile.TemporaryDirectory() as folder:
        os.environ[HOME_VARIABLE] = folder
        looks = measure(Path(folder), args.turns, args.warm, args.every)
    growth = {kind: looks[-1][kind] - looks[0][kind] for kind in ("resident", "own")}
    if args.json:
        print(json.dumps({"looks": looks, "growth": growth}))
        return 0
    for look in looks:
        print(f"{look['turns']:6.0f} turns: {look['resident']:7.1f} MiB resident, {look['own']:7.1f} MiB of them own")
    print(f"grown by {growth['resident']:.1f} MiB, {growth['own']:.1f} MiB of them own, in {args.turns} turns")
    return 0


def measure(folder: Path, turns: int, warm: int, every: int) -> list[dict[str, float]]:
    """MiB after some turns."""
    voice = RecordedVoice()
    qt = make_qt()
    player = ReplyPlayer(TimedSpeaker)
    application = Application(qt, SettingsStore(folder), FACTORY, source=lambda _device: voice, player=player)
    application.start()
    wait_until(lambda: application.shown.phase is Phase.IDLE)
    looks = []
    for turn in range(warm + turns + 1):
        if turn >= warm and ((turn - warm) % every == 0 or turn == warm + turns):
            rest(300)
            looks.append({"turns": float(turn - warm), **_memory()})
        if turn < warm + turns:
            _turn(application, turn)
    application.window.hide()
    application.close()
    return looks


def _turn(application: Application, number: int) -> None:
    if number % 2:
        application.session.ask(f"{number} {_WORDS}")
    else:
        taker = application.session.speaking
        taker.voice_begins()
        for piece in spoken(_SECONDS).reshape(-1, 1600):
            taker.voice_goes_on(piece)
        taker.voice_ends(0.0)
    wait_until(lambda: (it := application.shown.answer()) is not None and it.state is MessageState.COMPLETE)
    rest(20)


def _memory() -> dict[str, float]:
    """MiB: all that is resident, and what of it is no file."""
    used = psutil.Process().memory_full_info()
    return {"resident": used.rss / _MIB, "own": (used.rss - used.shared) / _MIB}


if __name__ == "__main__":
    raise SystemExit(main())
