"""The Talker: a second decoder that turns what the Thinker thinks and says into codec codes (paper §2.2, two tracks).

Each step adds the embedding of the code before and one item of the Thinker's reply (hidden state plus embedding of one
text token); when the reply is used up, the embedding of text_end once and of text_pad from then on.
"""

from __future__ import annotations

from torch import Tensor, nn

from model.config import TalkerConfig
from model.kv_cache import KVCache
from model.layers import Decoder


class Talker(nn.Module):
    def __init__(self, config: TalkerConfig) -> None:
        super().__init__()
        self.config = config
        size = config.decoder.hidden_size
        self.thinker_to_talker_proj = nn.Linear(config.embedding_size, size)
        self.model = Decoder(config.decoder, embedding_size=config.embedding_size)
        self.codec_head = nn.Linear(size, config.decoder.vocab_size, bias=False)

    def embed(self, codes: Tensor) -> Tensor:
        """[S] codes → [S, embedding_size], the width of the Thinker."""
        return self.model.embed_tokens(codes)

    def forward(self, inputs: Tensor, positions: Tensor, cache: KVCache) -> Tensor:
        """[S, embedding_size] at positions [3, S] → hidden states [S, hidden]."""
        return self.model(self.thinker_to_talker_proj(inputs)[None], positions, cache)[0]

    def logits(self, hidden: Tensor) -> Tensor:
        """[..., hidden] → float32 [..., codec vocabulary]."""
        return self.codec_head(hidden).float()
