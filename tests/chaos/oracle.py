"""Whether a job came through unhurt: small checks, each of which answers with what it finds wrong."""

import collections
import json
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from tests.chaos.evidence import Epoch, Evidence, epoch_of

Check = Callable[[Evidence], Iterator[str]]
KEPT = ("completed", "pruned")
"""States of trials that came to their own end, and whose files are kept."""
NEVER = -1


def job_is_completed(evidence: Evidence) -> Iterator[str]:
    if evidence.job["state"] != "completed":
        yield f"the job is {evidence.job['state']}: {evidence.job['reason']}"


def trials_are_the_asked_ones(evidence: Evidence) -> Iterator[str]:
    numbers = [trial["number"] for trial in evidence.trials]
    if numbers != list(range(evidence.asked)):
        yield f"{evidence.asked} trials were asked for, and these are there: {numbers}"


def no_trial_is_lost(evidence: Evidence) -> Iterator[str]:
    for trial in evidence.trials:
        if trial["state"] not in KEPT:
            yield f"trial {trial['number']} is {trial['state']}: {trial['reason']}"


def epochs_of_the_last_attempt_are_complete(evidence: Evidence) -> Iterator[str]:
    """An earlier attempt may end anywhere, but it too has its epochs from the first, and none twice."""
    found = _epochs_by_attempt(evidence.epochs)
    for trial in evidence.trials:
        wanted = json.loads(trial["result"])["epochs"] if trial["result"] else 0
        last = len(found.get((trial["number"], trial["attempt"]), []))
        if last != wanted:
            yield f"trial {trial['number']} has {last} of {wanted} epochs of attempt {trial['attempt']}"
    for (number, attempt), epochs in found.items():
        if epochs != list(range(1, len(epochs) + 1)):
            yield f"trial {number}, attempt {attempt} has the epochs {epochs}"


def no_attempt_is_ahead_of_its_trial(evidence: Evidence) -> Iterator[str]:
    """The attempts that reported are 1 to the row's, and the result is the last one's."""
    for trial in evidence.trials:
        reported = {epoch.attempt for epoch in evidence.epochs if epoch.number == trial["number"]}
        if reported - set(range(1, trial["attempt"] + 1)):
            yield f"trial {trial['number']} is at attempt {trial['attempt']}, and {sorted(reported)} reported"
        if trial["result"] and json.loads(trial["result"])["attempt"] != trial["attempt"]:
            yield f"trial {trial['number']} has the result of another attempt than its last"


def events_are_numbered_without_gaps(evidence: Evidence) -> Iterator[str]:
    numbers = [event.seq for event in evidence.events]
    if numbers != list(range(1, evidence.job["seq"] + 1)):
        yield f"events up to {evidence.job['seq']} were written, and these are there: {numbers}"


def one_attempt_reports_at_a_time(evidence: Evidence) -> Iterator[str]:
    """After its start an attempt reports epochs 1, 2, …; no other attempt of the trial does until the next start."""
    running: dict[int, tuple[int, int]] = {}
    for event in evidence.events:
        if event.kind == "trial":
            number, attempt = event.data["number"], event.data["attempt"]
            if attempt < running.get(number, (0, 0))[0]:
                yield f"event {event.seq}: trial {number} goes back to attempt {attempt}"
            has_ended = event.data["state"] not in ("queued", "running")
            running[number] = (attempt, NEVER if has_ended else 0)
        elif event.kind == "epoch":
            told = epoch_of(event.data)
            attempt, epoch = running.get(told.number, (0, 0))
            if (told.attempt, told.epoch) != (attempt, epoch + 1):
                yield f"event {event.seq}: {told} comes after epoch {epoch} of attempt {attempt}"
            running[told.number] = (attempt, told.epoch)


def events_tell_what_rows_say(evidence: Evidence) -> Iterator[str]:
    """The last word of the events on the job, its trials and their epochs is what the rows say."""
    told_epochs: dict[tuple[int, int, int], Epoch] = {}
    told_trials: dict[int, Mapping[str, Any]] = {}
    told_job: Mapping[str, Any] = {"state": "unknown"}
    for event in evidence.events:
        if event.kind == "epoch":
            told_epochs[event.data["number"], event.data["attempt"], event.data["epoch"]] = epoch_of(event.data)
        elif event.kind == "trial":
            told_trials[event.data["number"]] = event.data
            if event.data["state"] == "queued":  # handed back: the same attempt begins again
                again = event.data["number"], event.data["attempt"]
                told_epochs = {key: epoch for key, epoch in told_epochs.items() if key[:2] != again}
        elif event.kind == "job":
            told_job = event.data
    if sorted(told_epochs.values()) != sorted(evidence.epochs):
        yield f"epochs differ: {set(told_epochs.values()) ^ set(evidence.epochs)}"
    if told_job["state"] != evidence.job["state"]:
        yield f"the last event calls the job {told_job['state']}, its row {evidence.job['state']}"
    words = {number: (trial["state"], trial["attempt"]) for number, trial in told_trials.items()}
    rows = {trial["number"]: (trial["state"], trial["attempt"]) for trial in evidence.trials}
    if words != rows:
        yield f"trials differ: the events say {words}, the rows {rows}"


def files_match_rows(evidence: Evidence) -> Iterator[str]:
    kept = {f"trial_{trial['number']}": trial for trial in evidence.trials if trial["state"] in KEPT}
    if set(kept) != set(evidence.folders):
        yield f"folders differ from trials: {sorted(set(kept) ^ set(evidence.folders))}"
    for name in set(kept) & set(evidence.folders):
        number, attempt, folder = kept[name]["number"], kept[name]["attempt"], evidence.folders[name]
        if folder.attempt != attempt:
            yield f"{name} holds attempt {folder.attempt}, its row says {attempt}"
        if list(folder.history) != [e for e in evidence.epochs if (e.number, e.attempt) == (number, attempt)]:
            yield f"{name} has a history that its epoch rows do not tell"


def no_file_is_half_written(evidence: Evidence) -> Iterator[str]:
    if evidence.unfinished_files:
        yield f"left behind: {list(evidence.unfinished_files)}"


LOSSES: tuple[Check, ...] = (job_is_completed, trials_are_the_asked_ones, no_trial_is_lost)
DOUBLES: tuple[Check, ...] = (no_attempt_is_ahead_of_its_trial, one_attempt_reports_at_a_time)
CHECKS: tuple[Check, ...] = (
    *LOSSES,
    *DOUBLES,
    epochs_of_the_last_attempt_are_complete,
    events_are_numbered_without_gaps,
    events_tell_what_rows_say,
    files_match_rows,
    no_file_is_half_written,
)


def complaints(evidence: Evidence, checks: tuple[Check, ...] = CHECKS) -> list[str]:
    return [f"{check.__name__}: {what}" for check in checks for what in check(evidence)]


def _epochs_by_attempt(epochs: tuple[Epoch, ...]) -> dict[tuple[int, int], list[int]]:
    found: dict[tuple[int, int], list[int]] = collections.defaultdict(list)
    for epoch in epochs:
        found[epoch.number, epoch.attempt].append(epoch.epoch)
    return found
