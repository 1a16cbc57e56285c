"""What went wrong, or right, in the language of the window.

Sentences of this kind are made where things happen, in English: in the engine's process, in the decoder's, in modules
that know no Qt and serve the command line too. The window knows them by their form and says them anew; a sentence that
it does not know is shown as it came.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from PySide6.QtCore import QT_TRANSLATE_NOOP, QCoreApplication

_FORMS = (
    # the engine
    QT_TRANSLATE_NOOP("Messages", "The engine stopped before the answer was complete."),
    QT_TRANSLATE_NOOP("Messages", "The engine was restarted."),
    QT_TRANSLATE_NOOP("Messages", "The engine could not be started ({0})."),
    QT_TRANSLATE_NOOP("Messages", "The engine is not running; restart it, then ask again."),
    QT_TRANSLATE_NOOP(
        "Messages",
        "The engine has stopped (signal {0}). Your conversation is kept; restart the engine to go on.",
    ),
    QT_TRANSLATE_NOOP(
        "Messages", "The engine has stopped (code {0}). Your conversation is kept; restart the engine to go on."
    ),
    QT_TRANSLATE_NOOP("Messages", "The graphics device was lost; the engine was started again."),
    QT_TRANSLATE_NOOP(
        "Messages", "There was not enough memory; the model is loaded in {0}, with {1} tokens of context."
    ),
    QT_TRANSLATE_NOOP(
        "Messages",
        "There was not enough memory; the model is loaded in {0}, with {1} tokens of context, "
        "ear and eye in fewer bits.",
    ),
    QT_TRANSLATE_NOOP("Messages", "Something went wrong in the engine ({0}: {1})."),
    QT_TRANSLATE_NOOP("Messages", "There is not enough memory for this; try something shorter or smaller."),
    QT_TRANSLATE_NOOP("Messages", "No model is loaded; choose one in the settings."),
    QT_TRANSLATE_NOOP("Messages", "This conversation is long; the model has forgotten the oldest pictures."),
    QT_TRANSLATE_NOOP("Messages", "This conversation is long; the model has forgotten its beginning."),
    QT_TRANSLATE_NOOP(
        "Messages",
        "This is {0} tokens long, but only {1} of the model's {2} are left; shorten it or begin a new conversation.",
    ),
    QT_TRANSLATE_NOOP("Messages", "There is no text in the question."),
    QT_TRANSLATE_NOOP("Messages", "There is nothing to answer yet."),
    QT_TRANSLATE_NOOP("Messages", "The sound is silent; there is nothing to hear."),
    QT_TRANSLATE_NOOP("Messages", "The sound is {0} s long; there is nothing to hear."),
    QT_TRANSLATE_NOOP("Messages", "A picture of {0} pixels shows nothing."),
    QT_TRANSLATE_NOOP("Messages", "A picture of {0} pixels is too long and thin to be seen."),
    # models and voices
    QT_TRANSLATE_NOOP("Messages", "{0} has no voice; its answers are text only."),
    QT_TRANSLATE_NOOP("Messages", "{0} has no voice “{1}”; {2} speaks."),
    # models that are fetched, and other engines
    QT_TRANSLATE_NOOP("Messages", "The model {0} is not installed; fetch it ({1}) with: visavis models download {2}"),
    QT_TRANSLATE_NOOP("Messages", "The model {0} is not installed; fetch it with: visavis models download {1}"),
    QT_TRANSLATE_NOOP("Messages", 'The model "{0}" is not installed; give {1}, a folder or a hub id.'),
    QT_TRANSLATE_NOOP(
        "Messages", "The line to {0} fails ({1}). What has been fetched is kept; the same command goes on from there."
    ),
    QT_TRANSLATE_NOOP(
        "Messages",
        "{0} has a trouble of its own ({1}); try again later. What has been fetched is kept; the same "
        "command goes on from there.",
    ),
    QT_TRANSLATE_NOOP(
        "Messages",
        "{0} has too many requests (429); try again {1}. What has been fetched is kept; the same command "
        "goes on from there.",
    ),
    QT_TRANSLATE_NOOP(
        "Messages",
        "{0} does not hand out {1} to everybody (403): accept its conditions at {2}, and set HF_TOKEN to a "
        "token of yours.",
    ),
    QT_TRANSLATE_NOOP("Messages", "{0} shows {1} to nobody without leave (401): check the name, or set HF_TOKEN."),
    QT_TRANSLATE_NOOP(
        "Messages",
        "{0} does not answer as a hub: a page of the network in between (a log-in, a proxy), or HF_ENDPOINT "
        "names another server.",
    ),
    QT_TRANSLATE_NOOP(
        "Messages",
        "The disk of {0} is full. What was fetched is kept; make room, and the same command goes on from there.",
    ),
    QT_TRANSLATE_NOOP(
        "Messages",
        "{0} needs {1} GB on the disk, but only {2} GB are free at {3}; make room, or set VISAVIS_MODELS to "
        "a folder with more.",
    ),
    QT_TRANSLATE_NOOP(
        "Messages",
        "{0}, twice. Something between here and {1} changes it, or the hub is at fault; try later, or a "
        "mirror by HF_ENDPOINT. Nothing was installed.",
    ),
    QT_TRANSLATE_NOOP("Messages", "{0} is damaged ({1}); fetch it again: visavis models remove {2}, then download it."),
    QT_TRANSLATE_NOOP("Messages", "{0} is being downloaded or removed already, elsewhere."),
    QT_TRANSLATE_NOOP("Messages", "Every file is as the hub has it."),
    QT_TRANSLATE_NOOP("Messages", "The command models has stopped (code {0})."),
    QT_TRANSLATE_NOOP("Messages", "The command models could not be started ({0})."),
    QT_TRANSLATE_NOOP(
        "Messages", "No engine answers at {0} ({1}); start one as the README says, or check the address."
    ),
    QT_TRANSLATE_NOOP("Messages", "The engine at {0} asks for a key ({1}): set VISAVIS_ENGINE_KEY to yours."),
    QT_TRANSLATE_NOOP("Messages", "The engine at {0} broke off in the middle of its answer; ask again."),
    QT_TRANSLATE_NOOP("Messages", "The engine at {0} answered without speech; does it serve the model with its voice?"),
    QT_TRANSLATE_NOOP("Messages", "The engine at {0} has failed ({1}): {2}"),
    QT_TRANSLATE_NOOP("Messages", "The engine at {0} is silent for too long; is it still loading?"),
    QT_TRANSLATE_NOOP("Messages", "There are no chat completions at {0} (404); such addresses mostly end in /v1."),
    QT_TRANSLATE_NOOP("Messages", "{0} is no address of an engine; give one as http://127.0.0.1:8091/v1"),
    QT_TRANSLATE_NOOP("Messages", "{0} does not answer as a hub: it names no commit and no files of {1}."),
    QT_TRANSLATE_NOOP("Messages", "{0} tells neither size nor hash of {1}, so it could not be checked."),
    QT_TRANSLATE_NOOP("Messages", "{0} is no name of a repository: {1}"),
    QT_TRANSLATE_NOOP("Messages", "HF_HUB_OFFLINE is set, so nothing is fetched; unset it and try again."),
    QT_TRANSLATE_NOOP("Messages", "The certificate of {0} cannot be trusted; is a proxy in between? {1}"),
    QT_TRANSLATE_NOOP(
        "Messages",
        "A file came with another size than announced. What has been fetched is kept; the same command goes "
        "on from there.",
    ),
    QT_TRANSLATE_NOOP("Messages", "{0} has no such revision on {1} (404); remove what was begun and begin anew."),
    QT_TRANSLATE_NOOP("Messages", "{0} knows no such thing in {1} (404): check the name, owner and all."),
    QT_TRANSLATE_NOOP("Messages", "{0} has no such part of the file (416)."),
    QT_TRANSLATE_NOOP("Messages", "{0} refuses {1} ({2})."),
    QT_TRANSLATE_NOOP("Messages", "{0} names a file that lies outside of its folder ({1}); it is not fetched."),
    QT_TRANSLATE_NOOP(
        "Messages",
        "{0} holds its weights as pickles only ({1}), which can run any code when they are read; look for a "
        "repository with safetensors.",
    ),
    QT_TRANSLATE_NOOP("Messages", "{0} is no model that we know: it has no config.json."),
    QT_TRANSLATE_NOOP(
        "Messages",
        "{0} is a model of another architecture ({1}), which this program cannot run; nothing was installed.",
    ),
    QT_TRANSLATE_NOOP(
        "Messages",
        "{0} lies on a file system that takes no file as large as this; set VISAVIS_MODELS to a folder on "
        "another one.",
    ),
    QT_TRANSLATE_NOOP("Messages", "{0} cannot be written to ({1})."),
    QT_TRANSLATE_NOOP("Messages", '"{0}" is no model of a hub; give {1}, or an id as OWNER/NAME.'),
    QT_TRANSLATE_NOOP("Messages", "{0} is not installed."),
    QT_TRANSLATE_NOOP("Messages", "{0} is not installed; fetch it with: visavis models download {1}"),
    QT_TRANSLATE_NOOP("Messages", "{0} has no record of its download, so there is nothing to compare it with."),
    QT_TRANSLATE_NOOP("Messages", "To talk to another engine the package openai is needed: pip install openai"),
    QT_TRANSLATE_NOOP("Messages", "The engine at {0} serves no model; load one there, or name one with --model."),
    QT_TRANSLATE_NOOP("Messages", "{0} is no address of an engine ({1})."),
    QT_TRANSLATE_NOOP("Messages", "The engine at {0} failed while it answered: {1}"),
    QT_TRANSLATE_NOOP("Messages", "The engine at {0} fell silent in the middle of its answer."),
    QT_TRANSLATE_NOOP("Messages", "What answers at {0} is no engine of this form ({1})."),
    QT_TRANSLATE_NOOP("Messages", "The engine at {0} has no model “{1}” (404); visavis ask --model names another."),
    QT_TRANSLATE_NOOP("Messages", "The engine at {0} does not take this question ({1}): {2}"),
    QT_TRANSLATE_NOOP("Messages", "The engine at {0} has too much to do (429); ask again in a moment."),
    # voices and folders
    QT_TRANSLATE_NOOP("Messages", "The embedded model is missing: assets/nano is not beside the program."),
    QT_TRANSLATE_NOOP("Messages", "{0} is not a model folder: it has no config.json."),
    QT_TRANSLATE_NOOP("Messages", "{0} is not a model folder."),
    QT_TRANSLATE_NOOP("Messages", "{0}: there is no such folder."),
    QT_TRANSLATE_NOOP("Messages", "{0} is incomplete: {1} is missing."),
    QT_TRANSLATE_NOOP("Messages", "{0} holds no weights: it has no .safetensors file."),
    QT_TRANSLATE_NOOP("Messages", "{0} cannot be read: {1}."),
    QT_TRANSLATE_NOOP(
        "Messages", "There is no CUDA device here, or this build of torch cannot use it; use --device cpu."
    ),
    QT_TRANSLATE_NOOP(
        "Messages",
        "{0} needs {1} GiB of the card's memory in {2}, and {3} are free; what helps: {4}.",
    ),
    QT_TRANSLATE_NOOP("Messages", "There is not enough memory for {0}, however it is kept; take a smaller model."),
    # microphone and loudspeaker
    QT_TRANSLATE_NOOP(
        "Messages", "Without an echo canceller nothing is heard while an answer plays; install pywebrtc-audio for it."
    ),
    QT_TRANSLATE_NOOP("Messages", "The microphone cannot be used ({0}: {1})."),
    QT_TRANSLATE_NOOP("Messages", "No microphone is left; the call goes on as soon as one is connected."),
    QT_TRANSLATE_NOOP("Messages", "The microphone had gone; the one that is there now is listened to."),
    QT_TRANSLATE_NOOP("Messages", "The chosen microphone is not there; the system's own is listened to."),
    QT_TRANSLATE_NOOP("Messages", "The loudspeaker had gone; the answer goes on on the one that is there now."),
    QT_TRANSLATE_NOOP("Messages", "The chosen loudspeaker is not there; the system's own plays."),
    QT_TRANSLATE_NOOP(
        "Messages", "The microphone delivers only silence; unmute it, or choose another one in the settings."
    ),
    QT_TRANSLATE_NOOP("Messages", "The microphone is too loud; lower its level in the system's settings."),
    QT_TRANSLATE_NOOP(
        "Messages", "The microphone delivers values that are no numbers; choose another one in the settings."
    ),
    QT_TRANSLATE_NOOP("Messages", "That was very short: hold the microphone button for as long as you speak."),
    QT_TRANSLATE_NOOP(
        "Messages", "No microphone could be opened; connect one or allow this program to use it, then try again."
    ),
    QT_TRANSLATE_NOOP(
        "Messages", "No loudspeaker could be opened; connect one or allow this program to use it, then try again."
    ),
    QT_TRANSLATE_NOOP(
        "Messages", "The microphone “{0}” cannot be opened; connect it or choose another one in the settings."
    ),
    QT_TRANSLATE_NOOP(
        "Messages", "The loudspeaker “{0}” cannot be opened; connect it or choose another one in the settings."
    ),
    QT_TRANSLATE_NOOP("Messages", "The microphone has gone; connect it and try again."),
    QT_TRANSLATE_NOOP("Messages", "The loudspeaker has gone; connect one, and the next answer will be spoken again."),
    QT_TRANSLATE_NOOP(
        "Messages", "Sound needs the PortAudio library; on Debian or Ubuntu install it with: apt install libportaudio2"
    ),
    QT_TRANSLATE_NOOP("Messages", "Voices cannot be told from silence here ({0})."),
    # camera
    QT_TRANSLATE_NOOP(
        "Messages",
        "No camera could be opened; connect one, allow this program to use it, or close what else looks through it.",
    ),
    QT_TRANSLATE_NOOP("Messages", "The camera has gone; connect it and switch it on again."),
    QT_TRANSLATE_NOOP("Messages", "The camera cannot be used ({0}: {1})."),
    QT_TRANSLATE_NOOP(
        "Messages",
        "On Wayland this program may not look at the screen; share a picture of it instead (paste works), or start the "
        "program with QT_QPA_PLATFORM=xcb.",
    ),
    QT_TRANSLATE_NOOP("Messages", "The screen has gone; choose another one."),
    QT_TRANSLATE_NOOP("Messages", "The window has gone or cannot be seen; choose another one."),
    # the key that works in every window
    QT_TRANSLATE_NOOP("Messages", "A key that works in every window is not there yet on this system."),
    QT_TRANSLATE_NOOP("Messages", "There is no display here whose keys could be listened to."),
    QT_TRANSLATE_NOOP("Messages", "The display's keys cannot be listened to."),
    QT_TRANSLATE_NOOP("Messages", "{0} is taken by another program; choose another key."),
    QT_TRANSLATE_NOOP("Messages", "The key that works in every window has gone with its display."),
    QT_TRANSLATE_NOOP(
        "Messages",
        "This desktop offers programs no key of their own (it has no portal for global shortcuts).",
    ),
    QT_TRANSLATE_NOOP("Messages", "The desktop did not allow a key that works in every window."),
    QT_TRANSLATE_NOOP("Messages", "The desktop has taken the key that works in every window away."),
    # settings and history
    QT_TRANSLATE_NOOP(
        "Messages", "The settings could not be read; they are kept in {0}, and all choices begin anew."
    ),
    QT_TRANSLATE_NOOP("Messages", "The settings cannot be saved ({0}); they hold until you leave."),
    QT_TRANSLATE_NOOP("Messages", "The history was damaged; it is kept in {0}, and a new one has begun."),
    QT_TRANSLATE_NOOP(
        "Messages",
        "Conversations cannot be kept right now ({0}); it will be tried again as long as the window is open.",
    ),
    QT_TRANSLATE_NOOP("Messages", "Conversations are being kept again; nothing is missing."),
    QT_TRANSLATE_NOOP("Messages", "The conversation has been saved to {0}."),
    QT_TRANSLATE_NOOP("Messages", "Saved as {0}."),
    QT_TRANSLATE_NOOP("Messages", "{0}: cannot be written ({1}); is the disk full?"),
    QT_TRANSLATE_NOOP("Messages", "{0}: cannot be written here ({1})."),
    QT_TRANSLATE_NOOP("Messages", "{0}: cannot be written ({1})."),
    QT_TRANSLATE_NOOP("Messages", "{0}: the folder it should be written to does not exist."),
    QT_TRANSLATE_NOOP("Messages", "{0}: is no file that may be written."),
    # files of questions
    QT_TRANSLATE_NOOP("Messages", "One question takes {0} files; {1} were left out, from {2} on."),
    QT_TRANSLATE_NOOP(
        "Messages", "One question takes {0} files; send it, or take some out, then add {1} again."
    ),
    QT_TRANSLATE_NOOP("Messages", "The decoder could not be started ({0})."),
    QT_TRANSLATE_NOOP(
        "Messages", "{0}: is neither a picture nor a sound nor a video that this program reads."
    ),
    QT_TRANSLATE_NOOP("Messages", "{0}: only files on this machine can be opened, not addresses."),
    QT_TRANSLATE_NOOP("Messages", "{0}: is a folder, not a file."),
    QT_TRANSLATE_NOOP("Messages", "{0}: there is no such file in {1}."),
    QT_TRANSLATE_NOOP("Messages", "{0}: is not a regular file."),
    QT_TRANSLATE_NOOP("Messages", "{0}: may not be read by you."),
    QT_TRANSLATE_NOOP("Messages", "{0}: is empty."),
    QT_TRANSLATE_NOOP("Messages", "{0}: cannot be read ({1})."),
    QT_TRANSLATE_NOOP("Messages", "{0}: takes longer than {1} seconds to decode."),
    QT_TRANSLATE_NOOP("Messages", "{0}: is damaged in a way that crashed the decoder."),
    QT_TRANSLATE_NOOP("Messages", "{0}: has no sound in it."),
    QT_TRANSLATE_NOOP("Messages", "{0}: has no moving pictures in it."),
    QT_TRANSLATE_NOOP("Messages", "{0}: is silent."),
    QT_TRANSLATE_NOOP("Messages", "{0}: has no frame that can be read."),
    QT_TRANSLATE_NOOP("Messages", "{0}: has no pixels (0×0)."),
    QT_TRANSLATE_NOOP("Messages", "{0}: is too large ({1} pixels; up to {2} megapixels can be used)."),
    QT_TRANSLATE_NOOP("Messages", "{0}: is too large for the memory of this machine."),
    QT_TRANSLATE_NOOP("Messages", "{0}: is longer than {1} hours."),
    QT_TRANSLATE_NOOP("Messages", "{0}: is not a picture that can be read."),
    QT_TRANSLATE_NOOP("Messages", "{0}: is not a sound file that can be read."),
    QT_TRANSLATE_NOOP("Messages", "{0}: is not a video that can be read."),
    QT_TRANSLATE_NOOP(
        "Messages", "{0}: is damaged or incomplete ({1} of its {2} seconds can be read)."
    ),
    QT_TRANSLATE_NOOP("Messages", "{0}: is damaged or incomplete."),
)  # fmt: skip


@dataclass(frozen=True)
class _Form:
    words: str
    pattern: re.Pattern[str]


def _form(words: str) -> _Form:
    pattern = re.sub(r"\\\{(\d)\\\}", r"(?P<p\1>.*)", re.escape(words))
    return _Form(words, re.compile(pattern, re.DOTALL))


# The one with the most words of its own is the one that is meant.
_KNOWN = sorted((_form(str(words)) for words in _FORMS), key=lambda form: -len(re.sub(r"\{\d\}", "", form.words)))


def retell(sentence: str) -> str:
    """The same in the language of the window."""
    for form in _KNOWN:
        found = form.pattern.fullmatch(sentence)
        if found is not None:
            told = QCoreApplication.translate("Messages", form.words)
            return told.format(*(found[f"p{number}"] for number in range(len(found.groups()))))
    return sentence


def knows(sentence: str) -> bool:
    """Whether it can be said in another language."""
    return any(form.pattern.fullmatch(sentence) for form in _KNOWN)
