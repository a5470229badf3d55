"""Files on their way out: whole folders and large files, without ever holding one in memory."""

import asyncio
import io
import zipfile
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

from django.http import StreamingHttpResponse
from django.utils.http import content_disposition_header

CHUNK = 256 * 1024


def file_response(path: Path, *, content_type: str) -> StreamingHttpResponse:
    response = _attachment(file_chunks(path), path.name, content_type)
    response["Content-Length"] = path.stat().st_size
    return response


def zip_response(folder: Path) -> StreamingHttpResponse:
    return _attachment(zip_chunks(folder), f"{folder.name}.zip", "application/zip")


def file_chunks(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        while chunk := file.read(CHUNK):
            yield chunk


def zip_chunks(folder: Path) -> Iterator[bytes]:
    """A ZIP of the folder's finished files, made while it is read.

    Links and folders that are still being written (`.partial`) are left out. Nothing is compressed:
    models and pictures are already.
    """
    sink = _Sink()
    with zipfile.ZipFile(sink, "w") as archive:
        for path in sorted(folder.rglob("*")):
            if path.is_symlink() or not path.is_file() or _is_partial(path.relative_to(folder)):
                continue
            name = str(Path(folder.name) / path.relative_to(folder))
            with archive.open(zipfile.ZipInfo.from_file(path, name), "w", force_zip64=True) as entry:
                for chunk in file_chunks(path):
                    entry.write(chunk)
                    yield sink.taken()
    yield sink.taken()


def _is_partial(path: Path) -> bool:
    return any(part.endswith(".partial") for part in path.parts)


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
