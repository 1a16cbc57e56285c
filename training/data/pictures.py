"""Named pictures in several drawing styles, as one file of pixels.

    python -m training.data.pictures training runs/eye/pictures --fluent DIR --noto DIR --icons DIR... --openclipart DIR

Styles: Fluent 3D (npm @lobehub/fluent-emoji-3d 1.1.0, MIT), openclipart (Debian openclipart-png, public domain), and as
icons (npm @iconify-json/NAME) fluent-emoji-flat 1.2.6 (MIT), twemoji 1.2.5, emojione 1.2.3 and streamline-emojis 1.2.4
(CC BY 4.0), fxemoji 1.2.2 (Apache-2.0); of one color, which training.eye.views chooses: fluent-emoji-high-contrast
1.2.6 (MIT), emojione-monotone 1.2.1 and fa6-solid 1.2.4 (CC BY 4.0), game-icons 1.2.4 (CC BY 3.0), mdi 1.2.3, icon-park
1.2.4 and mingcute 1.2.8 (Apache-2.0), ph 1.2.2, tabler 1.2.41 and hugeicons 1.2.35 (MIT). The folders are those of the
unpacked packages. Of Noto (npm emoji-datasource-google 16.0.0, Apache-2.0) only the list of names is read here; its
drawings are the held-out style, of which
`python -m training.data.pictures held-out evaluation/noto.zip --noto DIR --tokenizer assets/nano/tokenizer.json`
writes those that `eval` shows.
"""

from __future__ import annotations

import argparse
import hashlib
import io
import json
import re
import zipfile
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
from PIL import Image
from tokenizers import Tokenizer

SIDE = 128  # pixels of a stored picture
CATEGORIES = ("Animals & Nature", "Food & Drink", "Objects", "Travel & Places", "Activities")
ONE_COLOR = ("fluent-emoji-high-contrast", "emojione-monotone", "game-icons", "mdi", "icon-park", "mingcute", "ph",
             "tabler", "hugeicons", "fa6-solid")  # fmt: skip
COMMON = 200  # things that the evaluation shows
_NOTICE = (
    "Drawings of Noto Emoji, copyright Google, Apache License 2.0, from the npm package emoji-datasource-google.\n"
)
# Emoji names that are not what a person would say of the picture.
_SAID = {
    "automobile": "car", "oncoming automobile": "car", "honeybee": "bee", "lady beetle": "ladybug",
    "red apple": "apple", "green apple": "apple", "pot of food": "soup", "cooked rice": "rice",
    "hot beverage": "coffee",
    "rolled-up newspaper": "newspaper", "evergreen tree": "tree", "deciduous tree": "tree",
    "soccer ball": "football", "ewe": "sheep", "baby chick": "chick", "t-shirt": "shirt", "motor scooter": "scooter",
    "sport utility vehicle": "car", "police car light": "siren", "mobile phone": "phone",
    "light bulb": "lamp", "musical keyboard": "piano", "spouting whale": "whale",
    "front-facing baby chick": "chick", "hatching chick": "chick", "steaming bowl": "noodles", "shortcake": "cake",
    "birthday cake": "cake", "ear of corn": "corn", "sheaf of rice": "rice", "video game": "controller",
    "umbrella with rain drops": "umbrella", "closed umbrella": "umbrella", "umbrella on ground": "umbrella",
    "new moon": "moon", "full moon": "moon", "crescent moon": "moon", "cloud with rain": "cloud",
}  # fmt: skip


@dataclass(frozen=True)
class Emoji:
    """A thing to name. names: what counts as its name, the first is the one that is taught; spelled: what sets of
    drawings call it, which may be more than a thing ("car" is several)."""

    code: str
    names: tuple[str, ...]
    spelled: tuple[str, ...]
    noto: str


@dataclass(frozen=True)
class Picture:
    """One stored picture; `name` is empty for what nobody named."""

    name: str
    style: str
    source: str


def hidden(name: str) -> bool:
    """Whether a name belongs to the tenth that is never trained on."""
    return hashlib.sha256(name.encode()).digest()[0] < 26


def emojis(noto: Path) -> list[Emoji]:
    """All emojis of CATEGORIES, by the lists of Noto and of the Unicode names."""
    out = []
    for entry in json.loads((noto / "emoji.json").read_text(encoding="utf-8")):
        if entry["category"] not in CATEGORIES or not entry["name"]:
            continue
        name = entry["name"].lower()
        first = _SAID.get(name) or re.sub(r" (face|symbol)$|^(front-facing|smiling) ", "", name)
        others = [re.sub(r"\d+$", "", s.replace("_", " ").replace("-", " ")) for s in entry["short_names"]]
        names = tuple(dict.fromkeys([first, name, *others]))
        out.append(Emoji(entry["unified"].lower(), names, (name, *entry["short_names"]), entry["image"]))
    return out


def common(noto: Path, tokenizer: Tokenizer) -> list[Emoji]:
    """The COMMON things that the evaluation shows, one emoji a name: names of few and frequent tokens first."""
    by_name: dict[str, Emoji] = {}
    for emoji in emojis(noto):
        name = emoji.names[0]
        if name.isalpha() and not hidden(name):
            by_name.setdefault(name, emoji)

    def rarity(emoji: Emoji) -> tuple[int, int]:
        ids = tokenizer.encode(f" {emoji.names[0]}").ids
        return len(ids), max(ids)

    return sorted(by_name.values(), key=rarity)[:COMMON]


