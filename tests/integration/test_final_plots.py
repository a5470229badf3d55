"""Plots of the best trial: drawn when the job ends, or when its owner chooses another."""

from collections.abc import Callable
from pathlib import Path

import pytest
from django.core.files.storage import FileSystemStorage
from django.test import Client
from django_q.models import OrmQ

from accounts.models import User
from optimization import loop, services
from optimization.artifacts import StorageStore, artifact_store
from optimization.best_plots import draw_what_is_due
from optimization.engine.artifacts import ArtifactStore, FolderStore
from optimization.engine.config import OptimizationConfig
from optimization.engine.final_plots import add_plots
from optimization.engine.journal import JournalRecorder
from optimization.engine.recorder import JobOutcome, TrialRecord
from optimization.engine.results import trial_name
from optimization.engine.trial import JobState, TrialState
from optimization.leases import EndedJob
from optimization.loop import run_slice
from optimization.models import Job, Trial
from optimization.watch import wake_what_waits
from tests.factories import trial_spec
from tests.integration.portal import ask_trial, begun_attempt, claimed, let_lease_expire, trial_result
from tests.trial_with_arrays import DRAWN, MODEL, keep_trial

NAME = "run/plots/trial_0"


@pytest.fixture(params=["folder", "storage"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> ArtifactStore:
    if request.param == "folder":
        return FolderStore(tmp_path / "kept")
    return StorageStore(FileSystemStorage(location=tmp_path / "kept"), tmp_path / "scratch")


def draw(store: ArtifactStore, **options: object) -> dict[str, int]:
    return add_plots(store, NAME, **({"give_up": bool} | options))


def test_a_kept_trial_gets_its_plots_once_and_keeps_its_other_files(store: ArtifactStore) -> None:
    keep_trial(store, NAME)
    files = draw(store, also_in=["run/optimized_model"])
    assert files == store.files(NAME)
    assert {"plots/index.json", f"plots/{DRAWN}.png", f"plots/{DRAWN}.svg", "model.keras"} <= set(files)
    assert f"plots/{DRAWN}.png" in store.files("run/optimized_model")
    store.write(f"{NAME}/plots/{DRAWN}.png", b"as it was")
    assert draw(store)[f"plots/{DRAWN}.png"] == len(b"as it was")
    with store.open(f"{NAME}/model.keras") as file:
        assert file.read() == MODEL


def test_drawing_that_is_given_up_keeps_nothing(store: ArtifactStore) -> None:
    keep_trial(store, NAME)
    assert "plots/index.json" not in draw(store, give_up=lambda: True)


def test_arrays_that_cannot_be_read_hurt_nothing_and_are_told_in_the_log(store: ArtifactStore) -> None:
    keep_trial(store, NAME, arrays=b"torn")
    assert set(draw(store)) == {"arrays.npz", "model.keras", "trial.log"}
    with store.open(f"{NAME}/trial.log") as log:
        assert b"no plots" in log.read()


class FullDisk(FolderStore):
    """Takes no SVG."""

    def write(self, name: str, content: bytes) -> None:
        if name.endswith(".svg"):
            raise OSError("no space left on device")
        super().write(name, content)


def test_plots_that_could_not_all_be_kept_are_not_taken_for_complete(tmp_path: Path) -> None:
    store = FolderStore(tmp_path)
    keep_trial(store, NAME)
    assert add_plots(FullDisk(tmp_path), NAME, give_up=bool) == {}
    assert "plots/index.json" not in store.files(NAME)
    assert f"plots/{DRAWN}.svg" in draw(store)


def test_a_trial_without_arrays_gets_none(store: ArtifactStore) -> None:
    store.write(f"{NAME}/model.keras", MODEL)
    assert draw(store) == {"model.keras": len(MODEL)}


def test_the_journal_remembers_the_files_that_were_added(tmp_path: Path) -> None:
    journal = JournalRecorder(tmp_path, OptimizationConfig(dataset_name="digits"))
    record = TrialRecord(spec=trial_spec(0), state=TrialState.COMPLETED, result=trial_result(0))
    journal.trial_asked(TrialRecord(spec=trial_spec(0)))
    journal.trial_finished(record)
    journal.trial_files(0, {"plots/index.json": 3})
    size = (tmp_path / "journal.jsonl").stat().st_size
    journal.trial_files(0, {"plots/index.json": 3})
    assert (tmp_path / "journal.jsonl").stat().st_size == size
    journal.close()
    again = JournalRecorder(tmp_path, OptimizationConfig(dataset_name="digits"))
    assert again.trials()[0].result.files == {"plots/index.json": 3}
    again.close()


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(("mode", "drawn"), [("best", True), ("none", False)])
def test_the_final_model_has_its_plots_beside_it(
    new_job: Callable[..., Job], monkeypatch: pytest.MonkeyPatch, mode: str, drawn: bool
) -> None:
    monkeypatch.setattr(loop, "SLICE_S", 0.0)
    job = new_job(trials=1, create_trial_plots=mode)
    run_slice(job.pk)
    attempt = begun_attempt()
    assert attempt.spec.draw_plots is False
    keep_trial(artifact_store(), trial_name(job.run_name, 0))
    attempt.finished(trial_result(0, majority_share=0.1, files={"arrays.npz": 1}))
    run_slice(job.pk)
    job.refresh_from_db()
    assert job.state == JobState.COMPLETED
    final = artifact_store().files(f"{job.run_name}/optimized_model")
    assert ("plots/index.json" in final, f"plots/{DRAWN}.png" in final) == (drawn, drawn)
    assert ("plots/index.json" in Trial.objects.get().result["files"]) is drawn


@pytest.fixture
def ended_job(new_job: Callable[..., Job]) -> Job:
    """Trials 0, the best, and 1, neither with plots though they recorded arrays."""
    job = new_job(trials=2, create_trial_plots="best")
    recorder = claimed(job)
    recorder.job_state(JobState.RUNNING)
    for number in (0, 1):
        record = ask_trial(recorder, number)
        result = trial_result(number, files={"arrays.npz": 1})
        recorder.trial_finished(
            TrialRecord(spec=record.spec, state=TrialState.COMPLETED, total_score=0.8 - number / 10, result=result)
        )
        keep_trial(artifact_store(), trial_name(job.run_name, number))
    recorder.job_state(JobState.COMPLETED, outcome=JobOutcome(best_trial_number=0, best_total_score=0.8))
    recorder.release()
    OrmQ.objects.all().delete()
    return job


def due(job: Job) -> bool:
    return Job.objects.get(pk=job.pk).best_plots_due


def woken() -> list[tuple[str, ...]]:
    return [entry.args() for entry in OrmQ.objects.all() if entry.func().endswith("draw_best_plots")]


def final_files(job: Job) -> dict[str, int]:
    return artifact_store().files(f"{job.run_name}/optimized_model")


@pytest.mark.django_db(transaction=True)
def test_a_chosen_trial_is_drawn_by_the_queue_and_not_in_the_request(alice: User, ended_job: Job) -> None:
    page = Client()
    page.force_login(alice)
    page.post(f"/jobs/{ended_job.pk}/choose-best/", {"number": "1"})
    assert (due(ended_job), woken()) == (True, [(str(ended_job.pk),)])
    assert "plots/index.json" not in final_files(ended_job)
    draw_what_is_due(ended_job.pk)
    assert not due(ended_job)
    assert f"plots/{DRAWN}.png" in final_files(ended_job)
    assert "plots/index.json" in Trial.objects.get(number=1).result["files"]
    assert ended_job.events.order_by("-seq")[0].kind == "trial"


def test_plots_that_are_due_are_woken_when_their_wake_up_was_lost(ended_job: Job) -> None:
    Job.objects.update(best_trial_number=1, best_plots_due=True)
    wake_what_waits()
    wake_what_waits()
    assert woken() == [(str(ended_job.pk),)]


def test_two_do_not_draw_the_same(ended_job: Job) -> None:
    services.job_choose_best(job=ended_job, number=1)
    assert EndedJob.claim(ended_job.pk) is not None
    draw_what_is_due(ended_job.pk)
    assert due(ended_job), "somebody else is at it"
    let_lease_expire(Job.objects.get())
    Job.objects.update(best_plots_due=False)


def test_nothing_is_due_for_a_trial_that_has_its_plots(ended_job: Job) -> None:
    row = Trial.objects.get(number=1)
    Trial.objects.filter(pk=row.pk).update(result=row.result | {"files": {"arrays.npz": 1, "plots/index.json": 1}})
    services.job_choose_best(job=ended_job, number=1)
    assert (due(ended_job), woken()) == (False, [])


def test_nothing_is_due_where_no_plots_were_asked_for(ended_job: Job) -> None:
    Job.objects.update(request=ended_job.request | {"create_trial_plots": "none"})
    services.job_choose_best(job=Job.objects.get(), number=1)
    assert (due(ended_job), woken()) == (False, [])
