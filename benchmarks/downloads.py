"""Downloads that are killed: a model from a hub on this machine, kill -9 at random moments, until it is installed.

    python -m benchmarks.downloads [--kills 20] [--seed 0] [--json FILE]

After each kill nothing may be installed; at the end every byte must be right, and little may have come twice. The hub
is that of the tests: it speaks the protocol, cuts lines and pours at a few megabytes a second.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import random
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from model.checkpoint.installed import EMBEDDED
from tests.app.models.hub_server import Hub, serve

REPO = "Someone/Tiny-Omni"
ROOT = Path(__file__).resolve().parent.parent
_MB = 1 << 20
_FILES, _EACH = 5, 8 * _MB


def main() -> int:
    """Kill, go on, check; exit code 1 where anything was wrong."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--json", type=Path, metavar="FILE")
    args = parser.parse_args()
    moments = random.Random(args.seed)
    files = {"config.json": (EMBEDDED / "config.json").read_bytes()}
    files |= {f"model-{number}.safetensors": os.urandom(_EACH) for number in range(_FILES)}
    with tempfile.TemporaryDirectory() as folder, serve(Hub(REPO, files)) as hub:
        hub.rate = 4 * _MB
        environment = {**os.environ, "VISAVIS_MODELS": folder, "HF_ENDPOINT": hub.url, "HF_HOME": f"{folder}/hf"}
        environment |= {"HF_HUB_DOWNLOAD_TIMEOUT": "5", "no_proxy": "127.0.0.1,localhost"}
        place, killed, began = Path(folder) / REPO, 0, time.monotonic()
        wrong: list[str] = []
        while killed < args.kills:
            child = _start(environment)
            aim = sum(hub.sent.values()) + moments.uniform(0, 1.2 * _FILES * _EACH / args.kills)
            while sum(hub.sent.values()) < aim and child.poll() is None:
                time.sleep(0.001)
            time.sleep(moments.uniform(0, 0.2))  # some die while they check, or move what is done
            child.kill()
            child.wait()
            killed += 1
            if place.exists():
                if not _right(place, files):
                    wrong.append(f"installed, and not right, after kill {killed}")
                break  # it was quicker than we are
            hub.cut_after.append(moments.randrange(1, 4 * _MB))
        hub.rate = 0
        if _start(environment).wait() != 0:
            wrong.append("the last run failed")
        elif not _right(place, files):
            wrong.append("what was installed is not right")
        total = sum(len(data) for data in files.values())
        told = {
            "kills": killed,
            "bytes": total,
            "bytes_sent": sum(hub.sent.values()),
            "seconds": round(time.monotonic() - began, 1),
            "wrong": wrong,
        }
    print(
        f"{killed} kills: {'; '.join(wrong) or 'resumed each time, right at the end'}; "
        f"{told['bytes_sent'] / total:.2f} times the bytes came"
    )
    if args.json:
        args.json.write_text(json.dumps(told, indent=1) + "\n", "utf-8")
    return 1 if wrong else 0


def _start(environment: dict[str, str]) -> subprocess.Popen[bytes]:
    command = [sys.executable, str(ROOT / "main.py"), "models", "download", REPO]
    return subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL)


def _right(place: Path, files: dict[str, bytes]) -> bool:
    there = {path.name: path.read_bytes() for path in place.iterdir() if path.name in files}
    return {name: hashlib.sha256(data).digest() for name, data in there.items()} == {
        name: hashlib.sha256(data).digest() for name, data in files.items()
    }


if __name__ == "__main__":
    sys.exit(main())
