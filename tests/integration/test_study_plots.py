"""The figures of a job: drawn beside the web, once however many look, and for their owner alone."""

import gzip
import json
import uuid
from typing import Any

import pytest
from django.utils import timezone
from django_q.models import OrmQ
from rest_framework.test import APIClient

from accounts.models import User
from optimization import study_drawing, study_plots
from optimization.engine.trial import JobState, TrialState
from optimization.loop import run_slice
from optimization.models import Job, StudyPlot, StudyPlots, Trial, from_now
from optimization.study_plots import LOST_AFTER, study_plots_ask
from optimization.tasks import draw_study_plots
from tests.integration.portal import at_once, claimed
from tests.study_rows import with_made_up_trials

pytestmark = pytest.mark.django_db


def client_of(user: User) -> APIClient:
    client = APIClient()
    client.force_authenticate(user)
    return client


@pytest.fixture
def searched_job(job: Job) -> Job:
    """A job of digits with ten trials that were never trained: too few to compare hyperparameters, so quick to draw."""
    with_made_up_trials(job, 10)
    Job.objects.update(state=JobState.RUNNING)
    OrmQ.objects.all().delete()
    return Job.objects.get(pk=job.pk)


def asked_for() -> list[tuple[str, ...]]:
    """Arguments of the drawings that wait in the queue."""
    return [entry.args() for entry in OrmQ.objects.all() if entry.func().endswith("draw_study_plots")]


def draw(job: Job) -> None:
    """What the queue does with a drawing that was asked for."""
    study_plots_ask(job, now=True)
    for arguments in asked_for():
        draw_study_plots(*arguments)
    OrmQ.objects.all().delete()


def one_more_trial_ends(job: Job) -> None:
    last = Trial.objects.filter(job=job).order_by("-number")[0]
    last.pk, last.number = None, last.number + 1
    last.save()


def may_be_drawn_again() -> None:
    StudyPlots.objects.update(rests_until=from_now(-LOST_AFTER))


def listed(user: User, job: Job) -> dict[str, Any]:
    answer = client_of(user).get(f"/api/v1/jobs/{job.pk}/study-plots/")
    assert answer.status_code == 200
    return answer.json()


def test_who_looks_first_has_them_drawn_and_sees_them_then(alice: User, searched_job: Job) -> None:
    before = listed(alice, searched_job)
    assert (before["drawn_at"], before["is_being_drawn"], before["plots"]) == (None, True, [])
    draw_study_plots(*asked_for()[0])
    after = listed(alice, searched_job)
    assert (after["is_stale"], after["is_being_drawn"], after["trials"], after["ended"]) == (False, False, 10, 10)
    by_name = {plot["name"]: plot for plot in after["plots"]}
    assert by_name["optimization_history"]["trials"] > 5
    assert "best score" in by_name["optimization_history"]["finding"]
    assert by_name["timeline"]["absent"] == ""
    assert by_name["pareto_front"]["url"] is None
    assert "one objective" in by_name["pareto_front"]["absent"]


def test_two_who_look_have_them_drawn_once(alice: User, searched_job: Job) -> None:
    for _ in range(3):
        listed(alice, searched_job)
    assert len(asked_for()) == 1


@pytest.mark.django_db(transaction=True)
def test_those_who_look_at_the_same_moment_have_them_drawn_once(searched_job: Job) -> None:
    at_once(4, lambda: study_plots_ask(Job.objects.get(pk=searched_job.pk)))
    assert len(asked_for()) == 1


def test_what_is_of_today_is_not_drawn_again(alice: User, searched_job: Job) -> None:
    draw(searched_job)
    may_be_drawn_again()
    listed(alice, searched_job)
    assert asked_for() == []


def test_stale_ones_rest_a_while_and_are_then_drawn_anew(alice: User, searched_job: Job) -> None:
    draw(searched_job)
    one_more_trial_ends(searched_job)
    assert listed(alice, searched_job)["is_stale"]
    assert asked_for() == []
    may_be_drawn_again()
    listed(alice, searched_job)
    assert len(asked_for()) == 1


def test_at_the_jobs_end_they_are_drawn_without_a_rest(searched_job: Job) -> None:
    draw(searched_job)
    one_more_trial_ends(searched_job)
    study_plots_ask(searched_job, now=True)
    assert len(asked_for()) == 1


def test_another_best_trial_makes_them_stale(alice: User, searched_job: Job) -> None:
    draw(searched_job)
    Job.objects.update(best_trial_number=3)
    assert listed(alice, searched_job)["is_stale"]


def test_those_of_an_older_edition_are_drawn_anew(
    alice: User, searched_job: Job, monkeypatch: pytest.MonkeyPatch
) -> None:
    draw(searched_job)
    monkeypatch.setattr(study_plots, "EDITION", study_plots.EDITION + 1)
    assert listed(alice, searched_job)["is_stale"]


def test_a_drawing_that_was_lost_with_its_process_is_asked_for_again(alice: User, searched_job: Job) -> None:
    listed(alice, searched_job)
    lost = asked_for()[0]
    OrmQ.objects.all().delete()
    StudyPlots.objects.update(asked_at=from_now(-2 * LOST_AFTER))
    listed(alice, searched_job)
    assert len(asked_for()) == 1
    draw_study_plots(*lost)
    assert not StudyPlot.objects.exists()
    draw_study_plots(*asked_for()[0])
    assert StudyPlot.objects.exists()


