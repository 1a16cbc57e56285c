"""The ear: log-mel frames → one Thinker embedding every 40 ms, in independent blocks (paper §2.1, block-wise):
2 s in the official checkpoints, 6 in nano, whose small Thinker cannot make a word of two halves (decision 0014).

No block looks at another, so a finished block can be encoded while the speaker goes on and never changes again.
"""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from model.bounds import MEL_FRAMES
from model.config import AudioEncoderConfig
from model.thinker.spelling import Spelling
from model.thinker.spoken_words import SpokenWords


def audio_tokens(frames: int) -> int:
    """Tokens of a clip of `frames` mel frames: two halvings, the odd frame at the end dropped by the second."""
    return ((frames - 1) // 2 + 1) // 2


def sinusoids(length: int, channels: int) -> Tensor:
    """[length, channels] sines then cosines of Whisper's position table."""
    step = math.log(10000) / (channels // 2 - 1)
    scaled = torch.arange(length)[:, None] * torch.exp(-step * torch.arange(channels // 2).float())
    return torch.cat([scaled.sin(), scaled.cos()], dim=1)


class AudioAttention(nn.Module):
    def __init__(self, config: AudioEncoderConfig) -> None:
        super().__init__()
        self.heads = config.encoder_attention_heads
        self.k_proj = nn.Linear(config.d_model, config.d_model, bias=False)
        self.v_proj = nn.Linear(config.d_model, config.d_model)
        self.q_proj = nn.Linear(config.d_model, config.d_model)
        self.out_proj = nn.Linear(config.d_model, config.d_model)

    def forward(self, x: Tensor) -> Tensor:
        batch, length, size = x.shape
        q, k, v = (
            proj(x).view(batch, length, self.heads, size // self.heads).transpose(1, 2)
            for proj in (self.q_proj, self.k_proj, self.v_proj)
        )
        out = F.scaled_dot_product_attention(q, k, v)
        return self.out_proj(out.transpose(1, 2).reshape(batch, length, size))


class AudioLayer(nn.Module):
    def __init__(self, config: AudioEncoderConfig) -> None:
        super().__init__()
        self.self_attn = AudioAttention(config)
        self.self_attn_layer_norm = nn.LayerNorm(config.d_model)
        self.fc1 = nn.Linear(config.d_model, config.encoder_ffn_dim)
        self.fc2 = nn.Linear(config.encoder_ffn_dim, config.d_model)
        self.final_layer_norm = nn.LayerNorm(config.d_model)

    def forward(self, x: Tensor) -> Tensor:
        x = x + self.self_attn(self.self_attn_layer_norm(x))
        return x + self.fc2(F.gelu(self.fc1(self.final_layer_norm(x))))


class AudioEncoder(nn.Module):
    def __init__(self, config: AudioEncoderConfig) -> None:
        super().__init__()
        self.config = config
        self.block_frames = 2 * config.n_window
        self.together = max(1, MEL_FRAMES // self.block_frames)  # blocks
        self.conv1 = nn.Conv1d(config.num_mel_bins, config.d_model, kernel_size=3, padding=1)
        self.conv2 = nn.Conv1d(config.d_model, config.d_model, kernel_size=3, stride=2, padding=1)
        # in the official checkpoint, but its forward never reads it
        self.audio_bos_eos_token = nn.Embedding(2, config.output_dim)
        self.layers = nn.ModuleList(AudioLayer(config) for _ in range(config.encoder_layers))
        self.spoken: SpokenWords | None = None  # nano's words, given with its tokenizer (model/checkpoint/load.py)
        if config.letters:
            self.spelling = Spelling(config.d_model, config.letters)
        else:
            self.ln_post = nn.LayerNorm(config.d_model)
            self.proj = nn.Linear(config.d_model, config.output_dim)

    def encode_blocks(self, mel: Tensor) -> Tensor:
        """[N, mel bins, frames of a block or fewer], all of one length → [N, ceil(frames / 2) // 2, output_dim] at
        25 Hz; where it spells, how likely each letter is, [N, ceil(frames / 2), letters]."""
        x = F.gelu(self.conv1(mel))
        x = F.gelu(self.conv2(x)).transpose(1, 2)
        x = x + sinusoids(x.shape[1], x.shape[2]).to(x)
        for layer in self.layers:
            x = layer(x)
        if self.config.letters:
            spelled: Tensor = self.spelling(x)
            return spelled
        pooled = F.avg_pool1d(x.transpose(1, 2), 2, 2).transpose(1, 2)
        said: Tensor = self.proj(self.ln_post(pooled))
        return said

    def forward(self, mel: Tensor, alone: bool = False) -> Tensor:
        """[mel bins, frames] of one clip → [audio_tokens(frames), output_dim]. `alone`: nothing is seen beside it; an
        ear that spells says then the words and nothing between them, [tokens of what is said, output_dim]."""
        frames = mel.shape[1]
        whole = frames // self.block_frames
        parts: list[Tensor] = []
        if whole:
            blocks = mel[:, : whole * self.block_frames].unflatten(1, (whole, self.block_frames)).transpose(0, 1)
            parts += [block for some in blocks.split(self.together) for block in self.encode_blocks(some)]
        tail = mel[:, whole * self.block_frames :]
        if audio_tokens(tail.shape[1]) > 0:
            parts.append(self.encode_blocks(tail[None])[0])
        if self.config.letters:
            assert self.spoken is not None
            parts = [self.spoken(part, alone).to(mel.dtype) for part in parts]
        return torch.cat(parts) if parts else mel.new_zeros(0, self.config.output_dim)
