"""A lease that is kept alive beside work that may take long in one piece."""

import contextlib
import logging
import threading
import uuid
from collections.abc import Iterator
from typing import Any, Protocol, Self

from django.db import DatabaseError, connection

from optimization.engine.errors import LeaseLost
from optimization.models import LEASE, UNFINISHED_JOBS, Job, from_now, nobody_holds_it

logger = logging.getLogger(__name__)


class Lease(Protocol):
    """What a recorder holds."""

    def renew(self) -> None:
        """Raises LeaseLost when somebody else has it."""
        ...


class EndedJob:
    """The lease of a job that has ended, for who changes something about it afterwards."""

    def __init__(self, job_id: uuid.UUID, token: uuid.UUID) -> None:
        self.job_id = job_id
        self.fence = {"lease_token": token}

    @classmethod
    def claim(cls, job_id: uuid.UUID) -> Self | None:
        """None where the job goes on, is deleted, or is held by somebody else."""
        token = uuid.uuid4()
        ended = Job.objects.filter(nobody_holds_it(), pk=job_id, deleted_at=None).exclude(state__in=UNFINISHED_JOBS)
        claimed = ended.update(lease_token=token, lease_expires=from_now(LEASE))
        return cls(job_id, token) if claimed else None

    def renew(self) -> None:
        if not self._held().update(lease_expires=from_now(LEASE)):
            raise LeaseLost(f"job {self.job_id} is written by somebody else now")

    def release(self) -> None:
        self._held().update(lease_token=None, lease_expires=None)

    def _held(self) -> Any:
        return Job.objects.filter(pk=self.job_id, **self.fence)


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
