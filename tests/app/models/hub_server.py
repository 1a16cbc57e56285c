"""A server that speaks the hub's protocol, and its CDN's, on this machine; it can be told to misbehave.

What it answers is what huggingface.co does: model info with sizes and hashes; `resolve` with commit, linked size and
linked ETag, and for large files a redirect to another host with a signed address; bytes in ranges.
"""

from __future__ import annotations

import hashlib
import json
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

COMMIT = "0123456789abcdef0123456789abcdef01234567"
PIECE = 1 << 16  # bytes


class Hub:
    """What the server has and how it behaves.

    Attributes:
        files: content by name, of the one repository there is; `large` are those that the CDN holds.
        faults: called before a request is answered, with the handler; True if the fault has answered it.
        cut_after, stall_after: bytes of a body after which the line breaks, or is silent; each is used up once.
        corrupt: names of files that arrive with a byte changed, and how often still.
        rate: bytes a second of a body; 0 for as fast as it goes.
        asked: what was asked for: method, path, range.
    """

    def __init__(self, repo: str, files: dict[str, bytes]) -> None:
        self.repo, self.files = repo, files
        self.commit = COMMIT
        self.listed: list[dict[str, Any]] | None = None
        self.large = {name for name in files if name.endswith((".safetensors", ".pt"))}
        self.faults: list[Callable[[Any], bool]] = []
        self.cut_after: list[int] = []
        self.stall_after: list[int] = []
        self.corrupt: dict[str, int] = {}
        self.rate = 0
        self.ranges = True
        self.needs_token: str | None = None
        self.asked: list[tuple[str, str, str]] = []
        self.tokens_at_cdn: list[str] = []
        self.url = self.cdn = ""

    def info(self) -> dict[str, Any]:
        return {
            "_id": "1", "id": self.repo, "modelId": self.repo, "sha": self.commit, "private": False, "disabled": False,
            "siblings": self.listed or [self._sibling(name) for name in sorted(self.files)],
        }  # fmt: skip

    def _sibling(self, name: str) -> dict[str, Any]:
        data = self.files[name]
        told: dict[str, Any] = {"rfilename": name, "size": len(data), "blobId": git_sha1(data)}
        if name in self.large:
            told["lfs"] = {"sha256": hashlib.sha256(data).hexdigest(), "size": len(data), "pointerSize": 134}
        return told

    def bytes_sent(self, name: str) -> int:
        return self.sent.get(name, 0)

    sent: dict[str, int]


