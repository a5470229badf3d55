"""The seam between the loop and wherever trials run."""

from typing import Protocol

from ..trial import EpochReport, TrialLost, TrialResult, TrialSpec, Verdict

Report = EpochReport | TrialResult | TrialLost


class Executor(Protocol):
    """Runs trials and says what became of them. The loop calls it from one thread.

    Reports of one trial come in order, and after a restart of the loop every report that the loop has
    not seen finished comes again; the loop drops what it already knows.
    """

    def free_slots(self) -> int:
        """How many more trials may be submitted now."""
        ...

    def submit(self, spec: TrialSpec) -> None:
        """Start (or queue) one attempt. Submitting the same attempt again does nothing."""
        ...

    def poll(self, timeout_s: float) -> list[Report]:
        """What happened since the last call; waits up to timeout_s for something to happen."""
        ...

    def verdict(self, number: int, verdict: Verdict) -> None:
        """Tell a running trial to end early; its TrialResult follows. Unknown numbers are ignored."""
        ...

    def close(self) -> None:
        """Give up everything this process holds. Running local children are ended."""
        ...
