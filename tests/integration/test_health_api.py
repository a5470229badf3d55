"""What API, events and pages say of a trial's health: live, final, with evidence for who looks at one trial."""

import dataclasses
from typing import Any

import pytest
from rest_framework.test import APIClient

from accounts.models import User
from optimization.engine.recorder import TrialRecord
from optimization.engine.trial import HealthMeasurement, TrialState
from optimization.extra_figures import EXTRA_FIGURES
from optimization.models import Job
from optimization.recording import JobRecorder
from tests.integration.portal import ask_trial, begun_attempt, claimed, epoch_report, events_of, trial_result

STABILITY = "training_stability"
GAP = HealthMeasurement(metric="overfitting", value=0.21, verdict="strong", advice="Stop.", evidence={"low": 0.18})


def stability(value: float | None, reason: str = "") -> HealthMeasurement:
    evidence = {"chunk_means": [2.3, 1.1]}
    return HealthMeasurement(
        metric="training_stability", value=value, reason=reason, advice="Go on.", evidence=evidence
    )


def live(value: float) -> dict[str, HealthMeasurement]:
    return {"training_stability": stability(value), "overfitting": GAP}


@pytest.fixture
def api(alice: User) -> APIClient:
    client = APIClient()
    client.force_authenticate(alice)
    return client


@pytest.fixture
def loop(job: Job) -> JobRecorder:
    return claimed(job)


@pytest.fixture
def record(loop: JobRecorder) -> TrialRecord:
    return ask_trial(loop)


def trial_0(api: APIClient, job: Job) -> dict[str, Any]:
    return api.get(f"/api/v1/jobs/{job.pk}/trials/0").json()


def listed(api: APIClient, job: Job) -> dict[str, Any]:
    return api.get(f"/api/v1/jobs/{job.pk}/trials").json()["results"][0]


def test_a_running_trial_shows_its_health_so_far_with_evidence(api: APIClient, job: Job, record: TrialRecord) -> None:
    begun_attempt().epoch(epoch_report(0, 1, measurements=live(0.8)))
    trial = trial_0(api, job)
    assert trial["health_is_provisional"] is True
    assert trial["health"]["training_stability"]["value"] == 0.8
    assert trial["health"]["training_stability"]["evidence"] == {"chunk_means": [2.3, 1.1]}
    assert list(trial["health"]) == ["training_stability"], "overfitting stands beside it"
    assert (trial["overfitting"]["verdict"], trial["overfitting"]["evidence"]) == ("strong", {"low": 0.18})


def test_a_finished_trial_shows_what_its_result_says(
    api: APIClient, job: Job, loop: JobRecorder, record: TrialRecord
) -> None:
    begun_attempt().epoch(epoch_report(0, 1, measurements=live(0.8)))
    absent = stability(None, "the loss was recorded at too few batches")
    result = trial_result(0, health={"training_stability": absent}, overfitting=dataclasses.replace(GAP, value=0.1))
    loop.trial_finished(dataclasses.replace(record, state=TrialState.COMPLETED, result=result))
    trial = trial_0(api, job)
    assert trial["health_is_provisional"] is False
    shown = trial["health"]["training_stability"]
    assert (shown["value"], shown["reason"]) == (None, "the loss was recorded at too few batches")
    assert trial["overfitting"]["value"] == 0.1


def test_a_trial_that_failed_on_its_way_keeps_what_was_measured_until_then(
    api: APIClient, job: Job, loop: JobRecorder, record: TrialRecord
) -> None:
    begun_attempt().epoch(epoch_report(0, 1, measurements=live(0.8)))
    result = trial_result(0, state=TrialState.FAILED, health={})
    loop.trial_finished(dataclasses.replace(record, state=TrialState.FAILED, result=result))
    trial = trial_0(api, job)
    assert (trial["health"]["training_stability"]["value"], trial["health_is_provisional"]) == (0.8, True)


def test_the_list_and_the_events_leave_the_evidence_out(
    api: APIClient, job: Job, loop: JobRecorder, record: TrialRecord
) -> None:
    begun_attempt().epoch(epoch_report(0, 1, measurements=live(0.8), alarm="it diverges"))
    shown = listed(api, job)
    assert "evidence" not in shown["health"]["training_stability"]
    assert "evidence" not in shown["overfitting"]
    (event,) = [event.data for event in events_of(job) if event.kind == "epoch"]
    assert event["measurements"]["training_stability"]["advice"] == "Go on."
    assert event["alarm"] == "it diverges"
    loop.trial_finished(
        dataclasses.replace(
            record, state=TrialState.PRUNED, result=trial_result(0, health={"training_stability": stability(0.3)})
        )
    )
    assert "chunk_means" not in str([event.data for event in events_of(job)])


def test_extra_figures_have_units(api: APIClient, job: Job, loop: JobRecorder, record: TrialRecord) -> None:
    extras = {"calibration_error": 0.04, "latency_1_p95_s": None, "measured_tomorrow_s": 2.5}
    result = trial_result(0, extras=extras, model_bytes=12_000)
    loop.trial_finished(dataclasses.replace(record, state=TrialState.COMPLETED, result=result))
    shown = trial_0(api, job)["extras"]
    assert shown["calibration_error"] == {"value": 0.04, "unit": "share"}
    assert shown["latency_1_p95_s"] == {"value": None, "unit": "s"}
    assert shown["model_bytes"] == {"value": 12_000, "unit": "bytes"}
    assert shown["measured_tomorrow_s"] == {"value": 2.5, "unit": "s"}
    assert list(shown)[-1] == "measured_tomorrow_s"


def test_a_trial_of_an_earlier_version_has_neither_overfitting_nor_new_figures(
    api: APIClient, job: Job, loop: JobRecorder, record: TrialRecord
) -> None:
    loop.trial_finished(dataclasses.replace(record, state=TrialState.COMPLETED, result=trial_result(0)))
    row = job.trials.get()
    for name in ("extras", "overfitting"):
        del row.result[name]
    row.save(update_fields=["result"])
    trial = trial_0(api, job)
    assert trial["overfitting"] is None
    assert list(trial["extras"]) == ["model_bytes", "flops", "training_s"]


def test_every_extra_figure_is_explained() -> None:
    assert all(figure.title and figure.about.endswith(".") for figure in EXTRA_FIGURES.values())
