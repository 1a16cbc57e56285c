"""Files in, arrays out; and for each bad file one sentence."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest
from PIL import Image as Pillow

from app.media import MediaKind, kind_of, load_audio, load_image, load_media, load_video
from model.errors import BadInputError
from tests.app.media import media_files

BAD = (
    "missing",
    "text named .wav",
    "empty file",
    "WAV without samples",
    "silent WAV",
    "truncated MP4",
    "truncated MP4 with its index in front",
    "0×0 image",
    "20000×20000 image",
    "truncated image",
    "noise named .jpg",
    "unknown kind",
)


@pytest.fixture(scope="module")
def bad(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    return media_files.bad_files(tmp_path_factory.mktemp("bad"))


@pytest.mark.parametrize("what", BAD)
def test_bad_file_is_one_sentence(bad: dict[str, Path], what: str) -> None:
    with pytest.raises(BadInputError) as caught:
        load_media(bad[what])
    sentence = str(caught.value)
    assert sentence.startswith(bad[what].name + ":")
    assert sentence.endswith(".") and "\n" not in sentence and "crashed" not in sentence


def test_sentences_name_the_cause(bad: dict[str, Path]) -> None:
    for what, words in {
        "missing": "no such file",
        "silent WAV": "silent",
        "empty file": "empty",
        "WAV without samples": "no sound",
        "truncated MP4": "incomplete",
        "truncated MP4 with its index in front": "incomplete",
        "0×0 image": "no pixels",
        "20000×20000 image": "20000×20000",
        "truncated image": "incomplete",
    }.items():
        with pytest.raises(BadInputError, match=words):
            load_media(bad[what])


def test_addresses_and_folders_are_refused(tmp_path: Path) -> None:
    with pytest.raises(BadInputError, match="addresses"):
        load_image("https://example.org/x.png")
    with pytest.raises(BadInputError, match="folder"):
        load_audio(tmp_path)


def test_playlist_does_not_open_other_files(tmp_path: Path) -> None:
    media_files.write_wav(tmp_path / "secret.wav", media_files.tone(1.0))
    playlist = tmp_path / "list.mp3"
    playlist.write_text("ffconcat version 1.0\nfile 'secret.wav'\n")
    with pytest.raises(BadInputError):
        load_audio(playlist)


def test_wav_is_resampled_to_mono(tmp_path: Path) -> None:
    stereo = np.stack([media_files.tone(1.0, 44_100), np.zeros(44_100, np.float32)], axis=1)
    audio = load_audio(media_files.write_wav(tmp_path / "a é.wav", stereo, 44_100))
    assert audio.samples.dtype == np.float32 and len(audio.samples) == 16_000
    assert audio.seconds == 1.0
    assert np.abs(audio.samples).max() == pytest.approx(0.25, abs=0.02)  # the mean of both channels
    spectrum = np.abs(np.fft.rfft(audio.samples))
    assert spectrum.argmax() == 440


def test_image_is_turned_and_opaque(tmp_path: Path) -> None:
    picture = Pillow.new("RGB", (40, 20), (255, 0, 0))
    exif = Pillow.Exif()
    exif[0x0112] = 6  # to be turned a quarter to the right
    picture.save(tmp_path / "turned.jpg", exif=exif)
    assert load_image(tmp_path / "turned.jpg").pixels.shape == (40, 20, 3)

    Pillow.new("RGBA", (8, 8), (0, 0, 0, 0)).save(tmp_path / "clear.png")
    assert (load_image(tmp_path / "clear.png").pixels == 255).all()

    grey = Pillow.fromarray(np.full((4, 4), 32_896, np.uint16))
    grey.save(tmp_path / "deep.png")
    assert load_image(tmp_path / "deep.png").pixels[0, 0].tolist() == [128, 128, 128]


def test_video_frames_are_those_of_their_time(tmp_path: Path) -> None:
    video = load_video(media_files.write_video(tmp_path / "clip.mp4"))
    assert video.fps == 2.0 and video.frames.shape == (6, 48, 64, 3)
    levels = video.frames.mean(axis=(1, 2, 3))
    assert np.allclose(levels, [20, 20, 40, 40, 60, 60], atol=6)
    assert video.samples is not None and abs(len(video.samples) / 16_000 - 3.0) < 0.1


def test_video_limits(tmp_path: Path) -> None:
    path = media_files.write_video(tmp_path / "clip.webm", sound=False)
    video = load_video(path, max_frames=3)
    assert len(video.frames) == 3 and video.fps == pytest.approx(1.0, abs=0.05)
    assert video.samples is None
    assert load_video(path, sound=False).samples is None


def test_video_frames_are_made_small_enough(tmp_path: Path) -> None:
    path = media_files.write_video(tmp_path / "large.mp4", seconds=0.5, fps=4, size=(1920, 1080), sound=False)
    _, height, width, _ = load_video(path).frames.shape
    assert height * width <= 768 * 28 * 28 * 1.01
    assert width / height == pytest.approx(16 / 9, abs=0.01)


def test_video_without_pictures_is_a_sound(tmp_path: Path) -> None:
    path = media_files.write_wav(tmp_path / "memo.wav", media_files.tone(0.5))
    memo = path.rename(tmp_path / "memo.mp4")
    assert load_media(memo).__class__.__name__ == "Audio"


def test_kinds() -> None:
    assert kind_of("A.JPG") is MediaKind.IMAGE
    assert kind_of(Path("b.flac")) is MediaKind.AUDIO
    assert kind_of("c.webm") is MediaKind.VIDEO
    with pytest.raises(BadInputError):
        kind_of("d")


@pytest.mark.skipif(os.name != "posix", reason="waits for a POSIX system, whose signals can stop a process")
def test_crash_of_the_decoder_is_one_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The child is made to die as a broken decoder dies: by a signal, in the middle."""
    (tmp_path / "sitecustomize.py").write_text(
        "import os, sys\nif 'app.media.decoder' in ' '.join(sys.orig_argv): os.abort()\n"
    )
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    path = media_files.write_wav(tmp_path / "x.wav", media_files.tone(0.2))
    with pytest.raises(BadInputError, match=r"x\.wav: .*crashed the decoder"):
        load_audio(path)


