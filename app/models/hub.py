"""The hub: what a repository holds, and the bytes of its files. The only module that knows huggingface_hub.

huggingface_hub resolves names, tokens, mirrors (HF_ENDPOINT), proxies and redirects, and moves the bytes. Which file is
fetched when, from which byte on, and whether it is right, is decided in `app.models.download`: newer versions of
`hf_hub_download` begin a file anew after an interruption, and none of them compares hashes.
Every failure leaves here as a HubError with one sentence, `passing` where a second try may help.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO
from urllib.parse import urlparse
from urllib.request import getproxies, proxy_bypass

from app.models.record import RemoteFile

# before huggingface_hub is imported, which reads them once
os.environ["HF_HUB_DISABLE_XET"] = "1"  # its chunks are not resumed after an interruption
os.environ["HF_HUB_ENABLE_HF_TRANSFER"] = "0"  # nor are those of hf_transfer
os.environ["HF_HUB_DISABLE_PROGRESS_BARS"] = "1"
os.environ["HF_HUB_DISABLE_TELEMETRY"] = "1"

_PATIENCE = 20.0  # seconds for an answer without a body
_PIECE = 1 << 16  # bytes; what a cut line has brought of a piece is lost, and huggingface_hub's own are 10 MB
_SHA256 = re.compile(r"[0-9a-f]{64}")
_LATER = "What has been fetched is kept; the same command goes on from there."


class HubError(Exception):
    """Something that the hub, or the way to it, refuses.

    Attributes:
        passing: a second try may help.
        wait: how many seconds the hub asks for.
        status: what the hub said; None where the line failed and it said nothing.
    """

    def __init__(self, sentence: str, passing: bool = False, wait: float = 0.0, status: int | None = None) -> None:
        super().__init__(sentence)
        self.passing, self.wait, self.status = passing, wait, status


@dataclass(frozen=True)
class Listing:
    """What a repository holds at one commit; a file without size or hash is told of by `complete`."""

    repo: str
    commit: str
    files: list[RemoteFile]


def endpoint() -> str:
    """Where the hub is: huggingface.co, or the mirror that HF_ENDPOINT names."""
    from huggingface_hub import constants

    return os.environ.get("HF_ENDPOINT", "").rstrip("/") or str(constants.ENDPOINT)


def look_up(repo: str, revision: str) -> Listing:
    """The files of a repository at a branch, a tag or a commit."""
    from huggingface_hub import HfApi

    with _explained(repo):
        info = HfApi(endpoint=endpoint()).model_info(repo, revision=revision, files_metadata=True, timeout=_PATIENCE)
    if not info.sha or not info.siblings:
        raise HubError(f"{endpoint()} does not answer as a hub: it names no commit and no files of {repo}.")
    files = []
    for sibling in info.siblings:
        sha256 = sibling.lfs.sha256 if sibling.lfs else None
        size = -1 if sibling.size is None else sibling.size
        files.append(RemoteFile(sibling.rfilename, size, sha256, None if sha256 else sibling.blob_id))
    return Listing(repo, info.sha, files)


def complete(repo: str, commit: str, file: RemoteFile) -> RemoteFile:
    """The same with its size and hash, asked for by itself: some mirrors leave them out of the listing."""
    if file.size >= 0 and (file.sha256 or file.git_sha1):
        return file
    from huggingface_hub import get_hf_file_metadata, hf_hub_url

    with _explained(repo):
        url = hf_hub_url(repo, file.name, revision=commit, endpoint=endpoint())
        told = get_hf_file_metadata(url, timeout=_PATIENCE)
    etag = told.etag or ""
    if told.size is None or not etag:
        raise HubError(f"{endpoint()} tells neither size nor hash of {file.name}, so it could not be checked.")
    is_sha256 = _SHA256.fullmatch(etag) is not None
    return RemoteFile(file.name, told.size, etag if is_sha256 else None, None if is_sha256 else etag)


def fetch(repo: str, commit: str, file: RemoteFile, sink: BinaryIO, begin: int) -> None:
    """Write the bytes of a file from `begin` on; `sink` stands there and is told each piece as it comes."""
    from huggingface_hub import constants, get_hf_file_metadata, hf_hub_url
    from huggingface_hub.file_download import http_get
    from huggingface_hub.utils import build_hf_headers

    url = hf_hub_url(repo, file.name, revision=commit, endpoint=endpoint())
    headers: dict[str, Any] = build_hf_headers()
    with _explained(repo):
        told = get_hf_file_metadata(url, timeout=_PATIENCE)
        if told.commit_hash is None:
            raise HubError(_no_hub())
        if urlparse(told.location).netloc != urlparse(url).netloc:
            headers.pop("authorization", None)  # a signed address elsewhere: the token is nobody's business there
        constants.DOWNLOAD_CHUNK_SIZE = _PIECE
        http_get(told.location, sink, resume_size=begin, headers=headers, expected_size=file.size)


def cached(repo: str, commit: str, file: RemoteFile) -> Path | None:
    """A copy that another program has fetched into huggingface_hub's own cache."""
    from huggingface_hub import try_to_load_from_cache

    found = try_to_load_from_cache(repo, file.name, revision=commit)
    return Path(found) if isinstance(found, str) else None


