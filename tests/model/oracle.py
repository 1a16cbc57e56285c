"""What transformers makes of a prompt: its processor's inputs built by hand, its generate(), everything recorded."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import torch
from tokenizers import Tokenizer

from tests.model.checkpoints import Shape


@dataclass
class Video:
    frames: np.ndarray  # [T, H, W, 3], sides multiples of 28
    fps: float
    sound: np.ndarray | None = None


@dataclass
class Image:
    pixels: np.ndarray


@dataclass
class Sound:
    samples: np.ndarray


Content = str | Image | Sound | Video


@dataclass
class Recorded:
    """What one reply was made of."""

    text_tokens: list[int]
    codes: list[int]
    wave: np.ndarray
    thinker_logits: list[torch.Tensor] = field(default_factory=list)
    talker_logits: list[torch.Tensor] = field(default_factory=list)


class Oracle:
    def __init__(self, model: Any, shape: Shape, folder: Path) -> None:
        from transformers import Qwen2VLImageProcessor, WhisperFeatureExtractor

        self.model, self.shape = model, shape
        self.tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
        self.ids = {name: self.tokenizer.token_to_id(name) for name in ("<|im_end|>",)}
        # 300 s officially; padding beyond the clip changes nothing
        self.ears = WhisperFeatureExtractor(feature_size=shape.mels, chunk_length=40)
        self.eyes = Qwen2VLImageProcessor()

    def reply(self, turns: list[tuple[str, list[Content]]], text_tokens: int, codes: int, wave: bool) -> Recorded:
        """Greedy answer to turns of (role, contents), the last of which is the user's; its wave only if asked for."""
        inputs = self.inputs(turns)
        model = self.model
        recorded = Recorded([], [], np.zeros(0))
        hooks = [
            model.thinker.lm_head.register_forward_hook(
                lambda _m, _i, out: recorded.thinker_logits.append(out[0, -1].float())
            ),
            model.talker.codec_head.register_forward_hook(
                lambda _m, _i, out: recorded.talker_logits.append(out[0, -1].float())
            ),
            model.token2wav.register_forward_pre_hook(lambda _m, args: recorded.codes.extend(args[0][0].tolist())),
        ]
        torch.manual_seed(0)
        decode = model.token2wav.forward
        try:
            if not wave:
                model.token2wav.forward = lambda *_args, **_kwargs: torch.zeros(1)
            sequences, sound = model.generate(
                **inputs, speaker="First", thinker_max_new_tokens=text_tokens, thinker_do_sample=False,
                thinker_eos_token_id=[self.ids["<|im_end|>"]], talker_max_new_tokens=codes + 1,
                talker_do_sample=False, talker_eos_token_id=[64, 66],
            )
        finally:
            model.token2wav.forward = decode
            for hook in hooks:
                hook.remove()
        recorded.text_tokens = sequences[0, inputs["input_ids"].shape[1] :].tolist()
        recorded.wave = sound.numpy().ravel()
        return recorded

    def inputs(self, turns: list[tuple[str, list[Content]]]) -> dict[str, Any]:
        from transformers.models.qwen2_5_omni.processing_qwen2_5_omni import Qwen2_5OmniProcessor as Processor

        text, sounds, images, videos = "", [], [], []
        for role, contents in turns:
            text += f"<|im_start|>{role}\n"
            for content in contents:
                if isinstance(content, str):
                    text += content
                elif isinstance(content, Sound):
                    text += "<|audio_bos|><|AUDIO|><|audio_eos|>"
                    sounds.append(content.samples)
                elif isinstance(content, Image):
                    text += "<|vision_bos|><|IMAGE|><|vision_eos|>"
                    images.append(content.pixels)
                else:
                    text += "<|vision_bos|><|VIDEO|><|vision_eos|>"
                    videos.append(content)
            text += "<|im_end|>\n"
        text += "<|im_start|>assistant\n"
        use_sound = any(video.sound is not None for video in videos)
        sounds += [video.sound for video in videos if video.sound is not None]
        out: dict[str, Any] = {"use_audio_in_video": use_sound}
        lengths: list[int] = []
        if sounds:
            heard = self.ears(sounds, sampling_rate=16000, padding="max_length", return_attention_mask=True,
                              return_tensors="pt", truncation=False)
            out["input_features"] = heard["input_features"]
            out["feature_attention_mask"] = heard["attention_mask"]
            frames = (heard["attention_mask"].sum(-1) - 1) // 2 + 1
            lengths = ((frames - 2) // 2 + 1).tolist()
        if images:
            seen = self.eyes(images=images, return_tensors="pt")
            out["thinker_pixel_values"], out["image_grid_thw"] = seen["pixel_values"], seen["image_grid_thw"]
        if videos:
            made = [self._video(video) for video in videos]
            out["thinker_pixel_values_videos"] = torch.cat([patches for patches, _ in made])
            out["video_grid_thw"] = torch.stack([grid for _, grid in made])
            out["video_second_per_grid"] = torch.tensor([2 / video.fps for video in videos])
        text = self._expand(Processor, text, lengths, out, videos)
        ids = self.tokenizer.encode(text, add_special_tokens=False).ids
        out["input_ids"] = torch.tensor([ids])
        out["attention_mask"] = torch.ones(1, len(ids), dtype=torch.long)
        return out

    def _video(self, video: Video) -> tuple[torch.Tensor, torch.Tensor]:
        """The image processor's own patch order, frames repeated as its video sibling does."""
        frames = video.frames
        if len(frames) % 2:
            frames = np.concatenate([frames, frames[-1:]])
        settings = {
            "do_resize": False, "do_rescale": True, "rescale_factor": 1 / 255, "do_normalize": True,
            "image_mean": self.eyes.image_mean, "image_std": self.eyes.image_std, "patch_size": 14,
            "temporal_patch_size": 2, "merge_size": 2, "do_convert_rgb": True,
        }
        pairs = [self.eyes._preprocess(list(frames[i : i + 2]), **settings) for i in range(0, len(frames), 2)]
        patches = torch.cat([torch.as_tensor(pair[0]) for pair in pairs])
        _, rows, columns = pairs[0][1]
        return patches.float(), torch.tensor([len(pairs), rows, columns])

    def _expand(self, processor: Any, text: str, lengths: list[int], out: dict[str, Any], videos: list[Video]) -> str:
        class Names:
            image_token, audio_token, video_token = "<|IMAGE|>", "<|AUDIO|>", "<|VIDEO|>"
            vision_bos_token, vision_eos_token = "<|vision_bos|>", "<|vision_eos|>"
            audio_bos_token, audio_eos_token = "<|audio_bos|>", "<|audio_eos|>"

            class image_processor:
                merge_size = 2

            class video_processor:
                merge_size = 2

            def get_chunked_index(self, indices: Any, per_chunk: int) -> Any:
                return processor.get_chunked_index(self, indices, per_chunk)

        return processor.replace_multimodal_special_tokens(
            Names(), [text], iter(lengths), iter(out.get("image_grid_thw", [])), iter(out.get("video_grid_thw", [])),
            video_second_per_grid=iter([2 / video.fps for video in videos]),
            use_audio_in_video=out["use_audio_in_video"], position_id_per_seconds=25, seconds_per_chunk=2,
        )[0]