def git_sha1(data: bytes) -> str:
    return hashlib.sha1(b"blob %d\0" % len(data) + data).hexdigest()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    hub: Hub

    def log_message(self, *_: Any) -> None:
        pass

    def do_HEAD(self) -> None:
        self._answer()

    def do_GET(self) -> None:
        self._answer()

    def _answer(self) -> None:
        hub = self.hub
        hub.asked.append((self.command, self.path, self.headers.get("Range", "")))
        if any(fault(self) for fault in list(hub.faults)):
            return
        path = self.path.split("?")[0]
        if path.startswith("http://"):  # through a proxy the whole address is asked for
            path = "/" + path.split("/", 3)[3]
        if path.startswith("/cdn/"):
            hub.tokens_at_cdn.append(self.headers.get("Authorization", ""))
            self._body(path.removeprefix("/cdn/"))
            return
        if hub.needs_token and self.headers.get("Authorization") != f"Bearer {hub.needs_token}":
            self.fail(401, "Invalid username or password.")
        elif path.startswith(f"/api/models/{hub.repo}/revision/"):
            revision = path.rsplit("/", 1)[1]
            if revision in ("main", hub.commit):
                self.send(200, json.dumps(hub.info()).encode(), {"Content-Type": "application/json"})
            else:
                self.fail(404, "no such revision", {"X-Error-Code": "RevisionNotFound"})
        elif path.startswith(f"/{hub.repo}/resolve/"):
            self._resolve(path.split("/resolve/", 1)[1].split("/", 1)[1])
        else:
            self.fail(401, "Repository not found", {"X-Error-Code": "RepoNotFound"})

    def _resolve(self, name: str) -> None:
        hub = self.hub
        if name not in hub.files:
            self.fail(404, "no such entry", {"X-Error-Code": "EntryNotFound"})
            return
        data = hub.files[name]
        headers = {"X-Repo-Commit": hub.commit, "Accept-Ranges": "bytes"}
        if name in hub.large:
            etag = hashlib.sha256(data).hexdigest()
            headers |= {"X-Linked-Size": str(len(data)), "X-Linked-Etag": f'"{etag}"'}
            self.send(302, b"", {**headers, "Location": f"{hub.cdn}/cdn/{name}?Signature=abc"})
        elif self.command == "HEAD":
            self.send(200, b"", {**headers, "ETag": f'"{git_sha1(data)}"', "Content-Length": str(len(data))})
        else:
            self._body(name, {**headers, "ETag": f'"{git_sha1(data)}"'})

    def _body(self, name: str, headers: dict[str, str] | None = None) -> None:
        hub, data = self.hub, self.hub.files[name]
        if hub.corrupt.get(name):
            hub.corrupt[name] -= 1
            middle = len(data) // 2
            data = data[:middle] + bytes([data[middle] ^ 1]) + data[middle + 1 :]
        begin = 0
        asked = self.headers.get("Range")
        if asked and hub.ranges:
            begin = int(asked.removeprefix("bytes=").split("-")[0])
            if begin >= len(data):
                self.fail(416, "no such range")
                return
        status = 206 if asked and hub.ranges else 200
        self.send_response(status)
        for key, value in (headers or {}).items():
            self.send_header(key, value)
        if status == 206:
            self.send_header("Content-Range", f"bytes {begin}-{len(data) - 1}/{len(data)}")
        self.send_header("Content-Length", str(len(data) - begin))
        self.end_headers()
        with suppress(OSError):
            self._pour(name, data, begin)

    def _pour(self, name: str, data: bytes, begin: int) -> None:
        hub = self.hub
        is_large = name in hub.large
        end = len(data)
        cut = hub.cut_after.pop(0) if is_large and hub.cut_after else None
        stall = hub.stall_after.pop(0) if is_large and not cut and hub.stall_after else None
        stop = min(end, begin + (cut or stall or end))
        for at in range(begin, stop, PIECE):
            piece = data[at : min(at + PIECE, stop)]
            self.wfile.write(piece)
            hub.sent[name] = hub.sent.get(name, 0) + len(piece)
            if hub.rate:
                time.sleep(len(piece) / hub.rate)
        self.wfile.flush()
        if stall is not None:
            time.sleep(5.0)
        if stop < end:
            self.close_connection = True
            self.connection.close()

    def send(self, status: int, body: bytes, headers: dict[str, str] | None = None) -> None:
        self.send_response(status)
        for key, value in {"Content-Length": str(len(body)), **(headers or {})}.items():
            self.send_header(key, value)
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def fail(self, status: int, words: str, headers: dict[str, str] | None = None) -> None:
        body = json.dumps({"error": words}).encode()
        self.send(status, body, {"Content-Type": "application/json", "X-Error-Message": words, **(headers or {})})


def failing(status: int, words: str = "no", times: int = 1_000_000, at: str = "", **headers: str) -> Any:
    """A fault: this status for requests whose path holds `at`, so many times."""
    left = [times]

    def fault(handler: _Handler) -> bool:
        if at not in handler.path or not left[0]:
            return False
        left[0] -= 1
        handler.fail(status, words, {key.replace("_", "-"): value for key, value in headers.items()})
        return True

    return fault


def log_in_page(at: str = "") -> Any:
    """A fault: a web page in place of every answer."""

    def fault(handler: _Handler) -> bool:
        if at not in handler.path:
            return False
        page = b"<!doctype html><title>Welcome to our hotel</title>"
        handler.send(200, page, {"Content-Type": "text/html"})
        return True

    return fault


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, *_: Any) -> None:
        """Whoever hangs up is no news here."""


@contextmanager
def serve(hub: Hub) -> Iterator[Hub]:
    """Serve it on a free port, the CDN on another one."""
    hub.sent = {}
    handler = type("Handler", (_Handler,), {"hub": hub})
    servers = [_Server(("127.0.0.1", 0), handler) for _ in range(2)]
    for server in servers:
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
    ports = [server.server_address[1] for server in servers]
    hub.url, hub.cdn = f"http://127.0.0.1:{ports[0]}", f"http://localhost:{ports[1]}"  # another host, by its name
    try:
        yield hub
    finally:
        for server in servers:
            server.shutdown()
            server.server_close()
