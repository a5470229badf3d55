"""Every random choice of a job follows from its seed and a trial's number, so that an interruption changes none."""

import hashlib

import numpy as np


def derive_seed(job_seed: int, number: int) -> int:
    """The seed of a trial, in [0, 2**31)."""
    return int(np.random.SeedSequence([job_seed, number]).generate_state(1)[0] >> 1)


def share_of(job_seed: int, number: int, purpose: str) -> float:
    """A number in [0, 1) for a yes or no about one trial, apart from the trial's own seed."""
    digest = hashlib.sha256(f"{purpose}:{job_seed}:{number}".encode()).digest()
    return int.from_bytes(digest[:6]) / 2**48