@contextmanager
def _explained(repo: str) -> Iterator[None]:
    """What goes wrong inside becomes a HubError; a full disk and the like stay what they are."""
    try:
        yield
    except HubError:
        raise
    except Exception as error:  # requests or httpx, by huggingface_hub's version; anything that is not known goes on
        explained = _explain(repo, error)
        if explained is None:
            raise
        raise explained from error


def _explain(repo: str, error: Exception) -> HubError | None:
    from huggingface_hub import errors

    for cause in _causes(error):
        response = getattr(cause, "response", None)
        if response is not None:
            return _explain_status(repo, cause, int(response.status_code), response.headers)
    kinds = {kind.__name__ for cause in _causes(error) for kind in type(cause).__mro__}
    if isinstance(error, errors.HFValidationError):
        return HubError(f"{repo} is no name of a repository: {error}")
    if "OfflineModeIsEnabled" in kinds:
        return HubError("HF_HUB_OFFLINE is set, so nothing is fetched; unset it and try again.")
    if "SSLError" in kinds or "certificate" in str(error).lower():
        return HubError(f"The certificate of {endpoint()} cannot be trusted; is a proxy in between? {_short(error)}")
    if "JSONDecodeError" in kinds or "FileMetadataError" in kinds:
        return HubError(_no_hub())
    if kinds & {"RequestException", "HTTPError", "TransportError", "ConnectionError", "ProxyError"}:
        return HubError(f"The line to {endpoint()}{_through()} fails ({_short(error)}). {_LATER}", passing=True)
    if "Consistency check failed" in str(error):
        return HubError(f"A file came with another size than announced. {_LATER}", passing=True)
    return None


def _explain_status(repo: str, error: BaseException, status: int, headers: Any) -> HubError:
    from huggingface_hub import errors

    hub = endpoint()
    if isinstance(error, errors.GatedRepoError) or status == 403:
        return HubError(
            f"{hub} does not hand out {repo} to everybody (403): accept its conditions at {hub}/{repo}, and set "
            "HF_TOKEN to a token of yours."
        )
    if isinstance(error, errors.RevisionNotFoundError):
        return HubError(f"{repo} has no such revision on {hub} (404); remove what was begun and begin anew.")
    if status == 401 or (isinstance(error, errors.RepositoryNotFoundError) and status != 404):
        return HubError(f"{hub} shows {repo} to nobody without leave (401): check the name, or set HF_TOKEN.")
    if status == 404:
        return HubError(f"{hub} knows no such thing in {repo} (404): check the name, owner and all.")
    if status == 416:
        return HubError(f"{hub} has no such part of the file (416).", True, 0.0, status)
    if status == 429:
        wait = headers.get("Retry-After", "")
        seconds = float(wait) if wait.isdecimal() else 0.0
        asked = f"in {seconds:.0f} s" if seconds else "in a few minutes"
        return HubError(f"{hub} has too many requests (429); try again {asked}. {_LATER}", True, seconds, status)
    if status >= 500 or status == 408:
        return HubError(f"{hub} has a trouble of its own ({status}); try again later. {_LATER}", True, 0.0, status)
    return HubError(f"{hub} refuses {repo} ({status}: {_short(error)}).")


def _no_hub() -> str:
    return (
        f"{endpoint()} does not answer as a hub: a page of the network in between (a log-in, a proxy), or HF_ENDPOINT "
        "names another server."
    )


def _through() -> str:
    """The proxy that is between here and the hub, if one is set."""
    address = urlparse(endpoint())
    proxy = getproxies().get(address.scheme)
    if proxy is None or proxy_bypass(address.hostname or ""):
        return ""
    return f" through the proxy {urlparse(proxy).hostname or proxy}"


def _causes(error: BaseException | None) -> Iterator[BaseException]:
    seen: set[int] = set()
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        yield error
        error = error.__cause__ or error.__context__


def _short(error: BaseException) -> str:
    """The first words of an error: those of libraries run over many lines, with addresses of objects in them."""
    words = " ".join(str(error).split()) or type(error).__name__
    return words if len(words) <= 120 else f"{words[:119]}…"
