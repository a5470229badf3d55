"""Files on their way out: whole folders and large files, without ever holding one in memory."""

import asyncio
import io
import zipfile
from collections.abc import AsyncIterator, Iterator

from django.http import StreamingHttpResponse
from django.utils.http import content_disposition_header

from optimization.engine.artifacts import ArtifactStore

CHUNK = 256 * 1024


def file_response(store: ArtifactStore, name: str, *, content_type: str) -> StreamingHttpResponse:
    """One kept file as an attachment under its own name."""
    folder, _, file = name.rpartition("/")
    response = _attachment(file_chunks(store, name), file, content_type)
    response["Content-Length"] = store.files(folder)[file]
    return response


def zip_response(store: ArtifactStore, name: str, *, file: str = "") -> StreamingHttpResponse:
    """A kept folder as a ZIP under the name `file`, or its own."""
    return _attachment(zip_chunks(store, name), file or f"{name}.zip", "application/zip")


def file_chunks(store: ArtifactStore, name: str) -> Iterator[bytes]:
    with store.open(name) as file:
        while chunk := file.read(CHUNK):
            yield chunk


def zip_chunks(store: ArtifactStore, name: str) -> Iterator[bytes]:
    """A ZIP of a kept folder, made while it is read. Nothing is compressed: models and pictures are already."""
    sink = _Sink()
    with zipfile.ZipFile(sink, "w") as archive:
        for path in store.files(name):
            with archive.open(f"{name}/{path}", "w", force_zip64=True) as entry:
                for chunk in file_chunks(store, f"{name}/{path}"):
                    entry.write(chunk)
                    yield sink.taken()
    yield sink.taken()


def _attachment(chunks: Iterator[bytes], name: str, content_type: str) -> StreamingHttpResponse:
    response = StreamingHttpResponse(_without_blocking(chunks), content_type=content_type)
    response["Content-Disposition"] = content_disposition_header(as_attachment=True, filename=name)
    return response


async def _without_blocking(chunks: Iterator[bytes]) -> AsyncIterator[bytes]:
    while (chunk := await asyncio.to_thread(next, chunks, None)) is not None:
        yield chunk


class _Sink(io.RawIOBase):
    """What a ZIP is written to: cannot be read or moved in, only emptied."""

    def __init__(self) -> None:
        self._buffer = bytearray()

    def writable(self) -> bool:
        return True

    def write(self, data: bytes) -> int:  # type: ignore[override]
        self._buffer += data
        return len(data)

    def taken(self) -> bytes:
        taken = bytes(self._buffer)
        self._buffer.clear()
        return taken
