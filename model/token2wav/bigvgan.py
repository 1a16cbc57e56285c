"""The vocoder: mel spectrogram → 24 kHz waveform (BigVGAN; reference class Qwen2_5OmniToken2WavBigVGANModel).

Transposed convolutions raise 100 frames a second to 24000 samples a second; after each, residual blocks with
the periodic snake activation shape the wave. Every activation runs at twice its rate between two low-pass
filters, so that the overtones it creates do not fold back (anti-aliasing). Parameter names are those of the
official checkpoint.

All padding is symmetric: a frame of sound depends on `context` frames before and after it.
"""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn

from model.config import BigVGANConfig

FLOOR_DB, REFERENCE_DB = -115.0, 20.0
_INAUDIBLE = 1e-5  # of full scale, -100 dB
TAPS = 12  # of the low-pass filters; two phases of six


def low_pass(cutoff: float = 0.25, half_width: float = 0.3, taps: int = TAPS) -> Tensor:
    """Kaiser-windowed sinc [taps] whose sum is 1; frequencies as fractions of the rate."""
    attenuation = 2.285 * (taps // 2 - 1) * math.pi * 4 * half_width + 7.95
    beta = 0.0
    if attenuation > 50.0:
        beta = 0.1102 * (attenuation - 8.7)
    elif attenuation >= 21.0:
        beta = 0.5842 * (attenuation - 21) ** 0.4 + 0.07886 * (attenuation - 21.0)
    window = torch.kaiser_window(taps, beta=beta, periodic=False, dtype=torch.float32)
    times = torch.arange(-(taps // 2), taps // 2) + 0.5
    kernel = 2 * cutoff * window * torch.sinc(2 * cutoff * times)
    return kernel / kernel.sum()


class SnakeBeta(nn.Module):
    """x + sin²(αx)/β, α and β learned per channel as logarithms."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.alpha = nn.Parameter(torch.zeros(channels))
        self.beta = nn.Parameter(torch.zeros(channels))

    def forward(self, x: Tensor) -> Tensor:
        """[B, C, ...] → the same."""
        shape = (1, -1) + (1,) * (x.dim() - 2)
        alpha, beta = self.alpha.exp().view(shape), self.beta.exp().view(shape)
        sine = torch.sin(x * alpha)
        return torch.addcmul(x, sine, sine / (beta + 1e-9))


class AliasFreeSnake(nn.Module):
    """Twice the rate → snake → back. `anti_aliased = False` leaves the two filters out (faster training).

    Each filter is one matrix product over overlapping stretches of the signal: the numbers of the reference's
    depthwise convolutions in a third of their time on a CPU, forwards and backwards.
    """

    STRETCH = 40  # samples a row of the product
    up: Tensor
    down: Tensor

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.act = SnakeBeta(channels)
        self.anti_aliased = True
        taps, half, size = low_pass(), TAPS // 2, self.STRETCH
        up, down = torch.zeros(size + half, 2 * size), torch.zeros(2 * size + TAPS - 2, size)
        for sample in range(size):
            up[sample : sample + half, 2 * sample] = 2 * taps.flip(0)[0::2]
            up[sample + 1 : sample + 1 + half, 2 * sample + 1] = 2 * taps.flip(0)[1::2]
            down[2 * sample : 2 * sample + TAPS, sample] = taps
        self.register_buffer("up", up, persistent=False)
        self.register_buffer("down", down, persistent=False)

    def forward(self, x: Tensor) -> Tensor:
        """[B, C, T] → the same."""
        if not self.anti_aliased:
            return self.act(x)
        length, size, half = x.shape[2], self.STRETCH, TAPS // 2
        missing = -length % size
        wide = _filtered(_extended(x, half // 2, half // 2 + missing), self.up, size)
        wide = self.act(wide[:, :, : 2 * length])
        wide = _extended(wide, half - 1, half - 1 + 2 * missing)
        return _filtered(wide, self.down, 2 * size)[:, :, :length]


def _extended(x: Tensor, before: int, behind: int) -> Tensor:
    """[B, C, T] with its first and last samples repeated; much faster than F.pad's way on a processor."""
    first, last = x[:, :, :1].expand(-1, -1, before), x[:, :, -1:].expand(-1, -1, behind)
    return torch.cat([first, x, last], dim=2)


def _filtered(x: Tensor, filters: Tensor, step: int) -> Tensor:
    """Stretches of [B, C, T] that begin at multiples of `step`, times filters [stretch, out] → [B, C, n · out]."""
    stretches = x.unfold(2, len(filters), step)
    return (stretches.reshape(-1, len(filters)) @ filters).view(*x.shape[:2], -1)


class ResidualBlock(nn.Module):
    """Three pairs of convolutions, the first of each pair dilated; AMPBlock in the reference."""

    def __init__(self, channels: int, kernel: int, dilations: tuple[int, ...]) -> None:
        super().__init__()

        def conv(dilation: int) -> nn.Conv1d:
            return nn.Conv1d(channels, channels, kernel, dilation=dilation, padding=(kernel - 1) * dilation // 2)

        self.convs1 = nn.ModuleList(conv(dilation) for dilation in dilations)
        self.convs2 = nn.ModuleList(conv(1) for _ in dilations)
        self.activations = nn.ModuleList(AliasFreeSnake(channels) for _ in range(2 * len(dilations)))

    def forward(self, x: Tensor) -> Tensor:
        for index, (dilated, plain) in enumerate(zip(self.convs1, self.convs2)):
            inner = dilated(self.activations[2 * index](x))
            x = x + plain(self.activations[2 * index + 1](inner))
        return x


class BigVGAN(nn.Module):
    """Mel [B, 80, frames] → waveform [B, frames × product of upsample_rates] in [-1, 1]."""

    def __init__(self, config: BigVGANConfig) -> None:
        super().__init__()
        self.config = config
        self.parallel = len(config.resblock_kernel_sizes)
        widths = [config.upsample_initial_channel // 2**i for i in range(len(config.upsample_rates) + 1)]
        self.conv_pre = nn.Conv1d(config.mel_dim, widths[0], 7, padding=3)
        self.ups = nn.ModuleList(
            nn.Sequential(nn.ConvTranspose1d(wide, narrow, kernel, rate, padding=(kernel - rate) // 2))
            for wide, narrow, rate, kernel in zip(
                widths, widths[1:], config.upsample_rates, config.upsample_kernel_sizes
            )
        )
        self.resblocks = nn.ModuleList(
            ResidualBlock(width, kernel, dilations)
            for width in widths[1:]
            for kernel, dilations in zip(config.resblock_kernel_sizes, config.resblock_dilation_sizes)
        )
        self.activation_post = AliasFreeSnake(widths[-1])
        self.conv_post = nn.Conv1d(widths[-1], 1, 7, padding=3, bias=False)

    @property
    def hop(self) -> int:
        """Samples a mel frame."""
        return math.prod(self.config.upsample_rates)

    @property
    def context(self) -> int:
        """Mel frames on either side that a sample can depend on."""
        rate, reach = 1.0, 3.0  # frames; the first convolution is 7 wide
        filters = TAPS // 4 + TAPS // 4  # samples that an activation's two filters reach
        longest = max(
            sum((kernel - 1) // 2 * (dilation + 1) + 2 * filters for dilation in dilations)
            for kernel, dilations in zip(self.config.resblock_kernel_sizes, self.config.resblock_dilation_sizes)
        )
        for up, kernel in zip(self.config.upsample_rates, self.config.upsample_kernel_sizes):
            reach += (kernel - up) / 2 / up / rate + 1 / rate
            rate *= up
            reach += longest / rate
        return math.ceil(reach + (filters + 3) / rate)

    def reach(self, mel: Tensor) -> int:
        """Frames on either side that a sample depends on in more than a hundred-thousandth of full scale, measured on
        log-mel [1, T, 80] of speech: about half of `context`, since the outer taps of the filters are next to nothing.
        """
        half = 2 * self.context
        if mel.shape[1] < 2 * half:
            return self.context
        mel = mel[:, : 2 * half]
        turned = mel.flip(1)
        whole = self(mel.transpose(1, 2))[0]
        reaches = [0]
        for first, second in ((mel, turned), (turned, mel)):  # another future, then another past
            other = self(torch.cat([first[:, :half], second[:, half:]], dim=1).transpose(1, 2))[0]
            differs = ((whole - other).abs() > _INAUDIBLE).nonzero().flatten() / self.hop
            kept = differs < half if first is mel else differs >= half
            distances = (differs[kept] - half).abs()
            reaches.append(math.ceil(float(distances.max())) if len(distances) else 0)
        return min(self.context, max(reaches) + 1)

    def anti_aliasing(self, on: bool) -> None:
        """Switch the filters around every activation (always on, except in most of the training)."""
        for module in self.modules():
            if isinstance(module, AliasFreeSnake):
                module.anti_aliased = on

    @staticmethod
    def scaled(mel: Tensor) -> Tensor:
        """Natural logarithm of amplitude → decibels → [-1, 1], clipped, as the official preprocessing does."""
        decibels = torch.clamp(mel * (20 / math.log(10)), min=FLOOR_DB) - REFERENCE_DB
        return torch.clamp(2 * (decibels - FLOOR_DB) / -FLOOR_DB - 1, -1.0, 1.0)

    def forward(self, mel: Tensor) -> Tensor:
        x = self.conv_pre(self.scaled(mel))
        for stage, up in enumerate(self.ups):
            x = up(x)
            blocks = self.resblocks[stage * self.parallel : (stage + 1) * self.parallel]
            x = torch.stack([block(x) for block in blocks]).mean(0) if self.parallel > 1 else blocks[0](x)
        return self.conv_post(self.activation_post(x)).clamp(-1.0, 1.0).squeeze(1)