def _on_square(image: Image.Image) -> np.ndarray:
    """uint8 [SIDE, SIDE, 4], the aspect kept, the rest transparent."""
    image = image.convert("RGBA")
    image.thumbnail((SIDE, SIDE), Image.Resampling.BICUBIC)
    sheet = Image.new("RGBA", (SIDE, SIDE), (0, 0, 0, 0))
    sheet.paste(image, ((SIDE - image.width) // 2, (SIDE - image.height) // 2))
    return np.asarray(sheet)


def _fluent(folder: Path, things: list[Emoji]) -> Iterator[tuple[Picture, np.ndarray]]:
    for thing in things:
        for code in (thing.code, thing.code.replace("-fe0f", "")):
            file = folder / "assets" / f"{code}.webp"
            if file.exists():
                yield Picture(thing.names[0], "fluent", code), _on_square(Image.open(file))
                break


def _icons(folder: Path, things: list[Emoji]) -> Iterator[tuple[Picture, np.ndarray]]:
    """A package of Iconify's: by its list of codes, else by the name, which every set spells in its own way."""
    import resvg_py

    kept = json.loads((folder / "icons.json").read_text())
    by_code = json.loads((folder / "chars.json").read_text()) if (folder / "chars.json").exists() else {}
    by_name = {re.sub(r"-(1|2|fill|filled|solid)$|[^a-z0-9]", "", name): name for name in reversed(kept["icons"])}
    for thing in things:
        spelled = (by_name.get(re.sub(r"[^a-z0-9]", "", name)) for name in thing.spelled)
        codes = (by_code.get(thing.code), by_code.get(thing.code.replace("-fe0f", "")))
        name = next((name for name in (*codes, *spelled) if name in kept["icons"]), None)
        if name is None:
            continue
        icon = kept["icons"][name]
        width, height = (icon.get(side, kept.get(side, 16)) for side in ("width", "height"))
        box = f'viewBox="{icon.get("left", 0)} {icon.get("top", 0)} {width} {height}"'
        svg = f'<svg xmlns="http://www.w3.org/2000/svg" {box}>{icon["body"]}</svg>'
        png = bytes(resvg_py.svg_to_bytes(svg_string=svg, width=SIDE, height=SIDE))
        yield Picture(thing.names[0], kept["prefix"], name), _on_square(Image.open(io.BytesIO(png)))


def _openclipart(folder: Path, things: list[Emoji]) -> Iterator[tuple[Picture, np.ndarray]]:
    """Named by the longest known name among the words of the file's name; the others without a name."""
    names = {name: thing.names[0] for thing in reversed(things) for name in thing.names}
    for file in sorted(folder.rglob("*.png")):
        words = re.sub(r"[^a-z]+", " ", file.stem.lower()).split()
        joined = f" {' '.join(words)} "
        found = [n for n in names if f" {n} " in joined or f" {n}s " in joined]
        try:
            pixels = _on_square(Image.open(file))
        except (OSError, ValueError, Image.DecompressionBombError) as problem:
            print(f"{file.name} is left out: {problem}")
            continue
        yield Picture(names[max(found, key=len)] if found else "", "openclipart", str(file.relative_to(folder))), pixels


def build(args: argparse.Namespace) -> None:
    """Write OUT.pixels (uint8 [N, SIDE, SIDE, 4]) and OUT.json."""
    things = emojis(args.noto)
    rows: list[Picture] = []
    args.out.parent.mkdir(parents=True, exist_ok=True)
    with args.out.with_suffix(".pixels").open("wb") as file:
        icons = [(_icons, folder) for folder in args.icons]
        sources = [(_fluent, args.fluent), *icons, (_openclipart, args.openclipart)]
        for source, folder in sources:
            for picture, pixels in source(folder, things):
                if picture.name and hidden(picture.name):
                    continue
                rows.append(picture)
                file.write(pixels.tobytes())
            print(f"{len(rows)} pictures", flush=True)
    args.out.with_suffix(".json").write_text(json.dumps([asdict(row) for row in rows]))


def read(stem: Path) -> tuple[list[Picture], np.ndarray]:
    """The pictures of a file, and their pixels (read from the disk as they are used)."""
    rows = [Picture(**row) for row in json.loads(stem.with_suffix(".json").read_text())]
    pixels = np.memmap(stem.with_suffix(".pixels"), np.uint8, "r", shape=(len(rows), SIDE, SIDE, 4))
    return rows, pixels


def write_held_out(args: argparse.Namespace) -> None:
    """The drawings that `eval` shows, with their names."""
    things = common(args.noto, Tokenizer.from_file(str(args.tokenizer)))
    with zipfile.ZipFile(args.out, "w", zipfile.ZIP_STORED) as archive:
        for name, text in (
            ("names.json", json.dumps({t.noto: t.names for t in things}, indent=1)),
            ("NOTICE", _NOTICE),
        ):
            archive.writestr(zipfile.ZipInfo(name, (2024, 9, 1, 0, 0, 0)), text)
        for thing in things:
            file = args.noto / "img" / "google" / "64" / thing.noto
            archive.writestr(zipfile.ZipInfo(thing.noto, (2024, 9, 1, 0, 0, 0)), file.read_bytes())


def main() -> None:
    """Command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(required=True)
    training = commands.add_parser("training")
    held = commands.add_parser("held-out")
    training.add_argument("--icons", type=Path, nargs="+", required=True)
    for command, todo, folders in ((training, build, ("fluent", "noto", "openclipart")),
                                   (held, write_held_out, ("noto", "tokenizer"))):  # fmt: skip
        command.add_argument("out", type=Path)
        for name in folders:
            command.add_argument(f"--{name}", type=Path, required=True)
        command.set_defaults(todo=todo)
    args = parser.parse_args()
    args.todo(args)


if __name__ == "__main__":
    main()