def test_a_new_drawing_takes_the_place_of_the_old_one(searched_job: Job) -> None:
    draw(searched_job)
    count = StudyPlot.objects.count()
    one_more_trial_ends(searched_job)
    draw(searched_job)
    assert StudyPlot.objects.count() == count
    assert StudyPlots.objects.get().trials == 11


def test_a_drawing_that_fails_says_why_and_leaves_the_old_figures(
    alice: User, searched_job: Job, monkeypatch: pytest.MonkeyPatch
) -> None:
    draw(searched_job)
    one_more_trial_ends(searched_job)
    Trial.objects.filter(number=10).update(spec=Trial.objects.get(number=10).spec | {"version": 99})
    draw(searched_job)
    body = listed(alice, searched_job)
    assert "99" in body["problem"]
    assert len(body["plots"]) > 10
    assert not body["is_being_drawn"]


def test_nothing_is_drawn_for_a_deleted_job(searched_job: Job) -> None:
    study_plots_ask(searched_job)
    Job.objects.update(deleted_at=timezone.now())
    draw_study_plots(*asked_for()[0])
    assert not StudyPlot.objects.exists()


def test_nothing_is_drawn_before_the_first_trial_ends(alice: User, job: Job) -> None:
    OrmQ.objects.all().delete()
    body = listed(alice, job)
    assert (body["drawn_at"], body["ended"], body["is_being_drawn"], body["plots"]) == (None, 0, False, [])
    assert asked_for() == []


def test_a_job_that_ended_without_trials_says_of_each_figure_what_is_missing(alice: User, job: Job) -> None:
    Job.objects.update(state=JobState.STOPPED)
    draw(Job.objects.get())
    plots = listed(alice, job)["plots"]
    assert len(plots) == 16
    assert all(plot["absent"].endswith(".") for plot in plots)


def test_a_figure_is_plotlys_json_packed_where_the_client_takes_it(alice: User, searched_job: Job) -> None:
    draw(searched_job)
    address = f"/api/v1/jobs/{searched_job.pk}/study-plots/optimization_history/"
    plain = client_of(alice).get(address)
    assert [trace["type"] for trace in plain.json()["data"]] == ["scatter"] * len(plain.json()["data"])
    packed = client_of(alice).get(address, headers={"Accept-Encoding": "gzip, br"})
    assert packed["Content-Encoding"] == "gzip"
    assert json.loads(gzip.decompress(packed.content)) == plain.json()
    assert "layout" in plain.json()


def test_a_figure_that_is_absent_is_404_with_the_reason(alice: User, searched_job: Job) -> None:
    draw(searched_job)
    answer = client_of(alice).get(f"/api/v1/jobs/{searched_job.pk}/study-plots/pareto_front/")
    assert (answer.status_code, "one objective" in answer.json()["detail"]) == (404, True)
    assert client_of(alice).get(f"/api/v1/jobs/{searched_job.pk}/study-plots/nonsense/").status_code == 404


@pytest.mark.parametrize("address", ["study-plots/", "study-plots/optimization_history/"])
def test_a_stranger_gets_404_and_has_nothing_drawn(bob: User, searched_job: Job, address: str) -> None:
    draw(searched_job)
    may_be_drawn_again()
    one_more_trial_ends(searched_job)
    assert client_of(bob).get(f"/api/v1/jobs/{searched_job.pk}/{address}").status_code == 404
    assert APIClient().get(f"/api/v1/jobs/{searched_job.pk}/{address}").status_code == 401
    assert asked_for() == []


def test_a_job_that_has_ended_has_its_figures_drawn(searched_job: Job) -> None:
    recorder = claimed(searched_job)
    recorder.job_state(JobState.STOPPING)
    recorder.release()
    Job.objects.update(stop_request="now")
    run_slice(searched_job.pk)
    assert Job.objects.get().is_finished
    assert len(asked_for()) == 1


def test_the_drawing_knows_when_trials_ran(searched_job: Job) -> None:
    Trial.objects.filter(number=1).update(finished_at=None, state=TrialState.RUNNING)
    times = study_drawing._times(searched_job)
    assert 1 not in times
    assert times[0][1] - times[0][0] == pytest.approx(11.0)


def test_a_token_that_was_never_given_draws_nothing(searched_job: Job) -> None:
    draw_study_plots(str(searched_job.pk), str(uuid.uuid4()))
    assert not StudyPlot.objects.exists()


def test_a_job_that_ends_while_it_is_drawn_is_drawn_once_more(
    searched_job: Job, monkeypatch: pytest.MonkeyPatch
) -> None:
    draw_all = study_drawing.study_figures

    def draw_while_the_job_ends(*arguments: Any, **options: Any) -> Any:
        one_more_trial_ends(searched_job)
        Job.objects.update(state=JobState.COMPLETED)
        study_plots_ask(Job.objects.get(), now=True)
        return draw_all(*arguments, **options)

    monkeypatch.setattr(study_drawing, "study_figures", draw_while_the_job_ends)
    study_plots_ask(searched_job)
    draw_study_plots(*asked_for()[0])
    assert StudyPlots.objects.get().trials == 10
    assert len(asked_for()) == 2
    monkeypatch.undo()
    draw_study_plots(*asked_for()[1])
    assert StudyPlots.objects.get().trials == 11
