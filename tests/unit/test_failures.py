"""Three failures in a row stop a job when they have one cause, however it is put."""

import dataclasses

import pytest

from optimization.engine.failures import REJECTIONS_THAT_STOP, repeated_failure
from optimization.engine.recorder import TrialRecord
from optimization.engine.trial import TrialState
from tests.factories import trial_spec


def ended(*ends: tuple[TrialState, str]) -> list[TrialRecord]:
    return [
        TrialRecord(spec=trial_spec(number), state=state, reason=reason) for number, (state, reason) in enumerate(ends)
    ]


def failed(*reasons: str) -> list[TrialRecord]:
    return ended(*((TrialState.FAILED, reason) for reason in reasons))


def test_the_same_cause_with_other_numbers_is_one_cause():
    reasons = [
        f"out of memory: {size} MB at 0x{number + 171:x} in trial {number}"
        for number, size in enumerate((12.5, 800, 3))
    ]
    assert repeated_failure(failed(*reasons)) == f"3 trials in a row failed: {reasons[0]}"


def test_different_causes_do_not_stop():
    assert repeated_failure(failed("out of memory", "took longer than 60 s", "out of memory")) == ""


def test_two_are_not_enough():
    assert repeated_failure(failed("no memory", "no memory")) == ""


@pytest.mark.parametrize("state", [TrialState.COMPLETED, TrialState.PRUNED, TrialState.STOPPED])
def test_another_end_between_them_breaks_the_row(state):
    between = ended(
        (TrialState.FAILED, "x"), (TrialState.FAILED, "x"), (state, "diverged: x"), (TrialState.FAILED, "x")
    )
    assert repeated_failure(between) == ""


def test_three_diverged_losses_are_no_failure():
    assert repeated_failure(ended(*[(TrialState.PRUNED, "diverged: the training loss")] * 3)) == ""


def test_a_running_trial_between_them_is_not_waited_for():
    records = ended(
        (TrialState.FAILED, "x"), (TrialState.RUNNING, ""), (TrialState.FAILED, "x"), (TrialState.FAILED, "x")
    )
    assert repeated_failure(records) != ""


def test_rejected_draws_cost_nothing_and_get_more_patience():
    reason = "rejected: larger than max_parameters (1,000), and the search space has no smaller form"
    assert repeated_failure(failed(*[reason] * (REJECTIONS_THAT_STOP - 1))) == ""
    assert repeated_failure(failed(*[reason] * REJECTIONS_THAT_STOP)) == f"20 trials in a row failed: {reason}"


def test_runs_that_confirm_the_best_do_not_make_the_search_a_failure():
    confirming = [dataclasses.replace(record, confirms=0) for record in failed("x", "x", "x")]
    assert repeated_failure(confirming) == ""
