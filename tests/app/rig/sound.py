"""A private PulseAudio with a loudspeaker that can be listened to and a microphone that can be spoken into.

    program ──▶ sink "speaker" ──▶ its monitor ──▶ recordings
    paplay  ──▶ sink "cable"   ──▶ its monitor, as source "mic" ──▶ program

No sound card, no session bus, no configuration of the person's own is touched; it works as root too. Readers that throw
everything away keep both sinks awake: a null sink that nobody reads delivers its sound up to two seconds late.
"""

from __future__ import annotations

import json
import os
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import soundfile
import soxr

from tests.app.rig.programs import end, program, wait_for

RATE = 48_000
_SPEAKER = ("module-null-sink", "sink_name=speaker", f"rate={RATE}", "sink_properties=device.description=Speaker")
_SPARE = ("module-null-sink", "sink_name=spare", f"rate={RATE}", "sink_properties=device.description=Spare")
_CABLE = ("module-null-sink", "sink_name=cable", f"rate={RATE}", "sink_properties=device.description=Cable")
_MICROPHONE = (
    "module-remap-source",
    "source_name=mic",
    "master=cable.monitor",
    "source_properties=device.description=Microphone",
)


class PrivateSound:
    """The server; `environment` is what programs need to find it, and nothing else. With `spare` there is a second
    loudspeaker of that name, which is what is left when the first one is pulled out."""

    def __init__(self, folder: Path, spare: bool = False) -> None:
        folder.mkdir(mode=0o700)
        self._spare = (_SPARE,) if spare else ()
        self._folder = folder
        self.environment = {
            "XDG_RUNTIME_DIR": str(folder),
            "PULSE_RUNTIME_PATH": str(folder / "pulse"),
            "PULSE_STATE_PATH": str(folder / "pulse"),
            "PULSE_SERVER": f"unix:{folder / 'native'}",
            "DBUS_SESSION_BUS_ADDRESS": "disabled:",
            "DBUS_SYSTEM_BUS_ADDRESS": "disabled:",
        }
        self._awake: list[Recording] = []
        self.start()

    def start(self) -> None:
        """Start the server, with everything plugged in."""
        command = [program("pulseaudio"), "-n", "--daemonize=no", "--exit-idle-time=-1", "--log-target=stderr"]
        command += ["--log-level=error", f"--load=module-native-protocol-unix auth-anonymous=1 socket={self._socket}"]
        self._server = subprocess.Popen(command, env=self._environment(), stderr=subprocess.DEVNULL)
        wait_for(lambda: self._socket.exists() and self._pactl("info") != "", "for PulseAudio to start")
        self.plug_in()

    def plug_in(self) -> None:
        """Connect loudspeaker and microphone."""
        for module in (_SPEAKER, *self._spare, _CABLE, _MICROPHONE):
            self._pactl("load-module", *module)
        self._pactl("set-default-sink", "speaker")
        self._pactl("set-default-source", "mic")
        sinks = ("speaker", "cable", *(["spare"] if self._spare else []))
        # The first block of a fresh null sink comes after up to two seconds; from then on they come every 10 ms.
        self._awake = [Recording(self._reader(f"{sink}.monitor"), keep=False) for sink in sinks]
        wait_for(lambda: all(reader.received > RATE // 5 for reader in self._awake), "for the devices to wake up")

    def pull_out(self) -> None:
        """Disconnect them: no device is left."""
        for module in ("module-loopback", "module-remap-source", "module-null-sink"):
            self._pactl("unload-module", module)
        self._end_readers()

    def pull_out_speaker(self) -> None:
        """Disconnect the first loudspeaker."""
        (number,) = (
            line.split()[0] for line in self._pactl("list", "short", "modules").splitlines() if "=speaker" in line
        )
        self._pactl("unload-module", number)

    def suspend_speaker(self, suspended: bool) -> None:
        """Let the server suspend the first loudspeaker, or wake it up."""
        self._pactl("suspend-sink", "speaker", "1" if suspended else "0")

    def crash(self) -> None:
        """The sound server dies, as it does at times."""
        self._server.kill()
        self._server.wait()
        self._end_readers()
        self._socket.unlink(missing_ok=True)

    def feed_back(self) -> None:
        """Put the microphone into the loudspeaker's sound, 60 ms behind it, as on any desk."""
        self._pactl("load-module", "module-loopback", "source=speaker.monitor", "sink=cable", "latency_msec=60")

    def take_apart(self) -> None:
        """End `feed_back`."""
        self._pactl("unload-module", "module-loopback")

    def say(self, samples: np.ndarray, rate: int = 16_000) -> subprocess.Popen[bytes]:
        """Speak into the microphone: float32 mono; goes on after the call has returned."""
        path = self._folder / "said.wav"
        soundfile.write(path, soxr.resample(samples, rate, RATE, "HQ"), RATE, "FLOAT")  # PulseAudio's own is coarse
        return subprocess.Popen([program("paplay"), "--device=cable", str(path)], env=self._environment())

    @contextmanager
    def recording(self, sink: str = "speaker") -> Iterator[Recording]:
        """What comes out of the loudspeaker meanwhile; with "cable", what goes into the microphone."""
        recording = Recording(self._reader(f"{sink}.monitor"))
        wait_for(lambda: recording.received > 0, "for the first block of a recording")
        try:
            yield recording
        finally:
            recording.end()

    def listeners(self) -> int:
        """How many programs listen to the microphone."""
        listed = json.loads(self._pactl("-f", "json", "list", "source-outputs"))
        numbers = {
            found["index"]
            for found in json.loads(self._pactl("-f", "json", "list", "sources"))
            if found["name"] == "mic"
        }
        return sum(found["source"] in numbers for found in listed)

    def close(self) -> None:
        """End everything."""
        self._end_readers()
        end(self._server)

    @property
    def _socket(self) -> Path:
        return self._folder / "native"

    def _environment(self) -> dict[str, str]:
        return {**os.environ, **self.environment}

    def _pactl(self, *arguments: str) -> str:
        done = subprocess.run(
            [program("pactl"), *arguments], env=self._environment(), capture_output=True, text=True, timeout=20
        )
        return done.stdout

    def _reader(self, source: str) -> subprocess.Popen[bytes]:
        command = [program("parec"), "--device", source, "--latency-msec=10", "--raw", "--format=float32le"]
        command += ["--channels=1", f"--rate={RATE}"]
        return subprocess.Popen(command, env=self._environment(), stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)

    def _end_readers(self) -> None:
        for reader in self._awake:
            reader.end()
        self._awake = []


class Recording:
    """Sound as it arrives, 48 kHz mono; not kept where all that matters is that somebody reads it.

    Attributes:
        received: samples until now.
    """

    def __init__(self, reader: subprocess.Popen[bytes], keep: bool = True) -> None:
        self._reader, self._keep = reader, keep
        self._data = bytearray()
        self.received = 0
        self._behind = float("inf")  # seconds on the monotonic clock at which sample 0 came, at the latest
        self._thread = threading.Thread(target=self._collect, daemon=True)
        self._thread.start()

    @property
    def samples(self) -> np.ndarray:
        """Everything until now."""
        whole = len(self._data) // 4 * 4
        return np.frombuffer(bytes(self._data[:whole]), np.float32)

    def position_at(self, moment: float) -> int:
        """Which sample was recorded then, on the monotonic clock: what has arrived by then may be older."""
        return round((moment - self._behind) * RATE)

    @property
    def loudness(self) -> float:
        """The root mean square of the last tenth of a second."""
        last = self.samples[-RATE // 10 :]
        return float(np.sqrt(np.mean(np.square(last)))) if len(last) else 0.0

    @property
    def quiet_seconds(self) -> float:
        """For how long there has been nothing but silence until now, a second at most, in steps of 10 ms."""
        loud = np.flatnonzero(loud_blocks(self.samples[-RATE:])[::-1])
        return float(loud[0] if len(loud) else min(len(self.samples), RATE) // (RATE // 100)) * 0.01

    @property
    def loud_seconds(self) -> float:
        """For how long there was more than silence, in steps of 10 ms."""
        return float(np.count_nonzero(loud_blocks(self.samples))) * 0.01

    def end(self) -> None:
        """Read no more."""
        end(self._reader)
        self._thread.join(5)

    def _collect(self) -> None:
        assert self._reader.stdout is not None
        while block := self._reader.stdout.read1(1 << 14):  # type: ignore[attr-defined]
            self.received += len(block) // 4
            self._behind = min(self._behind, time.monotonic() - self.received / RATE)
            if self._keep:
                self._data += block


def loud_blocks(samples: np.ndarray, level: float = 0.003) -> np.ndarray:
    """For each 10 ms whether there was more than silence in it."""
    block = RATE // 100
    whole = len(samples) // block * block
    return np.asarray(np.sqrt(np.mean(np.square(samples[:whole].reshape(-1, block)), 1)) > level)


def position_of(piece: np.ndarray, samples: np.ndarray) -> tuple[int, float]:
    """Where a piece begins in a recording, and how alike they are there (correlation, 1 is identical)."""
    size = 1 << (len(samples) + len(piece)).bit_length()
    product = np.fft.irfft(np.fft.rfft(samples, size) * np.conj(np.fft.rfft(piece, size)), size)
    start = int(np.argmax(product[: max(1, len(samples) - len(piece) // 2)]))
    there = samples[start : start + len(piece)]
    alike = np.dot(there, piece[: len(there)]) / (np.linalg.norm(there) * np.linalg.norm(piece) + 1e-9)
    return start, float(alike)