def test_endless_decoding_is_given_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from app.media import loader

    monkeypatch.setitem(loader._SECONDS, MediaKind.AUDIO, 0.01)
    path = media_files.write_wav(tmp_path / "x.wav", media_files.tone(0.2))
    with pytest.raises(BadInputError, match="longer than"):
        load_audio(path)


@pytest.mark.parametrize("keep", [0.02, 0.5, 0.8, 0.85, 0.9, 0.93, 0.96, 0.99])
def test_video_cut_anywhere_is_incomplete(tmp_path: Path, keep: float) -> None:
    """Also in the middle of the list of tracks, where the sound may be listed and the pictures not."""
    clip = media_files.cut(media_files.write_video(tmp_path / "clip.mp4"), keep)
    for load in (load_video, load_audio, load_media):
        with pytest.raises(BadInputError, match="incomplete"):
            load(clip)


@pytest.mark.skipif(os.name != "posix", reason="waits for a POSIX system, whose signals can stop a process")
def test_pictures_share_a_process_and_a_crash_costs_only_its_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from app.media import child, loader

    (tmp_path / "sitecustomize.py").write_text(
        "import os, sys\n"
        "if 'app.media.decoder' in ' '.join(sys.orig_argv):\n"
        "    sys.addaudithook(lambda event, args: event == 'open' and 'crash' in str(args[0]) and os.abort())\n"
    )
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    started: list[loader.Child] = []

    def start() -> loader.Child:
        started.append(child.Child())
        return started[-1]

    monkeypatch.setattr(loader, "Child", start)
    loader._waiting.end()
    for name in ("a", "b", "crash", "c", "d"):
        media_files.write_png(tmp_path / f"{name}.png", len(name), 3)
    assert [load_image(tmp_path / f"{name}.png").pixels.shape for name in "ab"] == [(3, 1, 3)] * 2
    assert len(started) == 1
    with pytest.raises(BadInputError, match=r"crash\.png: .*crashed the decoder"):
        load_image(tmp_path / "crash.png")
    assert len(started) == 2, "the second one has shown that it is the file that crashes it"
    assert [load_image(tmp_path / f"{name}.png").pixels.shape for name in "cd"] == [(3, 1, 3)] * 2
    assert len(started) == 3
    given_up = loader.Reading()
    given_up.cancel()
    with pytest.raises(loader.ReadingCancelled):
        load_image(tmp_path / "a.png", given_up)
    with pytest.raises(BadInputError):
        load_image(media_files.cut(tmp_path / "b.png", 0.6))
    loader._waiting.end()
    assert not any(each.alive for each in started), "nothing stays behind"
