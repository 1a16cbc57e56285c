"""What can be tried out and looked up before anything is asked: devices, and what this machine can run.

Serves every page that shows it, the settings' and the first-run wizard's. For the GUI thread; nothing here waits.
"""

from __future__ import annotations

import threading
from collections.abc import Callable

import numpy as np

from app import audio_devices, machine
from app.capture import camera
from app.capture.camera import Camera, CameraInfo, FrameSource
from app.capture.microphone import SoundSource
from app.device_tests import CameraTest, MicrophoneTest, play_test_sound
from app.machine import MachineReport
from app.playback.speaker import Speaker
from app.settings import SettingsStore
from app.view_models.conversation import ConversationViewModel, Notice
from app.window.machine_view import MachineView
from app.window.settings.devices_page import DevicesPage

Post = Callable[[Callable[[], None]], None]


class Trials:
    """`add_devices` and `add_machine` connect a page; `remove` before it goes."""

    def __init__(
        self,
        settings: SettingsStore,
        shown: ConversationViewModel,
        post: Post,
        source: Callable[[str], SoundSource],
        make_speaker: Callable[[str], Speaker] = Speaker,
        look: Callable[[str, str], FrameSource] = lambda _kind, device: Camera(device),
    ) -> None:
        self._settings, self._shown, self._post = settings, shown, post
        self.make_speaker = make_speaker
        self.microphone = MicrophoneTest(source, post, self._tell_problem)
        self.camera = CameraTest(look, post, self._show_camera, self._tell_camera_problem)
        self._pages: list[DevicesPage] = []
        self._views: list[MachineView] = []

    def add_devices(self, page: DevicesPage) -> None:
        """A page on which devices are chosen and tried out."""
        self._pages.append(page)
        page.microphone_test_wanted.connect(self.test_microphone)
        page.speaker_test_wanted.connect(self.test_speaker)
        page.camera_test_wanted.connect(self.test_camera)

    def add_machine(self, view: MachineView) -> None:
        """A view of what this machine can run."""
        self._views.append(view)

    def remove(self, page: DevicesPage, view: MachineView) -> None:
        """They are going away."""
        self._pages.remove(page)
        self._views.remove(view)

    def look_for_devices(self) -> None:
        """On a thread: to look up the sound devices takes PortAudio up to a second the first time."""
        threading.Thread(target=self._look_for_devices, name="devices", daemon=True).start()

    def look_at_machine(self) -> None:
        """Takes a few seconds, in a process of its own."""
        machine.examine(lambda report: self._post(lambda: self._show_report(report)))

    def test_microphone(self, on: bool) -> None:
        """Show how loud the chosen microphone is, or no longer."""
        if on:
            self.microphone.start(self._settings.current.microphone)
        else:
            self.microphone.stop()
            self._end_test()

    def microphone_changed(self) -> None:
        """Another one has been chosen: it is tried out from now on, if one is."""
        if self.microphone.running:
            self.test_microphone(True)

    def test_camera(self, on: bool) -> None:
        """Show what the chosen camera sees, or no longer."""
        if on:
            self.camera.start(self._settings.current.camera)
        else:
            self._end_camera_test()

    def camera_changed(self) -> None:
        """Another one has been chosen: it is tried out from now on, if one is."""
        if self.camera.running:
            self.test_camera(True)

    def test_speaker(self) -> None:
        """Let the chosen loudspeaker sound."""
        chosen = self._settings.current
        play_test_sound(chosen.speaker, chosen.volume / 100, self._post, self._tell_problem, self.make_speaker)

    def tick(self) -> None:
        """To be called often: the meters follow the microphone."""
        if self.microphone.running:
            for page in self._pages:
                page.show_level(self.microphone.level)

    def close(self) -> None:
        """Try out nothing any more."""
        self.microphone.stop()
        self.camera.stop()

    def _look_for_devices(self) -> None:
        cameras = camera.list_cameras()
        self._post(lambda: self._show_cameras(cameras))
        try:
            found = audio_devices.list_devices()
        except audio_devices.AudioError as error:
            notice = Notice(str(error), "warning")
            self._post(lambda: self._shown.set_notice(notice))
            return
        self._post(lambda: self._show_devices(found))

    def _show_devices(self, found: audio_devices.Devices) -> None:
        for page in self._pages:
            page.show_devices(found.inputs, found.outputs)

    def _show_cameras(self, cameras: list[CameraInfo]) -> None:
        for page in self._pages:
            page.show_cameras(cameras)

    def _show_camera(self, frame: np.ndarray) -> None:
        for page in self._pages:
            page.show_camera(frame)

    def _end_camera_test(self) -> None:
        self.camera.stop()
        for page in self._pages:
            page.end_camera_test()

    def _tell_camera_problem(self, problem: str) -> None:
        self._end_camera_test()
        for page in self._pages:
            page.show_camera_problem(problem)

    def _show_report(self, report: MachineReport | None) -> None:
        for view in self._views:
            view.show_report(report)

    def _end_test(self) -> None:
        for page in self._pages:
            page.end_test()

    def _tell_problem(self, problem: str) -> None:
        self._end_test()
        for page in self._pages:
            page.show_problem(problem)
        self._shown.set_notice(Notice(problem, "warning"))
