"""Ctrl-C in the middle of a search."""

import contextlib
import signal
import threading
from collections.abc import Callable, Iterator
from typing import Any


@contextlib.contextmanager
def interruption(on_first: Callable[[], None]) -> Iterator[None]:
    """Ctrl-C calls `on_first` instead of breaking in anywhere; a second Ctrl-C breaks in."""

    def note(signum: int, frame: Any) -> None:
        signal.signal(signal.SIGINT, signal.default_int_handler)
        on_first()

    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGINT, note)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
