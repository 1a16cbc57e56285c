"""A stored picture as it might be met: on some ground, of some size, turned, mirrored, in other light."""

from __future__ import annotations

import random

import numpy as np
from PIL import Image, ImageEnhance, ImageFilter

from training.data.drawings import ground

DARK = 16  # of 255: a drawing without anything lighter is one of lines or surfaces of one color


def backdrop(width: int, height: int, rnd: random.Random) -> Image.Image:
    """White, one color, a gradient, or soft blotches."""
    kind = rnd.random()
    if kind < 0.35:
        return Image.new("RGB", (width, height), (255, 255, 255))
    if kind < 0.65:
        return Image.new("RGB", (width, height), ground(rnd, []))
    few = np.random.default_rng(rnd.getrandbits(32)).integers(0, 256, (2 if kind < 0.85 else 5, 2, 3), np.uint8)
    sheet = Image.fromarray(few).resize((width, height), Image.Resampling.BICUBIC)
    return Image.blend(sheet, Image.new("RGB", (width, height), (255, 255, 255)), rnd.uniform(0, 0.7))


def tinted(pixels: np.ndarray, rnd: random.Random) -> np.ndarray:
    """A drawing in black alone, in any one color."""
    tint = np.zeros_like(pixels)
    tint[..., :3] = [rnd.randint(0, 255) for _ in range(3)]
    tint[..., 3] = pixels[..., 3]
    return tint


def slanted(image: Image.Image, slope: float) -> Image.Image:
    """Its upper end pushed to the side by so much of its height."""
    moved = (1, slope, -slope * image.height / 2, 0, 1, 0)
    return image.transform(image.size, Image.Transform.AFFINE, moved, Image.Resampling.BILINEAR)


def in_other_colors(image: Image.Image, turn: int) -> Image.Image:
    """RGBA with its hues turned by so many of 256 steps."""
    hue, saturation, value = image.convert("RGB").convert("HSV").split()
    turned = Image.merge("HSV", (hue.point(lambda h: (h + turn) % 256), saturation, value)).convert("RGB")
    turned.putalpha(image.getchannel("A"))
    return turned


def partly_hidden(image: Image.Image, rnd: random.Random) -> Image.Image:
    """A rectangle of a fifth to two fifths of its sides left out."""
    width, height = (max(1, int(side * rnd.uniform(0.2, 0.4))) for side in image.size)
    left, top = rnd.randint(0, image.width - width), rnd.randint(0, image.height - height)
    hidden = image.copy()
    hidden.paste((0, 0, 0, 0), (left, top, left + width, top + height))
    return hidden


def view(pixels: np.ndarray, width: int, height: int, rnd: random.Random) -> tuple[np.ndarray, list[bool]]:
    """uint8 RGBA [128, 128, 4] → uint8 RGB [height, width, 3], and which merged patches the thing reaches into."""
    image = Image.fromarray(tinted(pixels, rnd) if pixels[..., :3].max() < DARK else pixels)
    if rnd.random() < 0.5:
        image = image.transpose(Image.Transpose.FLIP_LEFT_RIGHT)
    side = min(width, height) * (rnd.uniform(0.8, 1.0) if rnd.random() < 0.6 else rnd.uniform(0.5, 1.0))
    stretch = rnd.uniform(0.78, 1.28)
    image = image.resize((max(8, int(side * min(1, stretch))), max(8, int(side / max(1, stretch)))),
                         rnd.choice([Image.Resampling.BICUBIC, Image.Resampling.BILINEAR]))  # fmt: skip
    if rnd.random() < 0.5:
        image = image.rotate(rnd.uniform(-22, 22), Image.Resampling.BILINEAR, expand=False)
    if rnd.random() < 0.3:
        image = slanted(image, rnd.uniform(-0.3, 0.3))
    if rnd.random() < 0.3:
        image = in_other_colors(image, rnd.randint(-24, 24))
    if rnd.random() < 0.25:
        image = partly_hidden(image, rnd)
    sheet = backdrop(width, height, rnd)
    left, top = rnd.randint(0, width - image.width), rnd.randint(0, height - image.height)
    if rnd.random() < 0.5:
        left, top = (width - image.width) // 2, (height - image.height) // 2
    sheet.paste(image, (left, top), image)
    place = Image.new("L", (width, height))
    place.paste(image.getchannel("A"), (left, top))
    parts = np.asarray(place.resize((width // 28, height // 28), Image.Resampling.BOX)).flatten()
    covered = [bool(part > min(25, parts.max() / 2)) for part in parts]
    for change in (ImageEnhance.Color, ImageEnhance.Brightness, ImageEnhance.Contrast):
        if rnd.random() < 0.5:
            sheet = change(sheet).enhance(rnd.uniform(0.6, 1.4))
    chance = rnd.random()
    if chance < 0.06:
        sheet = sheet.convert("L").convert("RGB")
    elif chance < 0.16:
        red, green, blue = sheet.split()
        sheet = Image.merge("RGB", rnd.choice([(red, blue, green), (green, red, blue)]))
    elif chance < 0.24:
        sheet = sheet.filter(ImageFilter.GaussianBlur(rnd.uniform(0.3, 1.2)))
    return np.asarray(sheet), covered
