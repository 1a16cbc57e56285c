"""`doctor --gpu-report`: what a card does with a model, measured on the machine that has it, as one JSON and one page.

Parity with the processor, memory against the plan, first sound, real-time factor and steps a second. Nothing private is
written: no names of people, machines or folders, only the card, versions and numbers. With `--device cpu` the processor
stands in for the card, so that the code runs everywhere; the page says so and claims nothing of a card.
"""

from __future__ import annotations

import html
import json
import platform
import statistics
import time
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from model.engine import Engine

QUESTION = "Why is the sky blue?"
_ROUNDS = 3
_GIB = 1 << 30


@dataclass
class Report:
    """Everything that is told; seconds, GiB, steps a second."""

    card: str
    measured_a_card: bool
    torch: str
    driver: str
    model: str
    precision: str
    same_tokens: bool = False
    same_codes: bool = False
    wave_snr_db: float = 0.0
    planned_gib: float = 0.0
    used_gib: float = 0.0
    load_seconds: float = 0.0
    first_text: list[float] = field(default_factory=list)
    first_sound: list[float] = field(default_factory=list)
    real_time_factor: list[float] = field(default_factory=list)
    thinker_steps: list[float] = field(default_factory=list)
    talker_steps: list[float] = field(default_factory=list)
    seconds: float = 0.0


def write(folder: Path, model: str, device: str) -> tuple[Path, Path]:
    """Measure, and write gpu-report.json and gpu-report.html into `folder`."""
    report = measure(model, device)
    folder.mkdir(parents=True, exist_ok=True)
    data, page = folder / "gpu-report.json", folder / "gpu-report.html"
    data.write_text(json.dumps(asdict(report), indent=1) + "\n", encoding="utf-8")
    page.write_text(as_html(report), encoding="utf-8")
    return data, page


def measure(model: str, device: str) -> Report:
    """Load and ask a few times; some minutes at most."""
    import torch

    from model import load
    from model.checkpoint.load import find_device, release_memory

    begun = time.perf_counter()
    chosen = find_device(device)
    on_card = chosen.type == "cuda"
    name = torch.cuda.get_device_name(chosen) if on_card else f"processor ({platform.machine()})"
    driver = str(torch.version.cuda) if on_card else ""
    report = Report(name, on_card, torch.__version__, driver, "", "")

    there = _reply(load("nano", device="cpu", precision="fp32"))
    here = _reply(load("nano", device=str(chosen), precision="fp32"))
    report.same_tokens, report.same_codes = there[0] == here[0], there[1] == here[1]
    report.wave_snr_db = _snr(there[2], here[2])

    release_memory(chosen)
    if on_card:
        torch.cuda.reset_peak_memory_stats(chosen)
    loading = time.perf_counter()
    engine = load(model, device=device)
    report.load_seconds = time.perf_counter() - loading
    report.model, report.precision = model if model in ("nano", "3b", "7b") else "a folder", engine.precision
    for _ in range(_ROUNDS):
        _speed(engine, report)
    assert engine.plan is not None
    fixed = engine.plan.fixed
    report.planned_gib = (engine.plan.peak - fixed) / _GIB
    report.used_gib = (torch.cuda.max_memory_allocated(chosen) if on_card else _used(engine)) / _GIB
    report.seconds = time.perf_counter() - begun
    return report


def _reply(engine: Engine) -> tuple[list[int], list[int], np.ndarray]:
    """Tokens, codes and samples of one greedy answer, decoded whole as the reference does."""
    from model.events import Done, SpeechChunk

    sound, done = [np.zeros(0, np.float32)], None
    with engine.conversation() as talk:
        talk.say(QUESTION)
        options = {"max_text_tokens": 16, "max_speech_seconds": 2.0, "whole_utterance": True}
        for event in talk.reply(seed=0, greedy=True, **options):  # type: ignore[arg-type]
            if isinstance(event, SpeechChunk):
                sound.append(event.samples)
            elif isinstance(event, Done):
                done = event
    assert done is not None
    return done.text_tokens, done.speech_codes, np.concatenate(sound)


def _speed(engine: Engine, report: Report) -> None:
    from model.events import Done

    for speech in (False, engine.talker is not None):
        with engine.conversation() as talk:
            talk.say(QUESTION)
            done = list(talk.reply(seed=1, speech=speech, max_text_tokens=48, max_speech_seconds=8.0))[-1]
        assert isinstance(done, Done)
        after_prompt = done.timings["total"] - done.timings["encode"] - done.timings["prefill"]
        if not speech:
            report.first_text.append(done.timings.get("first_text", 0.0))
            report.thinker_steps.append(len(done.text_tokens) / max(after_prompt, 1e-9))
        elif done.samples:
            report.first_sound.append(done.timings["first_audio"])
            report.real_time_factor.append(done.timings["total"] * done.sample_rate / done.samples)
            report.talker_steps.append(len(done.speech_codes) / max(after_prompt, 1e-9))


