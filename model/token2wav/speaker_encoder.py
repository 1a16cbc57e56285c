"""ECAPA-TDNN: a reference mel → one vector that describes the voice (Desplanques et al. 2020; paper §2.4)."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from model.config import DiTConfig


class TimeDelayBlock(nn.Module):
    """A dilated convolution that keeps the length by reflecting the borders, and a ReLU."""

    def __init__(self, wide: int, narrow: int, kernel: int, dilation: int) -> None:
        super().__init__()
        self.conv = nn.Conv1d(wide, narrow, kernel, dilation=dilation, padding="same", padding_mode="reflect")

    def forward(self, x: Tensor) -> Tensor:
        return F.relu(self.conv(x))


class Res2NetBlock(nn.Module):
    """The channels in `scale` groups; each group's convolution also sees the output of the group before."""

    def __init__(self, channels: int, scale: int, kernel: int, dilation: int) -> None:
        super().__init__()
        self.scale = scale
        self.blocks = nn.ModuleList(
            TimeDelayBlock(channels // scale, channels // scale, kernel, dilation) for _ in range(scale - 1)
        )

    def forward(self, x: Tensor) -> Tensor:
        parts = x.chunk(self.scale, dim=1)
        out = [parts[0]]
        for index, (block, part) in enumerate(zip(self.blocks, parts[1:])):
            out.append(block(part if index == 0 else part + out[-1]))
        return torch.cat(out, dim=1)


class SqueezeExcitation(nn.Module):
    """Scales each channel by what its mean over time says."""

    def __init__(self, channels: int, squeezed: int) -> None:
        super().__init__()
        self.conv1 = nn.Conv1d(channels, squeezed, 1, padding="same", padding_mode="reflect")
        self.conv2 = nn.Conv1d(squeezed, channels, 1, padding="same", padding_mode="reflect")

    def forward(self, x: Tensor) -> Tensor:
        mean = x.mean(dim=2, keepdim=True)
        return x * self.conv2(F.relu(self.conv1(mean))).sigmoid()


class SERes2NetBlock(nn.Module):
    def __init__(self, channels: int, config: DiTConfig, kernel: int, dilation: int) -> None:
        super().__init__()
        self.tdnn1 = TimeDelayBlock(channels, channels, 1, 1)
        self.res2net_block = Res2NetBlock(channels, config.enc_res2net_scale, kernel, dilation)
        self.tdnn2 = TimeDelayBlock(channels, channels, 1, 1)
        self.se_block = SqueezeExcitation(channels, config.enc_se_channels)

    def forward(self, x: Tensor) -> Tensor:
        return x + self.se_block(self.tdnn2(self.res2net_block(self.tdnn1(x))))


class AttentiveStatistics(nn.Module):
    """Mean and deviation over time, weighted by an attention that sees the unweighted ones."""

    def __init__(self, channels: int, hidden: int) -> None:
        super().__init__()
        self.tdnn = TimeDelayBlock(3 * channels, hidden, 1, 1)
        self.conv = nn.Conv1d(hidden, channels, 1, padding="same", padding_mode="reflect")

    def forward(self, x: Tensor) -> Tensor:
        """[B, C, T] → [B, 2 C, 1]."""
        even = torch.full_like(x[:, :1], 1 / x.shape[2])
        mean, deviation = _statistics(x, even)
        seen = torch.cat([x, *(s[..., None].expand_as(x) for s in (mean, deviation))], dim=1)
        weights = self.conv(torch.tanh(self.tdnn(seen))).softmax(dim=2)
        return torch.cat(_statistics(x, weights), dim=1)[..., None]


def _statistics(x: Tensor, weights: Tensor) -> tuple[Tensor, Tensor]:
    mean = (weights * x).sum(2)
    deviation = (weights * (x - mean[..., None]).pow(2)).sum(2).clamp(1e-12).sqrt()
    return mean, deviation


class SpeakerEncoder(nn.Module):
    """Mel [B, T, 80] → [B, enc_dim]."""

    def __init__(self, config: DiTConfig) -> None:
        super().__init__()
        channels, kernels, dilations = config.enc_channels, config.enc_kernel_sizes, config.enc_dilations
        self.blocks = nn.ModuleList([TimeDelayBlock(config.mel_dim, channels[0], kernels[0], dilations[0])])
        for channel, kernel, dilation in list(zip(channels, kernels, dilations))[1:-1]:
            self.blocks.append(SERes2NetBlock(channel, config, kernel, dilation))
        self.mfa = TimeDelayBlock(sum(channels[1:-1]), channels[-1], kernels[-1], dilations[-1])
        self.asp = AttentiveStatistics(channels[-1], config.enc_attention_channels)
        self.fc = nn.Conv1d(2 * channels[-1], config.enc_dim, 1, padding="same", padding_mode="reflect")

    def forward(self, mel: Tensor) -> Tensor:
        x = mel.transpose(1, 2)
        outputs = []
        for block in self.blocks:
            x = block(x)
            outputs.append(x)
        x = self.mfa(torch.cat(outputs[1:], dim=1))
        return self.fc(self.asp(x)).squeeze(-1)
