"""Fetch a file once, whole and with the right checksum, or not at all."""

import hashlib
from pathlib import Path

import requests
from filelock import FileLock
from tqdm import tqdm

from .registry import RemoteFile

PROBE_TIMEOUT_S = 4
CONNECT_TIMEOUT_S = 10
READ_TIMEOUT_S = 60
CHUNK_BYTES = 1 << 18
PLAIN = {"Accept-Encoding": "identity"}
"""The bytes of a .gz file are wanted as they are, not unpacked on the way."""


class DownloadFailed(Exception):
    """The file could not be fetched; nothing of it is left."""


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
    partial = target.with_name(f"{target.name}.partial")
    try:
        found = _stream(file, partial, progress=progress)
        if found != file.sha256:
            raise DownloadFailed(f"{file.url} has the wrong checksum (SHA-256 {found}, expected {file.sha256})")
        partial.replace(target)
    finally:
        partial.unlink(missing_ok=True)


def _stream(file: RemoteFile, partial: Path, *, progress: bool) -> str:
    """Write the file and return its SHA-256."""
    digest = hashlib.sha256()
    timeout = (CONNECT_TIMEOUT_S, READ_TIMEOUT_S)
    with requests.get(file.url, stream=True, timeout=timeout, headers=PLAIN) as answer, partial.open("wb") as output:
        answer.raise_for_status()
        size = int(answer.headers.get("Content-Length", 0)) or None
        with tqdm(total=size, unit="B", unit_scale=True, desc=file.path, disable=not progress) as bar:
            for chunk in answer.iter_content(CHUNK_BYTES):
                output.write(chunk)
                digest.update(chunk)
                bar.update(len(chunk))
    return digest.hexdigest()