def _used(engine: Engine) -> int:
    """On a processor nobody counts: what the parts and one conversation's caches take."""
    parts = [part for part in (engine.thinker, engine.talker, engine.token2wav) if part is not None]
    every = [tensor for part in parts for tensor in (*part.parameters(), *part.buffers())]
    held = {tensor.untyped_storage().data_ptr(): tensor.nbytes for tensor in every}
    return sum(held.values()) + (sum(engine.plan.cache.values()) if engine.plan else 0)


def _snr(expected: np.ndarray, found: np.ndarray) -> float:
    """Decibels; 0 where they are not even of one length, 200 where they are the same."""
    if expected.shape != found.shape or not expected.size:
        return 0.0
    noise = float(np.square(expected - found).sum())
    return 200.0 if noise == 0 else min(200.0, 10 * float(np.log10(np.square(expected).sum() / noise)))


# the page


def as_html(report: Report) -> str:
    """One page with its pictures inside; no script, nothing fetched."""
    heading = "Measured on a graphics card" if report.measured_a_card else "No graphics card was measured"
    note = (
        ""
        if report.measured_a_card
        else "<p><b>The processor stood in for the card. These figures say that the measurement works, and nothing "
        "about any card.</b> Memory is that of weights and caches, without work in progress.</p>"
    )
    facts = [
        ("device", report.card), ("PyTorch", report.torch), ("CUDA", report.driver or "none"),
        ("model", f"{report.model} in {report.precision}"), ("loaded in", f"{report.load_seconds:.1f} s"),
        ("same text as on the processor", _yes(report.same_tokens)),
        ("same speech codes", _yes(report.same_codes)), ("waveform", f"{report.wave_snr_db:.0f} dB"),
        ("measured in", f"{report.seconds:.0f} s"),
    ]
    rows = "".join(f"<tr><th>{html.escape(name)}</th><td>{html.escape(value)}</td></tr>" for name, value in facts)
    pictures = [
        _bars("Memory, GiB", [("planned", report.planned_gib), ("used", report.used_gib)]),
        _bars("Seconds until", [
            ("first text", _middle(report.first_text)), ("first sound", _middle(report.first_sound)),
        ]),
        _bars("Steps a second (speech needs 50)", [
            ("Thinker alone", _middle(report.thinker_steps)), ("Talker, with all else", _middle(report.talker_steps)),
        ]),
        _bars("Real-time factor (below 1 keeps up)", [("answer", _middle(report.real_time_factor)), ("limit", 1.0)]),
    ]
    return (
        '<!doctype html><html lang="en"><meta charset="utf-8"><title>Vis-à-vis on this card</title>'
        "<style>body{font:16px system-ui;max-width:46em;margin:2em auto;padding:0 1em}th{text-align:left;"
        "padding-right:2em;font-weight:500}svg{width:100%;height:auto;margin:1em 0}</style>"
        f"<h1>{heading}</h1>{note}<table>{rows}</table>{''.join(pictures)}</html>\n"
    )


def _yes(same: bool) -> str:
    return "yes" if same else "no"


def _middle(values: list[float]) -> float:
    return statistics.median(values) if values else 0.0


def _bars(title: str, values: list[tuple[str, float]]) -> str:
    """An SVG of horizontal bars with their numbers."""
    longest = max([value for _, value in values] + [1e-9])
    rows: list[Any] = []
    for index, (name, value) in enumerate(values):
        y = 34 + 30 * index
        rows.append(
            f'<text x="0" y="{y + 15}" font-size="14">{html.escape(name)}</text>'
            f'<rect x="170" y="{y}" width="{380 * value / longest:.1f}" height="20" fill="#3b6ea5"/>'
            f'<text x="{178 + 380 * value / longest:.1f}" y="{y + 15}" font-size="14">{value:.2f}</text>'
        )
    height = 40 + 30 * len(values)
    return (
        f'<svg viewBox="0 0 640 {height}" role="img" aria-label="{html.escape(title)}">'
        f'<text x="0" y="18" font-size="16" font-weight="600">{html.escape(title)}</text>{"".join(rows)}</svg>'
    )
