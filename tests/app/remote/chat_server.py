"""A server of chat completions with audio, for what no server that installs here does: speech, and failures.

What it sends is checked against the protocol's own published schema, the types of the openai package, before it goes
out; what it is sent, against the parameters of the same package.
"""

from __future__ import annotations

import base64
import io
import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import numpy as np
import soundfile
from openai.types.chat import ChatCompletionChunk, completion_create_params
from pydantic import TypeAdapter

RATE = 24_000
MODEL = "Qwen/Qwen2.5-Omni-7B"
_REQUEST = TypeAdapter(completion_create_params.CompletionCreateParamsStreaming)


def tone(seconds: float) -> np.ndarray:
    """float32 mono at RATE."""
    return (0.3 * np.sin(2 * np.pi * 330 * np.arange(int(seconds * RATE)) / RATE)).astype(np.float32)


class Chat:
    """How the server behaves.

    Attributes:
        form: of its sound: "openai" (bare samples and a transcript), "vllm" (WAV files in their own chunks), "none".
        words, seconds: the answer: its text in pieces, and its speech.
        status: of every answer to a question; cut: the line breaks after so many chunks, 0 for never; stop: the stream
            ends after so many chunks without the end of the answer.
        pause: seconds between two chunks.
        questions: what was asked, as it came; gone: how many of those who asked hung up before the end.
    """

    def __init__(self) -> None:
        self.form, self.words, self.seconds = "openai", ["It ", "is ", "a ", "red ", "square."], 1.0
        self.status, self.cut, self.stop, self.pause = 200, 0, 0, 0.0
        self.error = {"message": "scripted", "type": "error"}
        self.models: list[dict[str, Any]] = [{"id": MODEL, "object": "model", "created": 0, "owned_by": "vllm"}]
        self.raw: bytes | None = None
        self.key = ""
        self.questions: list[dict[str, Any]] = []
        self.gone = 0
        self.url = ""

    def chunks(self, speaks: bool) -> Iterator[dict[str, Any]]:
        yield self._chunk({"role": "assistant", "content": ""})
        samples = tone(self.seconds)
        pieces = np.array_split(samples, len(self.words))
        for word, piece in zip(self.words, pieces):
            if not speaks or self.form != "openai":
                yield self._chunk({"content": word})
            elif self.form == "openai":
                yield self._chunk({"audio": {"id": "audio-1", "transcript": word}})
            if speaks and self.form == "openai":
                pcm = (piece * 32767).astype("<i2").tobytes()
                half = len(pcm) // 2 | 1  # an odd number of bytes: a sample in two chunks
                for part in (pcm[:half], pcm[half:]):
                    yield self._chunk({"audio": {"data": base64.b64encode(part).decode()}})
            elif speaks and self.form == "vllm":
                wav = io.BytesIO()
                soundfile.write(wav, piece, RATE, format="WAV", subtype="PCM_16")
                chunk = self._chunk({"content": base64.b64encode(wav.getvalue()).decode()})
                yield {**chunk, "modality": "audio"}
        yield self._chunk({}, "stop")

    def _chunk(self, delta: dict[str, Any], finish: str | None = None) -> dict[str, Any]:
        choice = {"index": 0, "delta": delta, "finish_reason": finish}
        told = {"id": "chatcmpl-1", "object": "chat.completion.chunk", "created": 0, "model": MODEL}
        whole = {**told, "choices": [choice]}
        ChatCompletionChunk.model_validate(whole, strict=True)
        return whole


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    chat: Chat

    def log_message(self, *_: Any) -> None:
        pass

    def do_GET(self) -> None:
        if not self._may():
            return
        if self.path == "/v1/models":
            self._send(200, {"object": "list", "data": self.chat.models})
        else:
            self._send(404, {"detail": "Not Found"})

    def do_POST(self) -> None:
        chat = self.chat
        asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        if not self._may():
            return
        _REQUEST.validate_python(asked)
        chat.questions.append(asked)
        if chat.status != 200:
            self._send(chat.status, {"error": chat.error})
            return
        self.send_response(200)
        self.send_header("Content-Type", "text/event-stream")
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        try:
            self._stream("audio" in asked.get("modalities", []) and chat.form != "none")
        except OSError:
            chat.gone += 1
            self.close_connection = True

    def _stream(self, speaks: bool) -> None:
        chat = self.chat
        if chat.raw is not None:
            self._piece(chat.raw)
        for number, chunk in enumerate(chat.chunks(speaks), 1):
            if chat.cut and number > chat.cut:
                self.close_connection = True
                self.connection.close()
                return
            if chat.stop and number > chat.stop:
                break
            self._piece(f"data: {json.dumps(chunk)}\n\n".encode())
            time.sleep(chat.pause)
        else:
            self._piece(b"data: [DONE]\n\n")
        self.wfile.write(b"0\r\n\r\n")

    def _piece(self, data: bytes) -> None:
        self.wfile.write(b"%x\r\n%s\r\n" % (len(data), data))
        self.wfile.flush()

    def _may(self) -> bool:
        if self.chat.key and self.headers.get("Authorization") != f"Bearer {self.chat.key}":
            self._send(401, {"error": {"message": "Unauthorized"}})
            return False
        return True

    def _send(self, status: int, told: Any) -> None:
        body = json.dumps(told).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, *_: Any) -> None:
        """Whoever hangs up is no news here."""


@contextmanager
def serve(chat: Chat) -> Iterator[Chat]:
    """Serve it on a free port of this machine."""
    server = _Server(("127.0.0.1", 0), type("Handler", (_Handler,), {"chat": chat}))
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
    chat.url = f"http://127.0.0.1:{server.server_address[1]}/v1"
    try:
        yield chat
    finally:
        server.shutdown()
        server.server_close()
