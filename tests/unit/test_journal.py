"""The journal holds what happened, survives a kill, and admits one writer."""

import dataclasses

import pytest

from optimization.engine import ConfigError, OptimizationConfig
from optimization.engine.errors import LeaseLost
from optimization.engine.journal import JournalRecorder, stored_config
from optimization.engine.recorder import TrialRecord
from optimization.engine.trial import EpochReport, HealthMeasurement, JobState, TrialResult, TrialState
from tests.factories import trial_spec

CONFIG = OptimizationConfig(dataset_name="digits", trials=3)


def report(epoch: int, *, attempt: int = 1, val_accuracy: float | None = 0.5) -> EpochReport:
    return EpochReport(
        number=0,
        attempt=attempt,
        epoch=epoch,
        epochs=4,
        loss=1.0,
        accuracy=0.5,
        val_loss=float("nan"),
        val_accuracy=val_accuracy,
        val_balanced_accuracy=0.5,
        learning_rate=0.001,
        duration_s=0.1,
        ended_at=0.0,
    )


@pytest.fixture
def journal(tmp_path):
    recorder = JournalRecorder(tmp_path, CONFIG)
    yield recorder
    recorder.close()


def reopened(journal: JournalRecorder, tmp_path) -> JournalRecorder:
    journal.close()
    return JournalRecorder(tmp_path, CONFIG)


def test_what_was_written_is_read_back(journal, tmp_path):
    record = TrialRecord(spec=trial_spec(0), params={"learning_rate": 0.1})
    journal.trial_asked(record)
    journal.started(record.spec, worker="here")
    journal.epoch(report(1))
    done = dataclasses.replace(
        record,
        state=TrialState.COMPLETED,
        intermediate={1: 0.5},
        total_score=0.9,
        result=TrialResult(number=0, attempt=1, state=TrialState.COMPLETED, test_accuracy=0.8),
    )
    journal.trial_finished(done)
    journal.save_study_attrs({"grid": [1, 2]})
    journal.job_state(JobState.COMPLETED)
    again = reopened(journal, tmp_path)
    assert again.trials() == [done]
    assert again.study_attrs() == {"grid": [1, 2]}
    assert again.state is JobState.COMPLETED
    assert stored_config(tmp_path) == CONFIG
    again.close()


def test_a_line_torn_by_a_kill_is_cut_off(journal, tmp_path):
    journal.trial_asked(TrialRecord(spec=trial_spec(0)))
    with (tmp_path / "journal.jsonl").open("a") as file:
        file.write('{"version":1,"kind":"trial","rec')
    again = reopened(journal, tmp_path)
    again.trial_asked(TrialRecord(spec=trial_spec(1)))
    third = reopened(again, tmp_path)
    assert [record.number for record in third.trials()] == [0, 1]
    third.close()


def test_a_trial_that_was_running_when_the_writer_died_is_queued_as_the_next_attempt(journal, tmp_path):
    record = TrialRecord(spec=trial_spec(0))
    journal.trial_asked(record)
    journal.started(record.spec, worker="here")
    journal.epoch(report(1))
    again = reopened(journal, tmp_path)
    (lost,) = again.trials()
    assert (lost.state, lost.spec.attempt, lost.intermediate) == (TrialState.QUEUED, 2, {})
    again.close()


def test_an_epoch_reported_twice_or_by_an_old_attempt_is_dropped(journal):
    record = TrialRecord(spec=trial_spec(0))
    journal.trial_asked(record)
    journal.epoch(report(1, val_accuracy=0.5))
    journal.epoch(report(1, val_accuracy=0.9))
    journal.epoch(report(2, attempt=7))
    assert journal.trials()[0].intermediate == {1: 0.5}


def test_an_epochs_line_keeps_the_alarm_and_leaves_out_the_evidence(journal, tmp_path):
    dead = HealthMeasurement(metric="neuron_utilization", value=0.1, evidence={"worst_layer": "dense"})
    alarmed = dataclasses.replace(report(1), measurements={"neuron_utilization": dead}, alarm="nearly all are dead")
    journal.trial_asked(TrialRecord(spec=trial_spec(0)))
    journal.epoch(alarmed)
    lines = (tmp_path / "journal.jsonl").read_text()
    assert "nearly all are dead" in lines
    assert "worst_layer" not in lines


def test_a_second_writer_is_refused(journal, tmp_path):
    with pytest.raises(LeaseLost, match="another process"):
        JournalRecorder(tmp_path, CONFIG)


def test_a_folder_without_a_run_cannot_be_resumed(tmp_path):
    with pytest.raises(ConfigError, match="resume"):
        stored_config(tmp_path)
