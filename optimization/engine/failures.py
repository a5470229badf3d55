"""When failed trials mean that the job cannot succeed: the same cause, several times in a row."""

import re
from collections.abc import Sequence

from .recorder import TrialRecord
from .repairs import REJECTED
from .trial import TrialState

FAILURES_THAT_STOP = 3
"""So many failed trials in a row with the same cause stop the job: the next would fail too."""

REJECTIONS_THAT_STOP = 20
"""The same for draws that were rejected before training: each costs nothing, and the sampler learns from them."""

_VARIES = re.compile(r"0x[0-9a-f]+|\d[\d.,]*")
"""What differs between two reports of one cause: sizes, times, addresses, numbers of trials."""


def repeated_failure(records: Sequence[TrialRecord]) -> str:
    """Why a job has to stop, "" if it need not. records: its trials by number, from where failures count.

    A diverged loss ends a trial as pruned: it is no failure of the job, and ends a row of them. Runs that confirm
    the best do not count: the search is over by then, and what it found stays.
    """
    finished = [record for record in records if record.state.is_finished and record.confirms is None]
    rejected = bool(finished) and finished[-1].reason.startswith(REJECTED)
    enough = REJECTIONS_THAT_STOP if rejected else FAILURES_THAT_STOP
    failed = [record for record in finished[-enough:] if record.state is TrialState.FAILED]
    if len(failed) < enough or len({_cause(record.reason) for record in failed}) > 1:
        return ""
    return f"{enough} trials in a row failed: {failed[0].reason}"


def _cause(reason: str) -> str:
    """The kind of a failure: its reason without what varies from trial to trial."""
    return _VARIES.sub("…", reason)
