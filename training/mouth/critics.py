"""Critics of the vocoder: small networks that learn to tell its sound from recordings. Used in training only.

Spectral losses ask for the right mel and leave open how it sounds: what is uncertain becomes a buzz in the rhythm of
the frames. A critic hears that. Two kinds, as HiFi-GAN and UnivNet have them, a tenth as wide: some fold the samples at
a period and look along and across it (glottal pulses), others look at the spectrogram (noise, consonants).
"""

from __future__ import annotations

from pathlib import Path

import torch
import torch.nn.functional as F
from torch import nn
from torch.nn.utils.parametrizations import weight_norm

PERIODS = (2, 3, 5, 7, 11)
WINDOWS = (512, 1024, 2048)  # samples of a spectrogram's frame, a quarter of that apart
SLOPE = 0.1  # of the rectifier
QUIET = 0.3  # power to which magnitudes are raised, so that quiet parts count


class PeriodCritic(nn.Module):
    """Waves [B, samples] → judgements [B, n], and what its layers saw on the way."""

    def __init__(self, period: int, widths: tuple[int, ...] = (16, 32, 64, 96)) -> None:
        super().__init__()
        self.period = period
        sizes = (1, *widths)
        self.layers = nn.ModuleList(weight_norm(nn.Conv2d(before, after, (5, 1), (3, 1), (2, 0)))
                                    for before, after in zip(sizes, widths))
        self.out = weight_norm(nn.Conv2d(widths[-1], 1, (3, 1), padding=(1, 0)))

    def forward(self, wave: torch.Tensor) -> tuple[torch.Tensor, list[torch.Tensor]]:
        x = F.pad(wave[:, None], (0, -wave.shape[1] % self.period), mode="reflect")
        return _judge(x.unflatten(2, (-1, self.period)), self.layers, self.out)


class SpectrogramCritic(nn.Module):
    """The same by the spectrogram, real and imaginary parts, with frames of so many samples."""

    def __init__(self, window: int, width: int = 16) -> None:
        super().__init__()
        self.size = window
        self.register_buffer("window", torch.hann_window(window), persistent=False)
        layers = [nn.Conv2d(2, width, (7, 3), (2, 1), (3, 1))]
        layers += [nn.Conv2d(width, width, (7, 3), (2, 1), (3, 1)) for _ in range(3)]
        self.layers = nn.ModuleList(map(weight_norm, layers))
        self.out = weight_norm(nn.Conv2d(width, 1, 3, padding=1))

    def forward(self, wave: torch.Tensor) -> tuple[torch.Tensor, list[torch.Tensor]]:
        spectrum = torch.stft(wave, self.size, self.size // 4, self.size, self.window, return_complex=True)
        x = torch.view_as_real(spectrum).permute(0, 3, 1, 2)
        magnitude = x.square().sum(1, keepdim=True).add(1e-7).sqrt()
        return _judge(x * magnitude.pow(QUIET - 1), self.layers, self.out)


def _judge(x: torch.Tensor, layers: nn.ModuleList, out: nn.Module) -> tuple[torch.Tensor, list[torch.Tensor]]:
    seen = []
    for layer in layers:
        x = F.leaky_relu(layer(x), SLOPE)
        seen.append(x)
    return out(x).flatten(1), seen


class Critics(nn.Module):
    """All of them, with their optimiser and the file that keeps both."""

    def __init__(self, path: Path, rate: float = 5e-4) -> None:
        super().__init__()
        self.path = path
        self.all = nn.ModuleList([*map(PeriodCritic, PERIODS), *map(SpectrogramCritic, WINDOWS)])
        self.optimizer = torch.optim.AdamW(self.parameters(), rate, betas=(0.8, 0.99))
        if path.exists():
            state = torch.load(path, weights_only=False)
            self.load_state_dict(state["net"])
            self.optimizer.load_state_dict(state["optimizer"])

    def save(self) -> None:
        part = self.path.with_suffix(".part")
        torch.save({"net": self.state_dict(), "optimizer": self.optimizer.state_dict()}, part)
        part.replace(self.path)

    def learn(self, made: torch.Tensor, recorded: torch.Tensor) -> float:
        """One step towards telling waves [B, samples] apart: 1 for recordings, 0 for what was made. Their loss."""
        loss = made.new_zeros(())
        both = torch.cat([made.detach(), recorded])
        for critic in self.all:
            of_made, of_recorded = critic(both)[0].chunk(2)
            loss = loss + of_made.square().mean() + (1 - of_recorded).square().mean()
        self.optimizer.zero_grad(set_to_none=True)
        loss.backward()
        nn.utils.clip_grad_norm_(self.parameters(), 10.0)
        self.optimizer.step()
        return float(loss.detach()) / len(self.all)

    def judge(self, made: torch.Tensor, recorded: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """(how far what was made is from passing for a recording, how unlike the recording's its layers' views are),
        means over the critics; only ``made`` is given gradients."""
        self.requires_grad_(False)
        passing = likeness = made.new_zeros(())
        for critic in self.all:
            judgement, seen = critic(made)
            with torch.no_grad():
                wanted = critic(recorded)[1]
            passing = passing + (1 - judgement).square().mean()
            likeness = likeness + sum(F.l1_loss(a, b) / b.abs().mean() for a, b in zip(seen, wanted)) / len(seen)
        self.requires_grad_(True)
        return passing / len(self.all), likeness / len(self.all)
