"""What every training stage shares: the clock, the learning rate, the log and resumable checkpoints."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from pathlib import Path

import torch
from torch import nn


class Loop:
    """Counts CPU minutes (not wall clock: the machine is shared), saves, resumes and logs.

    ``for progress in loop:`` yields 0 → 1 over the planned CPU minutes; call ``loop.step(loss)`` once an iteration.
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
        if self.path.exists():
            state = torch.load(self.path, weights_only=False)
            net.load_state_dict(state["net"])
            if "optimizer" in state:
                self.optimizer.load_state_dict(state["optimizer"])
                self.steps, self.spent = state["steps"], state["spent"]
            print(f"resumed {self.path.name} at step {self.steps}, {self.spent:.1f} CPU min", flush=True)

    def __iter__(self) -> Iterator[float]:
        begin, saved = time.process_time() - 60 * self.spent, self.spent
        self.began = time.time()
        while True:
            self.spent = (time.process_time() - begin) / 60
            progress = self.spent / self.minutes
            if progress >= 1:
                break
            decay = min(1.0, max(0.03, (1 - progress) / (1 - self.hold)))
            for group in self.optimizer.param_groups:
                group["lr"] = self.rate * min(1.0, (self.steps + 1) / self.warm) * decay
            yield progress
            if self.spent - saved > self.save_minutes:
                self.save()
                saved = self.spent
        self.save()

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
