"""The command `doctor`: what this machine has, what it lacks, and whether the main job can be done on it.

Looks only; opens no microphone and no camera. Each finding is a line with a verdict and, where something is missing,
what to do about it. Exit code 1 if the main job, a question answered by an installed model, cannot be done.
"""

from __future__ import annotations

import argparse
import importlib.metadata
import json
import os
import platform
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import psutil

from app import audio_devices
from app.settings import home
from model.errors import BadInputError, CannotRunError

_ROOT = Path(__file__).resolve().parent.parent
_OLDEST_PYTHON = (3, 11)
_GIB = 1 << 30
_PARTS = {  # what is imported: the package that brings it, and what does not work without it
    "av": ("av", "sound and video files cannot be read"),
    "soundfile": ("soundfile", "speech cannot be saved"),
    "soxr": ("soxr", "there is no sound"),
    "sounddevice": ("sounddevice", "there is no sound"),
    "silero_vad": ("silero-vad", "talking without a button does not work"),
    "onnxruntime": ("onnxruntime", "talking without a button does not work"),
    "cv2": ("opencv-python-headless", "there is no camera"),
}


@dataclass(frozen=True)
class Finding:
    """One thing that was looked at.

    Attributes:
        verdict: "ok", "missing" (something does not work without it) or "fatal" (the main job does not).
        advice: what to do, unless it is ok.
    """

    name: str
    verdict: str
    detail: str
    advice: str = ""
    facts: dict[str, Any] | None = None


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The options of `doctor`."""
    parser.add_argument("--json", action="store_true", help="one JSON object instead of a table")
    parser.add_argument(
        "--gpu-report", nargs="?", const=".", metavar="FOLDER", help="measure the card, and write a JSON and a page"
    )
    parser.add_argument("--model", default="nano", metavar="M", help="what the card is measured with (default: nano)")
    parser.add_argument("--device", default="cuda", metavar="D", help="cuda, cuda:N, or cpu in its place")


def run(args: argparse.Namespace) -> int:
    """Look at everything and tell."""
    if args.gpu_report is not None:
        from app import gpu_report

        def tell(line: str) -> None:
            print(f"visavis: {line} …", file=sys.stderr, flush=True)

        for path in gpu_report.write(Path(args.gpu_report), args.model, args.device, tell):
            print(path)
        return 0
    findings = list(examine())
    can = not any(finding.verdict == "fatal" for finding in findings)
    if args.json:
        print(json.dumps({"main_job": can, "findings": [asdict(f) for f in findings]}, ensure_ascii=False))
    else:
        _print_table(findings, can)
    return 0 if can else 1


def examine() -> Iterator[Finding]:
    """Every finding, in the order in which people ask."""
    yield _python()
    yield _processor()
    yield _memory()
    yield _torch()
    yield _graphics_card()
    yield from _models()
    yield from _other_models()
    yield from _parts()
    yield from _sound()
    yield _camera()
    yield _window()
    yield _disk()


def _print_table(findings: list[Finding], can: bool) -> None:
    marks = {"ok": "✓", "missing": "–", "fatal": "✗"}
    width = max(len(finding.name) for finding in findings)
    for finding in findings:
        print(f"{marks[finding.verdict]} {finding.name:{width}}  {finding.detail}")
        if finding.advice:
            print(f"  {'':{width}}  → {finding.advice}")
    print()
    print("The main job can be done here." if can else "The main job cannot be done here yet; see ✗ above.")


# the machine


def _python() -> Finding:
    version = platform.python_version()
    if sys.version_info[:2] < _OLDEST_PYTHON:
        return Finding("Python", "fatal", version, "install Python 3.11 or newer")
    return Finding("Python", "ok", f"{version} on {platform.system()} {platform.machine()}")


def _processor() -> Finding:
    cores = psutil.cpu_count(logical=False) or psutil.cpu_count() or 1
    usable = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else cores
    facts = {"cores": cores, "usable": usable}
    return Finding("Processor", "ok", f"{_processor_name()}, {usable} usable cores", facts=facts)


def _processor_name() -> str:
    try:
        for line in Path("/proc/cpuinfo").read_text().splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    except OSError:
        pass  # not Linux
    return platform.processor() or platform.machine()


def _memory() -> Finding:
    memory = psutil.virtual_memory()
    detail = f"{memory.available / _GIB:.1f} of {memory.total / _GIB:.1f} GiB free"
    return Finding("Memory", "ok", detail, facts={"total": memory.total, "available": memory.available})


def _disk() -> Finding:
    folder = home()
    while not folder.exists():
        folder = folder.parent
    free = shutil.disk_usage(folder).free
    detail = f"{free / _GIB:.0f} GiB free at {folder}"
    if free < _GIB // 10:
        return Finding("Disk", "missing", detail, "make room; settings could not be saved")
    return Finding("Disk", "ok", detail, facts={"free": free})


def _torch() -> Finding:
    try:
        import torch
    except (ImportError, OSError) as error:
        return Finding("PyTorch", "fatal", f"cannot be imported ({error})", "install it: pip install torch")
    facts = {"version": torch.__version__, "cuda_build": torch.version.cuda, "threads": torch.get_num_threads()}
    return Finding("PyTorch", "ok", f"{torch.__version__}, {torch.get_num_threads()} threads", facts=facts)


def _graphics_card() -> Finding:
    driver = _nvidia_driver()
    try:
        import torch
    except (ImportError, OSError):
        return Finding("Graphics card", "missing", "unknown without PyTorch", "install PyTorch first")
    if torch.cuda.is_available():
        names = [torch.cuda.get_device_name(index) for index in range(torch.cuda.device_count())]
        free, total = torch.cuda.mem_get_info()
        detail = f"{', '.join(names)}; {free / _GIB:.1f} of {total / _GIB:.1f} GiB free; driver {driver or 'unknown'}"
        facts = {"names": names, "free": free, "total": total, "driver": driver}
        return Finding("Graphics card", "ok", detail, facts=facts)
    if driver is not None and torch.version.cuda is None:
        advice = "install the CUDA build of PyTorch, see the README"
        return Finding("Graphics card", "missing", "there is one, but this PyTorch is built for CPUs only", advice)
    if driver is not None:
        detail = f"there is one, but PyTorch for CUDA {torch.version.cuda} cannot use it with driver {driver}"
        return Finding("Graphics card", "missing", detail, "update the driver")
    return Finding("Graphics card", "missing", "none that PyTorch can use", "nothing: nano runs well without")


def _nvidia_driver() -> str | None:
    """Its version, or None where there is no NVIDIA card that works."""
    command = ["nvidia-smi", "--query-gpu=driver_version", "--format=csv,noheader"]
    try:
        told = subprocess.run(command, capture_output=True, text=True, timeout=20)
    except (OSError, subprocess.TimeoutExpired):
        return None
    return told.stdout.split()[0] if told.returncode == 0 and told.stdout.strip() else None


# the model


def _models() -> Iterator[Finding]:
    """The embedded model: there, whole, and small enough for this machine."""
    try:
        from model.checkpoint.installed import find_model
        from model.checkpoint.voices import read_voices
        from model.checkpoint.weights import weight_files
        from model.config import read_config
        from model.plan import choose
        from model.processor import multiplies_bfloat16
        from model.prompt.tokenizer import read_tokenizer
    except (ImportError, OSError) as error:
        yield Finding("Model nano", "fatal", f"cannot be looked at ({error})", "install what the README names")
        return
    try:
        folder = find_model("nano")
        config = read_config(folder)
        read_tokenizer(folder)
        voices = list(read_voices(folder))
        weights = sum(file.stat().st_size for file in weight_files(folder))
    except (BadInputError, CannotRunError) as error:
        yield Finding("Model nano", "fatal", str(error), "fetch the repository again, with its folder assets/nano")
        return
    free_bytes = psutil.virtual_memory().available
    plan = choose(config, "auto", False, budget=free_bytes, bfloat16=multiplies_bfloat16())
    needed, free = plan.peak / _GIB, free_bytes / _GIB
    facts = {"folder": str(folder), "weights": weights, "needed_gib": round(needed, 2), "voices": voices}
    detail = f"{weights / 1e6:.0f} MB of weights, needs at most {needed:.1f} GiB of memory; voices: {', '.join(voices)}"
    if needed > free:
        yield Finding("Model nano", "fatal", detail, f"close other programs: only {free:.1f} GiB are free", facts)
    else:
        yield Finding("Model nano", "ok", detail, facts=facts)


def _other_models() -> Iterator[Finding]:
    """Those that can be fetched, or have been: whether they would fit what is free now."""
    try:
        from app.models.fit import fit_of, in_words
        from app.models.store import stored
    except (ImportError, OSError):
        return  # without PyTorch nothing runs; that is told above
    for model in stored():
        fit = fit_of(model) if model.repo else None
        if fit is None:
            continue
        state = "installed" if model.installed else f"not installed; visavis models download {model.name} fetches it"
        facts = {"fit": asdict(fit), "installed": model.installed}
        detail = f"{state}; {in_words(fit)}"
        if fit.fits and (model.installed or fit.has_room):
            yield Finding(f"Model {model.name}", "ok", detail, facts=facts)
        else:
            advice = "close other programs, or use a smaller model: nano runs well" if not fit.fits else "make room"
            yield Finding(f"Model {model.name}", "missing", detail, advice, facts)


# around it


def _parts() -> Iterator[Finding]:
    """Libraries that can be done without, one line for those that are there."""
    found = {name: _version(package) for name, (package, _) in _PARTS.items()}
    there = [f"{name} {version}" for name, version in found.items() if version is not None]
    if there:
        yield Finding("Libraries", "ok", ", ".join(there), facts={n: v for n, v in found.items() if v is not None})
    for name, (package, without) in _PARTS.items():
        if found[name] is None:
            yield Finding(name, "missing", f"not installed; without it {without}", f"pip install {package}")


def _version(package: str) -> str | None:
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return None


def _window() -> Finding:
    """Whether Qt can be loaded with all that it needs of the system, and has a display to draw on."""
    try:
        from PySide6 import QtWidgets  # noqa: F401
    except ImportError as error:
        if _version("PySide6-Essentials") is None:
            return Finding("Window", "missing", "PySide6 is not installed", 'pip install "PySide6-Essentials<6.12"')
        detail = f"Qt lacks a library of the system ({error})"
        return Finding("Window", "missing", detail, "start the program by the command in the README, which installs it")
    version = f"PySide6 {_version('PySide6-Essentials')}"
    if not sys.platform.startswith("linux"):
        return Finding("Window", "ok", version)
    for name in ("WAYLAND_DISPLAY", "DISPLAY"):
        if os.environ.get(name):
            return Finding("Window", "ok", f"{version} on {name}={os.environ[name]}")
    return Finding("Window", "missing", f"{version}, but no display", "use the commands ask and talk")


def _sound() -> Iterator[Finding]:
    try:
        devices = audio_devices.list_devices()
    except audio_devices.AudioError as error:
        yield Finding("Sound", "missing", "PortAudio is missing", str(error))
        return
    yield _device("Microphone", devices.inputs, "connect one, or type, or give recordings: talk --input FILE.wav")
    yield _device("Loudspeaker", devices.outputs, "connect one, or read, or save the speech: ask --speech FILE.wav")


def _device(name: str, found: tuple[str, ...], advice: str) -> Finding:
    if not found:
        return Finding(name, "missing", "none", advice, {"names": []})
    shown = ", ".join(found[:3]) + (f" and {len(found) - 3} more" if len(found) > 3 else "")
    return Finding(name, "ok", shown, facts={"names": list(found)})


def _camera() -> Finding:
    """By its device file only: to open a camera would light its lamp."""
    if not sys.platform.startswith("linux"):
        return Finding("Camera", "ok", "not looked for on this system; it is opened when you switch it on")
    found = sorted(str(path) for path in Path("/dev").glob("video*"))
    if not found:
        return Finding("Camera", "missing", "none", "connect one, or drop pictures and videos instead")
    return Finding("Camera", "ok", ", ".join(found), facts={"devices": found})
