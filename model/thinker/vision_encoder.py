"""The eye: patches of pictures and video frames → one Thinker embedding per 2×2 patches (paper §2.1).

Most layers attend inside windows of 112 pixels, a few over the whole frame pair, none across frame pairs: each pair can
be encoded when it arrives. Patches come in 2×2-merge order, as `model.prompt.patches` lays them out.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from model.config import VisionEncoderConfig
from model.layers import GatedMLP, RMSNorm


@dataclass(frozen=True)
class PatchGrid:
    """Size of a picture or video in patches: frame pairs × rows × columns, before the 2×2 merge."""

    pairs: int
    rows: int
    columns: int

    @property
    def patches(self) -> int:
        return self.pairs * self.rows * self.columns


class VisionAttention(nn.Module):
    def __init__(self, config: VisionEncoderConfig) -> None:
        super().__init__()
        self.heads = config.num_heads
        size = config.hidden_size
        self.q, self.k, self.v = (nn.Linear(size, size) for _ in range(3))
        self.proj = nn.Linear(size, size)

    def forward(self, x: Tensor, rope: tuple[Tensor, Tensor], lengths: list[int]) -> Tensor:
        """[S, size]; attention stays inside each of the successive `lengths`."""
        q, k, v = (part(x).unflatten(-1, (self.heads, -1)) for part in (self.q, self.k, self.v))
        q, k = _rotate(q, *rope), _rotate(k, *rope)
        out = torch.empty_like(q)
        for rows in _spans_by_length(lengths):  # those of one length in one product: windows and pairs are many
            q_rows, k_rows, v_rows = (x[rows].transpose(1, 2) for x in (q, k, v))
            out[rows] = F.scaled_dot_product_attention(q_rows, k_rows, v_rows).transpose(1, 2)
        return self.proj(out.flatten(1))


def _spans_by_length(lengths: list[int]) -> list[Tensor]:
    """Successive spans, those of one length together: rows [spans, length]."""
    starts = torch.tensor([0, *lengths]).cumsum(0)[:-1]
    of = torch.tensor(lengths)
    return [starts[of == length, None] + torch.arange(length) for length in sorted(set(lengths))]


def _rotate(x: Tensor, cos: Tensor, sin: Tensor) -> Tensor:
    """Rotate [S, heads, D] by tables [S, D] in float32, as the reference does."""
    wide = x.float()
    first, second = wide.chunk(2, dim=-1)
    turned = wide * cos[:, None] + torch.cat([-second, first], dim=-1) * sin[:, None]
    return turned.to(x.dtype)


class VisionBlock(nn.Module):
    def __init__(self, config: VisionEncoderConfig) -> None:
        super().__init__()
        self.norm1 = RMSNorm(config.hidden_size, 1e-6)
        self.norm2 = RMSNorm(config.hidden_size, 1e-6)
        self.attn = VisionAttention(config)
        self.mlp = GatedMLP(config.hidden_size, config.intermediate_size, bias=True)

    def forward(self, x: Tensor, rope: tuple[Tensor, Tensor], lengths: list[int]) -> Tensor:
        x = x + self.attn(self.norm1(x), rope, lengths)
        return x + self.mlp(self.norm2(x))


class PatchEmbed(nn.Module):
    def __init__(self, config: VisionEncoderConfig) -> None:
        super().__init__()
        kernel = (config.temporal_patch_size, config.patch_size, config.patch_size)
        self.shape = (config.in_channels, *kernel)
        self.proj = nn.Conv3d(config.in_channels, config.hidden_size, kernel, stride=kernel, bias=False)

    def forward(self, patches: Tensor) -> Tensor:
        """[S, channels * 2 * 14 * 14] → [S, hidden]; stride equals kernel, so the convolution is one product."""
        return patches.to(self.proj.weight.dtype) @ self.proj.weight.flatten(1).T


class PatchMerger(nn.Module):
    def __init__(self, config: VisionEncoderConfig) -> None:
        super().__init__()
        self.merged = config.hidden_size * config.spatial_merge_size**2
        self.ln_q = RMSNorm(config.hidden_size, 1e-6)
        self.mlp = nn.Sequential(
            nn.Linear(self.merged, self.merged), nn.GELU(), nn.Linear(self.merged, config.out_hidden_size)
        )

    def forward(self, x: Tensor) -> Tensor:
        return self.mlp(self.ln_q(x).view(-1, self.merged))


class VisionEncoder(nn.Module):
    def __init__(self, config: VisionEncoderConfig) -> None:
        super().__init__()
        self.config = config
        self.patch_embed = PatchEmbed(config)
        self.blocks = nn.ModuleList(VisionBlock(config) for _ in range(config.depth))
        self.merger = PatchMerger(config)

    def forward(self, patches: Tensor, grid: PatchGrid) -> Tensor:
        """[pairs * rows * columns, pixels] → [that / 4, out_hidden_size], in reading order of the merged patches."""
        unit = self.config.spatial_merge_size**2
        order, windows = self._window_order(grid)
        x = self.patch_embed(patches).unflatten(0, (-1, unit))[order].flatten(0, 1)
        angles = self._rotary_angles(grid).unflatten(0, (-1, unit))[order.cpu()].flatten(0, 1).to(x.device)
        doubled = torch.cat([angles, angles], dim=-1)
        rope = (doubled.cos(), doubled.sin())
        frames = [grid.rows * grid.columns] * grid.pairs
        for index, block in enumerate(self.blocks):
            x = block(x, rope, frames if index in self.config.fullatt_block_indexes else windows)
        return self.merger(x)[torch.argsort(order)]

    def _rotary_angles(self, grid: PatchGrid) -> Tensor:
        """[S, head_dim / 2]: a quarter of the head turns with the row, a quarter with the column."""
        merge = self.config.spatial_merge_size
        quarter = self.config.hidden_size // self.config.num_heads // 2
        frequencies = 1.0 / (10000.0 ** (torch.arange(0, quarter, 2, dtype=torch.float) / quarter))

        def in_merge_order(values: Tensor) -> Tensor:
            blocks = values.reshape(grid.rows // merge, merge, grid.columns // merge, merge)
            return blocks.transpose(1, 2).flatten()

        rows = in_merge_order(torch.arange(grid.rows)[:, None].expand(-1, grid.columns))
        columns = in_merge_order(torch.arange(grid.columns)[None].expand(grid.rows, -1))
        angles = torch.cat([rows[:, None] * frequencies, columns[:, None] * frequencies], dim=-1)
        return angles.repeat(grid.pairs, 1)

    def _window_order(self, grid: PatchGrid) -> tuple[Tensor, list[int]]:
        """The order in which merged patches stand window by window, and the patches of each window."""
        merge = self.config.spatial_merge_size
        side = self.config.window_size // merge // self.config.patch_size
        rows, columns = grid.rows // merge, grid.columns // merge
        index = torch.arange(grid.pairs * rows * columns).view(grid.pairs, rows, columns)
        windows = [
            pair[top : top + side, left : left + side].flatten()
            for pair in index
            for top in range(0, rows, side)
            for left in range(0, columns, side)
        ]
        device = self.patch_embed.proj.weight.device
        return torch.cat(windows).to(device), [len(window) * merge**2 for window in windows]
