"""Old events and orphaned files go; whatever is still needed stays."""

import os
import shutil
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from django.core.management import call_command

from accounts.models import User
from optimization.artifacts import scratch_root
from optimization.cleaning import ORPHANED_AFTER_S, clean
from optimization.consumers import FORGOTTEN
from optimization.engine.trial import JobState
from optimization.models import EpochMetrics, Job, from_now
from tests.integration.portal import ask_trial, begun_attempt, claimed, epoch_report, events_of
from tests.integration.test_consumers import ORIGIN, close_code, session_of, socket

pytestmark = pytest.mark.django_db(transaction=True)


def finished_long_ago(job: Job, *, days: int) -> None:
    """A finished job with one lost attempt."""
    recorder = claimed(job)
    record = ask_trial(recorder)
    begun_attempt().epoch(epoch_report(0, 1))
    recorder.trial_retried(record.spec.next_attempt(), "lost")
    begun_attempt().epoch(epoch_report(0, 1, attempt=2))
    recorder.job_state(JobState.COMPLETED)
    Job.objects.filter(pk=job.pk).update(finished_at=from_now(-timedelta(days=days)))


def old(folder: Path) -> Path:
    folder.mkdir(parents=True)
    past = folder.stat().st_mtime - 2 * ORPHANED_AFTER_S
    os.utime(folder, (past, past))
    return folder


def test_events_and_lost_attempts_of_long_finished_jobs_are_forgotten(job: Job) -> None:
    finished_long_ago(job, days=31)
    removed = len(events_of(job))
    cleaned = clean()
    assert (cleaned.events, cleaned.epochs) == (removed, 1)
    assert events_of(job) == []
    assert [epoch.attempt for epoch in EpochMetrics.objects.all()] == [2]


def test_what_is_recent_or_unfinished_stays(job: Job) -> None:
    finished_long_ago(job, days=29)
    before = len(events_of(job))
    assert clean().events == 0
    assert len(events_of(job)) == before
    assert EpochMetrics.objects.count() == 2


async def test_a_client_that_missed_forgotten_events_is_told_to_read_anew(alice: User, job: Job) -> None:
    await sync_to_async(finished_long_ago)(job, days=31)
    await sync_to_async(clean)()
    client = socket(job, ORIGIN, await sync_to_async(session_of)(alice), query="?after=1")
    assert await close_code(client) == FORGOTTEN


def test_a_client_that_has_seen_all_of_them_may_stay(job: Job) -> None:
    finished_long_ago(job, days=31)
    clean()
    job.refresh_from_db()
    assert job.seq > 0
    assert not job.events.exists()


def test_orphaned_folders_go_after_a_day(job: Job, results_dir: Path) -> None:
    gone = old(results_dir / "digits_20200101T000000Z_00000000")
    fresh = results_dir / "digits_20200101T000000Z_00000001"
    fresh.mkdir()
    by_python = old(results_dir / "digits_20200101T000000Z_00000002")
    (by_python / "journal.jsonl").touch()
    old_times = by_python.parent.stat().st_mtime - 2 * ORPHANED_AFTER_S
    os.utime(by_python, (old_times, old_times))
    other = old(results_dir / "my notes")
    running = old(results_dir / job.run_name / "plots" / "trial_0.attempt_1.partial")
    assert clean().folders == 1
    assert not gone.exists()
    assert all(folder.exists() for folder in (fresh, by_python, other, running))


def test_scratch_of_finished_jobs_goes(job: Job, results_dir: Path) -> None:
    claimed(job).job_state(JobState.COMPLETED)
    scratch = old(results_dir / job.run_name / "plots" / "trial_0.attempt_1.partial")
    trial = old(results_dir / job.run_name / "plots" / "trial_0")
    assert clean().folders == 1
    assert not scratch.exists()
    assert trial.exists()


def test_what_was_on_its_way_to_a_storage_goes_with_its_job(job: Job, settings: Any, tmp_path: Path) -> None:
    settings.TUNEWELL_VAR_DIR = tmp_path / "var"
    gone = old(scratch_root() / "digits_20200101T000000Z_00000000")
    running = old(scratch_root() / job.run_name)
    assert clean().folders == 1
    assert (gone.exists(), running.exists()) == (False, True)


def test_what_cannot_be_removed_keeps_nothing_else_from_going(
    results_dir: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    folders = [old(results_dir / f"digits_20200101T000000Z_0000000{n}") for n in range(2)]
    remove = shutil.rmtree

    def refuse_the_first(path: Path) -> None:
        if path == folders[0]:
            raise PermissionError("not yours")
        remove(path)

    monkeypatch.setattr(shutil, "rmtree", refuse_the_first)
    assert clean().folders == 1
    assert [folder.exists() for folder in folders] == [True, False]
    assert "could not be removed" in caplog.text


def test_the_command_says_what_it_removed(job: Job, capsys: pytest.CaptureFixture[str]) -> None:
    finished_long_ago(job, days=31)
    call_command("clean")
    assert "1 epochs of lost attempts" in capsys.readouterr().out
