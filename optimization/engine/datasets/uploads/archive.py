"""A ZIP from outside, read entry by entry and never unpacked onto the disk.

Nothing that the archive says of itself is believed: sizes are counted while entries are read, and reading
stops at the limits. Names are only ever used to tell classes apart.
"""

import contextlib
import stat
import struct
import zipfile
import zlib
from pathlib import Path, PurePosixPath
from typing import NamedTuple

from . import limits
from .report import Findings, UploadRefused, listed, printable

CHUNK_BYTES = 1 << 16
SYSTEM_FILES = frozenset({"__macosx", "thumbs.db", "desktop.ini"})
ARCHIVES = frozenset({".zip", ".rar", ".7z", ".tar", ".gz", ".tgz", ".bz2", ".xz", ".zst", ".jar", ".iso"})
IMAGES = frozenset({".png", ".jpg", ".jpeg", ".jfif", ".bmp", ".gif", ".webp", ".ppm", ".pgm", ".pbm", ".pnm"})
EXCEL_MARK = "xl/workbook.xml"
ENCRYPTED = 0x1
UTF8_NAME = 0x800
READABLE_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)

_END = b"PK\x05\x06"
_END_SIZE = 22
_LONGEST_COMMENT = 0xFFFF
_ZIP64_LOCATOR = b"PK\x06\x07"
_ZIP64_LOCATOR_SIZE = 20
_DAMAGE = (zipfile.BadZipFile, zlib.error, EOFError, OSError, NotImplementedError, RuntimeError, ValueError)


DAMAGED = "damaged or cut short"
TOO_LARGE = f"larger than {limits.MAX_IMAGE_BYTES / 1e6:g} MB"
NO_IMAGE = f"no image that can be read here ({', '.join(limits.IMAGE_FORMATS)})"


class Unusable(Exception):
    """One file cannot be used; says why. The others may be fine."""


class Entry(NamedTuple):
    """One file of the archive that may be an image. folders: from the outermost, without those that hold all."""

    name: str
    folders: tuple[str, ...]
    info: zipfile.ZipInfo


class Archive:
    """An open ZIP whose list of entries has been checked. A context manager."""

    def __init__(self, path: Path) -> None:
        """Raises UploadRefused for what is no usable ZIP."""
        _check_directory_size(path)
        try:
            self._zip = zipfile.ZipFile(path)
        except _DAMAGE as error:
            raise UploadRefused([f"The ZIP is damaged and cannot be opened: {error}."]) from error
        self._packed_bytes = path.stat().st_size
        self._unpacked_bytes = 0

    def __enter__(self) -> "Archive":
        return self

    def __exit__(self, *_: object) -> None:
        self._zip.close()

    def entries(self, findings: Findings) -> list[Entry]:
        """The files that may be images. Raises UploadRefused with every reason against the archive as a whole."""
        infos = [info for info in self._zip.infolist() if not info.is_dir()]
        names = [_name(info) for info in infos]
        if problems := _problems(infos, names):
            raise UploadRefused(problems)
        found, known = [], set()
        for info, name in zip(infos, names, strict=True):
            parts = PurePosixPath(name).parts
            if _is_of_the_system(parts):
                continue
            if name in known:
                findings.skip(name, "a second file of the same name")
            elif reason := _unsuitable(info, name):
                findings.skip(name, reason)
            else:
                known.add(name)
                found.append(Entry(name, parts[:-1], info))
        return _without_common_folders(found)

    def read(self, entry: Entry) -> bytes:
        """The entry's bytes.

        Raises Unusable for one entry, and UploadRefused when the archive unpacks to more than it may.
        """
        content = bytearray()
        try:
            with self._zip.open(entry.info) as file:
                while chunk := file.read(CHUNK_BYTES):
                    self._count(len(chunk))
                    content += chunk
                    if len(content) > limits.MAX_IMAGE_BYTES:
                        raise Unusable(TOO_LARGE)
        except UploadRefused:
            raise
        except _DAMAGE as error:
            raise Unusable(DAMAGED) from error
        return bytes(content)

    def _count(self, size: int) -> None:
        self._unpacked_bytes += size
        if self._unpacked_bytes > limits.MAX_UNPACKED_BYTES:
            raise UploadRefused([f"The ZIP unpacks to more than {limits.MAX_UNPACKED_BYTES / 1e9:g} GB."])
        is_large = self._unpacked_bytes > limits.RATIO_COUNTS_FROM_BYTES
        if is_large and self._unpacked_bytes > limits.MAX_RATIO * self._packed_bytes:
            raise UploadRefused(
                [f"The ZIP unpacks to more than {limits.MAX_RATIO} times its size, as no collection of images does."]
            )


