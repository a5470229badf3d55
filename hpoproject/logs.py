"""Log files that several processes write and that never grow without end."""

import logging.handlers
from pathlib import Path

from filelock import FileLock

MAX_BYTES = 10_000_000
KEEP = 5


class SharedRotatingFileHandler(logging.handlers.WatchedFileHandler):
    """Appends to a file shared with other processes; whoever finds it full moves it to `.1`, `.1` to `.2` and so on."""

    def __init__(self, filename: Path, *, max_bytes: int = MAX_BYTES, keep: int = KEEP) -> None:
        filename.parent.mkdir(parents=True, exist_ok=True)
        self._max_bytes = max_bytes
        self._keep = keep
        super().__init__(filename, encoding="utf-8", delay=True)

    def emit(self, record: logging.LogRecord) -> None:
        self.reopenIfNeeded()  # another process may have moved the file
        if self._is_full():
            self._rotate()
            self.reopenIfNeeded()
        super().emit(record)

    def _is_full(self) -> bool:
        path = Path(self.baseFilename)
        return path.exists() and path.stat().st_size >= self._max_bytes

    def _rotate(self) -> None:
        with FileLock(f"{self.baseFilename}.lock"):
            if not self._is_full():
                return  # somebody was first
            for number in range(self._keep - 1, 0, -1):
                older = Path(f"{self.baseFilename}.{number}")
                if older.exists():
                    older.replace(f"{self.baseFilename}.{number + 1}")
            Path(self.baseFilename).replace(f"{self.baseFilename}.1")
