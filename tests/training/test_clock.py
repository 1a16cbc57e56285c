"""Stages are trained for so many minutes, and go on from their checkpoints with what is left of them."""

from __future__ import annotations

import sys
import time
from pathlib import Path

import pytest
import torch
from torch import nn

from training.mouth.loop import Loop
from training.wall_clock import train


class Counting:
    """Its steps take a hundredth of a second."""

    def __init__(self, spent: float = 0.0) -> None:
        self.step, self.spent, self.shares, self.saved = 0, spent, [], []

    def train_step(self, share: float) -> dict[str, float]:
        time.sleep(0.01)
        self.step += 1
        self.shares.append(share)
        return {"loss": 1.0 / self.step}

    def save(self, spent: float) -> None:
        self.saved.append(spent)


def test_minutes_of_earlier_runs_count(capsys: pytest.CaptureFixture[str]) -> None:
    stage = Counting(spent=0.9)
    train(stage, minutes=0.02, log_every=10)
    assert 4 <= stage.step <= 35 and stage.shares[0] >= 0.75 and stage.saved and stage.saved[-1] >= 1.2
    out, err = capsys.readouterr()
    assert f"end: step {stage.step}" in out and "loss" in out
    assert not err, "a bar is for somebody who looks on"


def test_a_bar_is_drawn_on_a_terminal(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    train(Counting(), minutes=0.01, log_every=1000)
    assert "of 0.0 min" in capsys.readouterr().err


def test_loop_goes_on_where_it_was_killed(tmp_path: Path) -> None:
    def run(minutes: float, steps: int = 10**6) -> Loop:
        net = nn.Linear(2, 1)
        loop = Loop(tmp_path, "net", minutes, net, 1e-2, save_minutes=0.0)
        for _ in loop:
            loop.step(net(torch.ones(1, 2)).square().mean())
            if loop.steps >= steps:
                break
        return loop

    killed = run(0.02, steps=50)
    again = Loop(tmp_path, "net", 0.02, nn.Linear(2, 1), 1e-2)
    assert again.steps == 49 and 0 < again.spent <= killed.spent, "what followed the last checkpoint is lost, no more"
    ended = run(0.02)
    assert ended.steps > 100 and ended.spent >= 0.02
    assert [share for share in run(0.02)] == []
