"""Fetch a file once, whole and with the right checksum; what was interrupted goes on where it stopped."""

import hashlib
from http import HTTPStatus
from pathlib import Path

import requests
from filelock import FileLock
from tqdm import tqdm

from .registry import RemoteFile

PROBE_TIMEOUT_S = 4
CONNECT_TIMEOUT_S = 10
READ_TIMEOUT_S = 60
CHUNK_BYTES = 1 << 16
TRIES = 3
"""Times that one call takes up a transfer that broke off."""
PLAIN = {"Accept-Encoding": "identity"}
"""The bytes of a .gz file are wanted as they are, not unpacked on the way."""


class DownloadFailed(Exception):
    """The file could not be fetched. What came of it is kept for the next try, unless its checksum is wrong."""


def unreachable(url: str) -> str:
    """Why the file cannot be fetched now, or "" when its server has it. Takes a few seconds at most."""
    try:
        answer = requests.head(url, timeout=PROBE_TIMEOUT_S, allow_redirects=True)
    except requests.RequestException as error:
        return f"{url} cannot be reached ({type(error).__name__})"
    return "" if answer.ok else f"{url} answers {answer.status_code}"


def fetch(file: RemoteFile, folder: Path, *, progress: bool = False) -> Path:
    """The file's path in the folder. Of several processes one fetches and the others wait for it.

    Raises DownloadFailed.
    """
    target = folder / file.path
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with FileLock(target.with_name(f".{target.name}.lock")):
            if not target.exists():
                _fetch_whole(file, target, progress=progress)
    except OSError as error:  # requests' errors are OSErrors too
        raise DownloadFailed(f"{file.url} cannot be fetched ({type(error).__name__}: {error})") from error
    return target


def _fetch_whole(file: RemoteFile, target: Path, *, progress: bool) -> None:
    """Into a file beside the target, which becomes the target once its checksum is right."""
    partial = target.with_name(f"{target.name}.partial")
    resumed = partial.exists()
    _transfer(file, partial, progress=progress)
    problem = _checksum_problem(file, partial)
    if problem and resumed:  # what lay there may have been another version's
        partial.unlink()
        _transfer(file, partial, progress=progress)
        problem = _checksum_problem(file, partial)
    if problem:
        partial.unlink()
        raise DownloadFailed(f"{file.url} has the wrong checksum ({problem})")
    partial.replace(target)


def _transfer(file: RemoteFile, partial: Path, *, progress: bool) -> None:
    for tried in range(1, TRIES + 1):
        try:
            _stream(file, partial, progress=progress)
            return
        except (requests.ConnectionError, requests.Timeout, requests.exceptions.ChunkedEncodingError):
            if tried == TRIES:
                raise


def _stream(file: RemoteFile, partial: Path, *, progress: bool) -> None:
    """Append what is missing; write all of it where the server cannot send a part."""
    here = partial.stat().st_size if partial.exists() else 0
    headers = PLAIN | ({"Range": f"bytes={here}-"} if here else {})
    timeout = (CONNECT_TIMEOUT_S, READ_TIMEOUT_S)
    with requests.get(file.url, stream=True, timeout=timeout, headers=headers) as answer:
        if answer.status_code == HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE:
            return  # it was complete already, or the checksum will tell
        answer.raise_for_status()
        if answer.status_code != HTTPStatus.PARTIAL_CONTENT:
            here = 0
        rest = int(answer.headers.get("Content-Length", 0))
        bar = tqdm(
            total=here + rest if rest else None,
            initial=here,
            unit="B",
            unit_scale=True,
            desc=file.path,
            disable=not progress,
        )
        with bar, partial.open("ab" if here else "wb") as output:
            for chunk in answer.iter_content(CHUNK_BYTES):
                output.write(chunk)
                bar.update(len(chunk))


def _checksum_problem(file: RemoteFile, path: Path) -> str:
    """The checksum found and the one expected, where they differ."""
    name, expected = ("SHA-256", file.sha256) if file.sha256 else ("MD5", file.md5)
    with path.open("rb") as content:
        found = hashlib.file_digest(content, lambda: _digest(name)).hexdigest()
    return "" if found == expected else f"{name} {found}, expected {expected}"


def _digest(name: str) -> "hashlib._Hash":
    return hashlib.sha256() if name == "SHA-256" else hashlib.md5(usedforsecurity=False)
