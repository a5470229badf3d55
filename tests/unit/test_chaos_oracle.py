"""Each check of the chaos tests finds what it is there for, and says nothing of a sound job."""

import dataclasses
import json
from collections.abc import Callable, Mapping
from typing import Any

import pytest

from tests.chaos import oracle
from tests.chaos.evidence import Epoch, Event, Evidence, Folder
from tests.chaos.oracle import Check, complaints

Doctor = Callable[[Evidence], Evidence]
FIRST = (Epoch(0, 1, 1, 0.5), Epoch(0, 1, 2, 0.6))
LOST = (Epoch(1, 1, 1, 0.4),)
SECOND = (Epoch(1, 2, 1, 0.7), Epoch(1, 2, 2, 0.8))


def trial(number: int, attempt: int, **changes: Any) -> dict[str, Any]:
    result = json.dumps({"epochs": 2, "attempt": attempt})
    return {"number": number, "attempt": attempt, "state": "completed", "reason": "", "result": result} | changes


def told(number: int, attempt: int, state: str) -> tuple[str, Mapping[str, Any]]:
    return "trial", {"number": number, "attempt": attempt, "state": state}


def numbered(*events: Any) -> tuple[Event, ...]:
    """Epochs and (kind, data) as events from 1 on."""
    pairs = [("epoch", event._asdict()) if isinstance(event, Epoch) else event for event in events]
    return tuple(Event(seq, kind, data) for seq, (kind, data) in enumerate(pairs, start=1))


def sound() -> Evidence:
    """Two trials, of which the second lost its first attempt."""
    events = numbered(
        told(0, 1, "queued"), told(0, 1, "running"), *FIRST, told(0, 1, "completed"),
        told(1, 1, "queued"), told(1, 1, "running"), *LOST, told(1, 2, "queued"),
        told(1, 2, "running"), *SECOND, told(1, 2, "completed"), ("job", {"state": "completed"}),
    )  # fmt: skip
    return Evidence(
        job={"state": "completed", "reason": "", "request": '{"trials": 2}', "seq": len(events)},
        trials=(trial(0, 1), trial(1, 2)),
        epochs=(*FIRST, *LOST, *SECOND),
        events=events,
        folders={"trial_0": Folder(1, FIRST), "trial_1": Folder(2, SECOND)},
    )


def with_trial(**changes: Any) -> Doctor:
    """Another second trial."""
    return lambda e: dataclasses.replace(e, trials=(e.trials[0], trial(1, 2, **changes)))


def with_job(**changes: Any) -> Doctor:
    return lambda e: dataclasses.replace(e, job={**e.job, **changes})


def with_(**changes: Any) -> Doctor:
    return lambda e: dataclasses.replace(e, **changes)


def with_events(change: Callable[[list[Event]], Any]) -> Doctor:
    """The same events in another order or number, numbered anew."""

    def doctor(evidence: Evidence) -> Evidence:
        events = list(evidence.events)
        change(events)
        events = [event._replace(seq=seq) for seq, event in enumerate(events, start=1)]
        return dataclasses.replace(evidence, events=tuple(events), job={**evidence.job, "seq": len(events)})

    return doctor


def late_report_of_the_lost_attempt(events: list[Event]) -> None:
    events.insert(11, Event(0, "epoch", Epoch(1, 1, 2, 0.5)._asdict()))


WOUNDS: list[tuple[Check, Doctor]] = [
    (oracle.job_is_completed, with_job(state="failed")),
    (oracle.trials_are_the_asked_ones, with_job(request='{"trials": 3}')),
    (oracle.trials_are_the_asked_ones, with_(trials=(trial(0, 1), trial(2, 2)))),
    (oracle.trials_are_the_asked_ones, with_(trials=(trial(0, 1), trial(1, 2), trial(1, 2)))),
    (oracle.no_trial_is_lost, with_trial(state="failed", reason="lost 3 times")),
    (oracle.epochs_of_the_last_attempt_are_complete, with_(epochs=(*FIRST, *LOST, SECOND[0]))),
    (oracle.epochs_of_the_last_attempt_are_complete, with_(epochs=(*FIRST, *LOST, *LOST, *SECOND))),
    (oracle.epochs_of_the_last_attempt_are_complete, with_(epochs=(*FIRST, Epoch(1, 1, 3, 0.4), *SECOND))),
    (oracle.no_attempt_is_ahead_of_its_trial, with_(epochs=(*FIRST, *LOST, *SECOND, Epoch(1, 3, 1, 0.7)))),
    (oracle.no_attempt_is_ahead_of_its_trial, with_trial(result='{"epochs": 2, "attempt": 1}')),
    (oracle.events_are_numbered_without_gaps, with_(events=sound().events[1:])),
    (oracle.events_are_numbered_without_gaps, with_(events=(*sound().events, sound().events[-1]))),
    (oracle.one_attempt_reports_at_a_time, with_events(late_report_of_the_lost_attempt)),
    (oracle.one_attempt_reports_at_a_time, with_events(lambda events: events.insert(3, events[2]))),
    (oracle.one_attempt_reports_at_a_time, with_events(lambda events: events.insert(4, events.pop(3)))),
    (oracle.one_attempt_reports_at_a_time, with_events(lambda events: events.insert(12, events[5]))),
    (oracle.events_tell_what_rows_say, with_events(lambda events: events.pop(2))),
    (oracle.events_tell_what_rows_say, with_events(lambda events: events.pop())),
    (oracle.events_tell_what_rows_say, with_events(lambda events: events.pop(-2))),
    (oracle.files_match_rows, with_(folders={"trial_0": Folder(1, FIRST)})),
    (oracle.files_match_rows, with_(folders={"trial_0": Folder(1, FIRST), "trial_1": Folder(1, SECOND)})),
    (oracle.files_match_rows, with_(folders={"trial_0": Folder(1, FIRST), "trial_1": Folder(2, LOST)})),
    (oracle.no_file_is_half_written, with_(unfinished_files=("plots/trial_1.attempt_1.partial",))),
]


def test_a_sound_job_has_no_complaints() -> None:
    assert complaints(sound()) == []


def test_a_trial_handed_back_and_run_again_as_the_same_attempt_is_sound() -> None:
    def hand_back(events: list[Event]) -> None:
        begun = [
            Event(0, *event) for event in (told(0, 1, "running"), ("epoch", FIRST[0]._asdict()), told(0, 1, "queued"))
        ]
        events[1:1] = begun

    assert complaints(with_events(hand_back)(sound())) == []


@pytest.mark.parametrize(("check", "wound"), WOUNDS, ids=lambda value: getattr(value, "__name__", ""))
def test_the_check_finds_the_wound(check: Check, wound: Doctor) -> None:
    assert complaints(wound(sound()), (check,))


def test_every_check_has_a_wound_to_find() -> None:
    assert {check for check, _ in WOUNDS} == set(oracle.CHECKS)
