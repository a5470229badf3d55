"""Made-up trials as rows of the portal."""

from datetime import UTC, datetime
from typing import Any

from optimization.engine.request import OptimizationRequest
from optimization.engine.trial import JobState
from optimization.models import EpochMetrics, Job, Trial
from tests.made_up_study import best_of, made_up_records, made_up_times


def with_made_up_trials(job: Job, count: int) -> Job:
    """The job with so many trials that have ended, and the best of them as its best."""
    records = made_up_records(count)
    times = made_up_times(records)
    for record in records:
        started, finished = (datetime.fromtimestamp(moment, UTC) for moment in times[record.number])
        trial = Trial.objects.create(
            job=job,
            number=record.number,
            state=record.state,
            spec=record.spec.to_dict(),
            params=dict(record.params),
            distributions=dict(record.distributions),
            overall_health=record.overall_health,
            total_score=record.total_score,
            result=record.result.to_dict() if record.result else None,
            started_at=started,
            finished_at=finished,
        )
        EpochMetrics.objects.bulk_create(
            EpochMetrics(trial=trial, attempt=1, epoch=epoch, val_accuracy=value, duration_s=1.5, ended_at=finished)
            for epoch, value in record.intermediate.items()
        )
    Job.objects.filter(pk=job.pk).update(best_trial_number=best_of(records))
    job.refresh_from_db()
    return job


def ended_job(owner: Any, count: int) -> Job:
    """A job of digits that has run all its trials."""
    request = OptimizationRequest(dataset_name="digits", trials=count).to_dict()
    job = Job.objects.create(
        owner=owner, run_name="digits_20260101T000000Z_00000000", request=request, state=JobState.COMPLETED
    )
    return with_made_up_trials(job, count)
