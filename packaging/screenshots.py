"""Make the pictures of docs/screenshots anew, each by the program itself.

    python packaging/screenshots.py            # all of them, a few seconds each
    python packaging/screenshots.py live       # those whose name begins so

No display is needed. The window's font is Inter (apt install fonts-inter), without it the system's; Chinese needs
fonts-noto-cjk.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
FOLDER = ROOT / "docs" / "screenshots"
# name of the file: page, theme, language, size
PICTURES = {
    "conversation-light": ("conversation", "light", "en", "1080x820"),
    "conversation-dark": ("conversation", "dark", "en", "1080x820"),
    "conversation-dark-zh": ("conversation", "dark", "zh_CN", "1080x820"),
    "conversation-narrow": ("conversation", "light", "en", "420x760"),
    "media-light": ("media", "light", "en", "1080x1180"),
    "media-dark-zh": ("media", "dark", "zh_CN", "1080x1180"),
    "files-light": ("files", "light", "en", "1080x820"),
    "live-light": ("live", "light", "en", "1080x820"),
    "live-dark-zh": ("live", "dark", "zh_CN", "1080x820"),
    "captions-dark": ("captions", "dark", "en", "1080x820"),
    "captions-light-zh": ("captions", "light", "zh_CN", "1080x820"),
    "listening-dark": ("listening", "dark", "en", "1080x820"),
    "waterfall-light": ("waterfall", "light", "en", "1080x820"),
    "history-light": ("history", "light", "en", "1080x820"),
    "history-light-zh": ("history", "light", "zh_CN", "1080x820"),
    "settings-light": ("settings", "light", "en", "1080x820"),
    "settings-devices-dark-zh": ("settings-devices", "dark", "zh_CN", "1080x820"),
    "settings-model-light": ("settings-model", "light", "en", "1080x1000"),
    "welcome-light": ("welcome", "light", "en", "1080x820"),
    "wizard-light": ("wizard", "light", "en", "1080x820"),
    "wizard-devices-dark": ("wizard-devices", "dark", "en", "1080x820"),
    "wizard-machine-light-zh": ("wizard-machine", "light", "zh_CN", "1080x820"),
}


def main() -> int:
    """Make them; exit code 1 if one could not be made."""
    beginning = sys.argv[1] if len(sys.argv) > 1 else ""
    failed = 0
    for name, (page, theme, language, size) in PICTURES.items():
        if name.startswith(beginning):
            options = ["--page", page, "--theme", theme, "--language", language, "--size", size]
            command = [sys.executable, "main.py", "--screenshot", str(FOLDER / f"{name}.png"), *options]
            failed |= subprocess.run(command, cwd=ROOT).returncode
    return 1 if failed else 0


if __name__ == "__main__":
    raise SystemExit(main())
