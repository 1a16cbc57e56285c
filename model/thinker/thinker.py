"""The Thinker: ear and eye in front of a language model, text tokens out (paper §2.1)."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from model.config import ThinkerConfig
from model.kv_cache import KVCache
from model.layers import Decoder
from model.thinker.audio_encoder import AudioEncoder
from model.thinker.vision_encoder import VisionEncoder


class Thinker(nn.Module):
    def __init__(self, config: ThinkerConfig) -> None:
        super().__init__()
        self.config = config
        self.audio_tower = AudioEncoder(config.audio)
        self.visual = VisionEncoder(config.vision)
        self.model = Decoder(config.text)
        self.lm_head = nn.Linear(config.text.hidden_size, config.text.vocab_size, bias=False)
        if config.text.tie_word_embeddings:
            self.lm_head.weight = self.model.embed_tokens.weight

    @property
    def device(self) -> torch.device:
        """Where it computes; its embedding may be elsewhere."""
        return self.model.norm.weight.device

    def embed(self, ids: Tensor) -> Tensor:
        """[S] token ids → [S, hidden]."""
        return self.model.embed_tokens(ids)

    def forward(self, embeds: Tensor, positions: Tensor, cache: KVCache) -> Tensor:
        """[S, hidden] at positions [3, S], behind what the cache holds → final hidden states [S, hidden]."""
        return self.model(embeds[None], positions, cache)[0]

    def logits(self, hidden: Tensor) -> Tensor:
        """[..., hidden] → float32 [..., vocabulary]."""
        return self.lm_head(hidden).float()
