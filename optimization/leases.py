"""A lease that is kept alive beside work that may take long in one piece."""

import contextlib
import logging
import threading
from collections.abc import Iterator
from typing import Protocol

from django.db import DatabaseError, connection

from optimization.engine.errors import LeaseLost
from optimization.models import LEASE

logger = logging.getLogger(__name__)


class Lease(Protocol):
    """What a recorder holds."""

    def renew(self) -> None:
        """Raises LeaseLost when somebody else has it."""
        ...


@contextlib.contextmanager
def renewed(lease: Lease) -> Iterator[None]:
    """Around such work: a download, a study built anew, files on their way to a slow store."""
    done = threading.Event()

    def renew() -> None:
        while not done.wait(LEASE.total_seconds() / 4):
            try:
                lease.renew()
            except LeaseLost:
                break  # the next write says so
            except DatabaseError:
                logger.exception("the lease could not be renewed")
        connection.close()

    keeper = threading.Thread(target=renew, name="lease", daemon=True)
    keeper.start()
    try:
        yield
    finally:
        done.set()
        keeper.join()
