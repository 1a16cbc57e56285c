"""What every training stage shares: the clock, the learning rate, the log and resumable checkpoints."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from pathlib import Path

import torch
from torch import nn

from training.wall_clock import progress


def deadline(clock: str | None) -> float | None:
    """The next time it is HH:MM (UTC), in seconds since 1970."""
    if not clock:
        return None
    hours, minutes = map(int, clock.split(":"))
    today = int(time.time()) // 86400 * 86400 + 3600 * hours + 60 * minutes
    return today if today > time.time() else today + 86400


class Loop:
    """Counts CPU minutes (not wall clock: the machine is shared), saves, resumes and logs.

    ``for share in loop:`` yields 0 → 1 over the planned CPU minutes; call ``loop.step(loss)`` once an iteration.
    The environment variable TRAIN_UNTIL (HH:MM, UTC) shortens the plan to what can be done by then, so that the
    learning rate has come down in time however busy the machine is.
    """

    def __init__(self, folder: Path, name: str, minutes: float, net: nn.Module, rate: float, hold: float = 0.4,
                 betas: tuple[float, float] = (0.9, 0.98), decay: float = 0.01, clip: float = 1.0,
                 warm: int = 100, save_minutes: float = 1.0) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.path = folder / f"{name}.pt"
        self.minutes, self.rate, self.hold, self.clip, self.warm = minutes, rate, hold, clip, warm
        self.net, self.save_minutes = net, save_minutes
        matrices = [p for p in net.parameters() if p.requires_grad and p.dim() > 1]
        vectors = [p for p in net.parameters() if p.requires_grad and p.dim() <= 1]
        self.optimizer = torch.optim.AdamW([{"params": matrices, "weight_decay": decay},
                                            {"params": vectors, "weight_decay": 0.0}], rate, betas=betas)
        self.steps, self.spent, self.means = 0, 0.0, {}
        self.resumed = self.path.exists()
        self.until = deadline(os.environ.get("TRAIN_UNTIL"))
        if self.path.exists():
            state = torch.load(self.path, weights_only=False)
            if missing := net.load_state_dict(state["net"], strict="optimizer" in state).missing_keys:
                print(f"began afresh: {', '.join(missing)}", flush=True)
            if "optimizer" in state:
                self.optimizer.load_state_dict(state["optimizer"])
                self.steps, self.spent = state["steps"], state["spent"]
            print(f"resumed {self.path.name} at step {self.steps}, {self.spent:.1f} CPU min", flush=True)

    def __iter__(self) -> Iterator[float]:
        begin, first, saved = time.process_time() - 60 * self.spent, self.spent, self.spent
        self.began = time.time()
        bar = progress(self.minutes)
        while True:
            self.spent = (time.process_time() - begin) / 60
            bar.total = self._planned(self.spent - first)
            bar.update(self.spent - bar.n)
            share = self.spent / bar.total
            if share >= 1:
                break
            decay = min(1.0, max(0.03, (1 - share) / (1 - self.hold)))
            for group in self.optimizer.param_groups:
                group["lr"] = self.rate * min(1.0, (self.steps + 1) / self.warm) * decay
            yield share
            if self.spent - saved > self.save_minutes:
                self.save()
                saved = self.spent
        bar.close()
        self.save()

    def _planned(self, done: float) -> float:
        """CPU minutes in all: as asked, or as many as the deadline leaves at the present pace."""
        passed = (time.time() - self.began) / 60
        if self.until is None:
            return self.minutes
        pace = (done + 1) / (passed + 2)  # half a core, until there is something to go by
        left = max(0.0, (self.until - time.time()) / 60)
        return max(min(self.minutes, self.spent + pace * left), 1e-6)

    def step(self, loss: torch.Tensor, every: int = 50, **shown: float) -> None:
        """One optimiser step; ``shown`` values are smoothed and logged."""
        self.optimizer.zero_grad(set_to_none=True)
        loss.backward()
        norm = float(nn.utils.clip_grad_norm_(self.net.parameters(), self.clip))
        if norm == norm and norm != float("inf"):
            self.optimizer.step()
        self.steps += 1
        for key, value in {"loss": float(loss.detach()), "norm": norm, **shown}.items():
            self.means[key] = 0.95 * self.means[key] + 0.05 * value if key in self.means else value
        if self.steps % every == 0:
            text = " ".join(f"{k} {v:.4f}" for k, v in self.means.items())
            print(f"wall {(time.time() - self.began) / 60:.1f} cpu {self.spent:.2f} step {self.steps} {text}",
                  flush=True)

    def save(self) -> None:
        part = self.path.with_suffix(".part")
        torch.save({"net": self.net.state_dict(), "optimizer": self.optimizer.state_dict(), "steps": self.steps,
                    "spent": self.spent}, part)
        os.replace(part, self.path)