def _check_directory_size(path: Path) -> None:
    """Look at the end of the file before zipfile does, which reads the whole list of entries into memory."""
    with path.open("rb") as file:
        size = file.seek(0, 2)
        file.seek(max(0, size - _END_SIZE - _LONGEST_COMMENT - _ZIP64_LOCATOR_SIZE))
        tail = file.read()
    end = tail.rfind(_END)
    if end < 0 or len(tail) - end < _END_SIZE:
        raise UploadRefused(["The ZIP is cut short: its list of files is missing. Send it again, whole."])
    if tail[max(0, end - _ZIP64_LOCATOR_SIZE) : end].startswith(_ZIP64_LOCATOR):
        raise UploadRefused(["The ZIP is in the ZIP64 format, meant for archives larger than what is allowed here."])
    (directory_bytes,) = struct.unpack_from("<I", tail, end + 12)
    if directory_bytes > limits.MAX_DIRECTORY_BYTES:
        raise UploadRefused([f"The ZIP has too many files; at most {limits.MAX_ENTRIES:,} are allowed."])


def _name(info: zipfile.ZipInfo) -> str:
    """The entry's name with forward slashes. Some programs write UTF-8 without saying so."""
    name = info.orig_filename
    if not info.flag_bits & UTF8_NAME:
        with contextlib.suppress(UnicodeError):
            name = name.encode("cp437").decode("utf-8")
    return name.replace("\\", "/")


def _problems(infos: list[zipfile.ZipInfo], names: list[str]) -> list[str]:
    problems = []
    if EXCEL_MARK in names:
        problems.append("This is an Excel workbook. Save its sheet as CSV and send that.")
    if len(infos) > limits.MAX_ENTRIES:
        problems.append(f"The ZIP has {len(infos):,} files; at most {limits.MAX_ENTRIES:,} are allowed.")
    if locked := [printable(n) for n, i in zip(names, infos, strict=True) if i.flag_bits & ENCRYPTED]:
        problems.append(f"The ZIP is protected by a password ({listed(locked, len(locked))}). Make one without.")
    if astray := [printable(name) for name in names if _leads_astray(name)]:
        problems.append(
            f"Names in the ZIP point outside of it or hold control characters: {listed(astray, len(astray))}. "
            "Put plain folders of images into it."
        )
    return problems


def _leads_astray(name: str) -> bool:
    """Traversal, absolute names, drives, control characters, names beyond all use."""
    drive = len(name) > 1 and name[1] == ":"
    control = any(ord(c) < 32 or ord(c) == 127 for c in name)
    return name.startswith("/") or drive or control or ".." in name.split("/") or len(name) > limits.MAX_ENTRY_NAME


def _is_of_the_system(parts: tuple[str, ...]) -> bool:
    return any(part.startswith(".") or part.lower() in SYSTEM_FILES for part in parts)


def _unsuitable(info: zipfile.ZipInfo, name: str) -> str:
    """Why the entry is not even read, or ""."""
    mode = info.external_attr >> 16
    if stat.S_IFMT(mode) not in (0, stat.S_IFREG):
        return "a link or a special file"
    if PurePosixPath(name).suffix.lower() in ARCHIVES:
        return "an archive inside the archive"
    if info.compress_type not in READABLE_METHODS:
        return "packed in an unusual way; use the ordinary method, deflate"
    if info.file_size > limits.MAX_IMAGE_BYTES:
        return TOO_LARGE
    if PurePosixPath(name).suffix.lower() not in IMAGES:
        return NO_IMAGE
    return ""


def _without_common_folders(entries: list[Entry]) -> list[Entry]:
    """Drop outer folders that hold everything, as long as a folder for each class is left below."""
    while (
        entries
        and all(len(entry.folders) > 1 for entry in entries)
        and len({entry.folders[0] for entry in entries}) == 1
    ):
        entries = [entry._replace(folders=entry.folders[1:]) for entry in entries]
    return entries
