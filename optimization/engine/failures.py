"""When failed trials mean that the job cannot succeed: the same cause, several times in a row."""

import re
from collections.abc import Sequence

from .recorder import TrialRecord
from .trial import TrialState

FAILURES_THAT_STOP = 3
"""So many failed trials in a row with the same cause stop the job: the next would fail too."""

_VARIES = re.compile(r"0x[0-9a-f]+|\d[\d.,]*")
"""What differs between two reports of one cause: sizes, times, addresses, numbers of trials."""


def repeated_failure(records: Sequence[TrialRecord]) -> str:
    """Why a job has to stop, "" if it need not. records: its trials by number, from where failures count.

    A diverged loss ends a trial as pruned: it is no failure of the job, and ends a row of them.
    """
    last = [record for record in records if record.state.is_finished][-FAILURES_THAT_STOP:]
    failed = [record for record in last if record.state is TrialState.FAILED]
    if len(failed) < FAILURES_THAT_STOP or len({_cause(record.reason) for record in failed}) > 1:
        return ""
    return f"{FAILURES_THAT_STOP} trials in a row failed: {failed[0].reason}"


def _cause(reason: str) -> str:
    """The kind of a failure: its reason without what varies from trial to trial."""
    return _VARIES.sub("…", reason)
