"""Bring the window's translations up to date: new texts into the .ts files, and .qm files made from them.

    python packaging/translations.py            # after texts have been added or changed, and again after translating
    python packaging/translations.py --check    # exit code 1 if a text has no translation, or a file is not up to date

The tools are Qt's own, lupdate and lrelease; they come with PySide6.
"""

from __future__ import annotations

import argparse
import shutil
import subprocess
import sys
import tempfile
import xml.etree.ElementTree as ElementTree
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
FOLDER = ROOT / "app" / "translations"


def update(folder: Path = FOLDER) -> None:
    """The .ts and .qm files in a folder; texts that are not in the program any more go."""
    sources = sorted(str(path) for path in (ROOT / "app").rglob("*.py"))
    for ts in sorted(folder.glob("visavis_*.ts")):
        plural = ["-pluralonly"] if ts.stem.endswith("_en") else []
        _tool("lupdate", *sources, "-no-obsolete", "-locations", "none", *plural, "-ts", str(ts))
        _tool("lrelease", str(ts), "-qm", str(ts.with_suffix(".qm")))


def untranslated(ts: Path) -> list[str]:
    """Texts of a .ts file without a finished translation."""
    found = []
    for message in ElementTree.parse(ts).getroot().iter("message"):
        translation = message.find("translation")
        assert translation is not None
        texts = [form.text for form in translation.iter("numerusform")] or [translation.text]
        if translation.get("type") is not None or not all(texts):
            found.append(message.findtext("source") or "")
    return found


def outdated() -> list[str]:
    """Names of files that an update would change."""
    with tempfile.TemporaryDirectory() as scratch:
        for ts in FOLDER.glob("visavis_*.ts"):
            shutil.copy(ts, scratch)
        update(Path(scratch))
        return [f.name for f in sorted(Path(scratch).iterdir()) if f.read_bytes() != (FOLDER / f.name).read_bytes()]


def _tool(name: str, *arguments: str) -> None:
    script = Path(sys.executable).parent / f"pyside6-{name}"
    subprocess.run([str(script), "-silent", *arguments], cwd=ROOT, check=True, stdout=subprocess.DEVNULL)


def main() -> int:
    """Update, or look."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true", help="change nothing")
    if not parser.parse_args().check:
        update()
    missing = {ts.name: untranslated(ts) for ts in sorted(FOLDER.glob("visavis_*.ts"))}
    for name, texts in missing.items():
        for text in texts:
            print(f"{name}: not translated: {text}")
    old = outdated()
    for name in old:
        print(f"{name}: is not up to date")
    return 1 if old or any(missing.values()) else 0


if __name__ == "__main__":
    sys.exit(main())
