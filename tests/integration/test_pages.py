"""The pages as people get them: alice owns the jobs, bob is a stranger."""

import json
import re
import uuid
from typing import Any

import pytest
from django.conf import LazySettings
from django.http import HttpResponse
from django.template.loader import render_to_string
from django.test import Client
from django.urls import reverse
from pytest_django import DjangoAssertNumQueries

from accounts.models import User
from optimization.api.serializers import job_json, trial_json
from optimization.engine.request import OptimizationRequest
from optimization.engine.trial import JobState, TrialState
from optimization.models import Job, StopRequest
from tests.seeds import DIGITS, seed_job

FINISHED = tuple(sketch for sketch in DIGITS if sketch.state is not TrialState.RUNNING)
NO_JOB = uuid.UUID(int=0)
VERBS = ("job_pause", "job_resume", "job_stop", "job_choose_best", "job_delete")


def client_of(user: User, **options: Any) -> Client:
    client = Client(**options)
    client.force_login(user)
    return client


@pytest.fixture
def page(alice: User) -> Client:
    """A browser in which alice is logged in."""
    return client_of(alice)


@pytest.fixture
def running_job(alice: User) -> Job:
    return seed_job(alice)


@pytest.fixture
def finished_job(alice: User) -> Job:
    return seed_job(alice, sketches=FINISHED, trials=11, state=JobState.COMPLETED, title="second try")


def html(response: HttpResponse) -> str:
    return response.content.decode()


def page_data(response: HttpResponse) -> Any:
    found = re.search(r'<script id="job-data" type="application/json">(.*?)</script>', html(response), re.DOTALL)
    assert found
    return json.loads(found[1])


# Who may see what


@pytest.mark.parametrize("name", ["jobs", "job_new", "job", *VERBS])
@pytest.mark.django_db
def test_somebody_not_logged_in_is_asked_to(name: str) -> None:
    address = reverse(name, args=[NO_JOB] if name in ("job", *VERBS) else [])
    answer = Client().post(address) if name in VERBS else Client().get(address)
    assert answer.headers["Location"] == f"/login/?next={address}"


def test_a_stranger_gets_404_and_changes_nothing(running_job: Job, finished_job: Job, bob: User) -> None:
    stranger = client_of(bob)
    answers = [
        stranger.get(reverse("job", args=[running_job.pk])),
        stranger.post(reverse("job_stop", args=[running_job.pk])),
        stranger.post(reverse("job_delete", args=[finished_job.pk])),
    ]
    assert [answer.status_code for answer in answers] == [404, 404, 404]
    running_job.refresh_from_db()
    assert running_job.stop_request == StopRequest.NONE
    assert Job.objects.filter(pk=finished_job.pk).exists()


def test_a_stranger_does_not_see_the_job_on_the_list(finished_job: Job, bob: User) -> None:
    assert "second try" not in html(client_of(bob).get("/"))


def test_stopping_and_deleting_need_a_post(page: Client, running_job: Job) -> None:
    for name in VERBS:
        assert page.get(reverse(name, args=[running_job.pk])).status_code == 405


# Logging in and out


def test_logging_in_leads_to_where_one_wanted_to_go(alice: User) -> None:
    typed = {"username": "alice", "password": "correct horse battery staple", "next": "/jobs/new/"}
    assert Client().post("/login/", typed).headers["Location"] == "/jobs/new/"


def test_a_wrong_password_is_told_and_the_name_kept(alice: User) -> None:
    answer = html(Client().post("/login/", {"username": "alice", "password": "wrong"}))
    assert "Please enter a correct username and password" in answer
    assert 'value="alice"' in answer


def test_logging_out_ends_the_session(page: Client) -> None:
    assert page.post("/logout/").headers["Location"] == "/login/"
    assert page.get("/").status_code == 302


# The list


def test_an_empty_list_says_what_to_do_first(page: Client) -> None:
    answer = html(page.get("/"))
    assert "Start an optimization" in answer
    assert "<table" not in answer


def test_a_row_tells_how_the_job_stands(page: Client, finished_job: Job) -> None:
    answer = html(page.get("/"))
    row = " ".join(re.sub(r"<[^>]+>", " ", answer[answer.index("<tbody") : answer.index("</tbody")]).split())
    for text in ("second try", "Digits (8×8), health mode", "completed", "11 of 11", "98.0 %", "0.973", "+0.043"):
        assert text in row


def test_only_unfinished_rows_ask_to_be_refreshed(page: Client, running_job: Job, finished_job: Job) -> None:
    rows = re.findall(r'<tr id="job-([0-9a-f-]+)"( data-unfinished)?>', html(page.get("/")))
    assert rows == [(str(finished_job.pk), ""), (str(running_job.pk), " data-unfinished")]


def test_the_newest_jobs_come_first_25_on_a_page(page: Client, alice: User) -> None:
    for number in range(26):
        seed_job(alice, sketches=(), state=JobState.QUEUED, title=f"number {number:02}")
    names = [re.findall(r">(number \d\d)<", html(page.get(f"/?page={at}"))) for at in (1, 2)]
    assert names == [[f"number {number:02}" for number in range(25, 0, -1)], ["number 00"]]


def test_more_jobs_cost_no_more_queries(
    page: Client, alice: User, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    for count in (1, 4):
        for _ in range(count):
            seed_job(alice, sketches=DIGITS[:2])
        with django_assert_num_queries(4):  # session, user, count, page
            page.get("/")


# The job's page


def test_the_page_carries_what_the_api_says(page: Client, running_job: Job) -> None:
    data = page_data(page.get(running_job.get_absolute_url()))
    job = Job.objects.with_counts().get(pk=running_job.pk)
    trials = [trial_json(trial) for trial in job.trials.complete()]
    assert data == json.loads(json.dumps({"job": job_json(job), "trials": trials, "seq": job.seq}, default=str))
    assert [len(trial["epochs"]) for trial in data["trials"][:4]] == [6, 6, 6, 3]


def test_the_page_costs_no_more_queries_with_more_trials(
    page: Client, alice: User, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    for sketches in (DIGITS[:1], DIGITS):
        job = seed_job(alice, sketches=sketches)
        with django_assert_num_queries(5):  # session, user, job, trials, epochs
            page.get(job.get_absolute_url())


def test_a_title_cannot_break_out_of_the_page(page: Client, alice: User) -> None:
    job = seed_job(alice, sketches=(), title="</script><img src=x onerror=alert(1)>")
    answer = page.get(job.get_absolute_url())
    assert "<img src=x" not in html(answer)
    assert page_data(answer)["job"]["title"] == job.title


def test_without_javascript_the_trials_are_there(page: Client, finished_job: Job) -> None:
    answer = html(page.get(finished_job.get_absolute_url()))
    plain = answer[answer.index("<noscript>") : answer.index("</noscript>")]
    assert re.findall(r'<th scope="row">(\d+)</th>', plain) == [str(number) for number in range(11)]
    assert "98.6\u00a0%" in plain


def test_the_settings_tell_how_the_search_space_was_changed(page: Client, alice: User) -> None:
    changes = {"learning_rate": {"low": 0.0002, "high": 0.002}, "optimizer": {"fixed": "adam"}, "l2": {"exclude": True}}
    request = OptimizationRequest(dataset_name="digits", search_space=changes).to_dict()
    answer = html(page.get(seed_job(alice, sketches=(), request=request).get_absolute_url()))
    assert "Learning rate from 0.0002 up to 0.002; Optimizer always adam; L2 penalty not searched" in answer


def test_the_download_comes_alive_with_the_model(page: Client, running_job: Job, finished_job: Job) -> None:
    def link(job: Job) -> str:
        found = re.search(
            r'<a class="[^"]*" id="download-model".*?>', html(page.get(job.get_absolute_url())), re.DOTALL
        )
        assert found
        return found[0]

    assert 'aria-disabled="true"' in link(running_job)
    assert " href=" not in link(running_job)
    assert f' href="/api/v1/download/{finished_job.pk}/?what=model"' in link(finished_job)


@pytest.mark.parametrize(("when", "asked"), [("", StopRequest.NOW), ("after_running", StopRequest.AFTER_RUNNING)])
def test_stopping_asks_the_loop_and_shows_it(page: Client, running_job: Job, when: str, asked: StopRequest) -> None:
    answer = page.post(reverse("job_stop", args=[running_job.pk]), {"when": when}, follow=True)
    running_job.refresh_from_db()
    assert running_job.stop_request == asked
    assert 'data-state="stopping"' in html(answer)


def test_deleting_leads_back_to_the_list(page: Client, finished_job: Job) -> None:
    answer = page.post(reverse("job_delete", args=[finished_job.pk]), follow=True)
    assert answer.redirect_chain == [("/", 302)]
    assert "second try is deleted" in html(answer)
    assert not Job.objects.filter(pk=finished_job.pk).exists()


def test_a_running_job_is_gone_from_its_owners_sight_at_once(page: Client, running_job: Job) -> None:
    answer = page.post(reverse("job_delete", args=[running_job.pk]), follow=True)
    assert answer.redirect_chain == [("/", 302)]
    assert page.get(running_job.get_absolute_url()).status_code == 404


def test_what_cannot_be_done_is_said_on_the_page(page: Client, finished_job: Job) -> None:
    answer = page.post(reverse("job_pause", args=[finished_job.pk]), follow=True)
    assert "is completed and cannot be paused" in html(answer)


# What holds for every page


def every_page(alice: User) -> list[str]:
    done = seed_job(alice, sketches=FINISHED, trials=11, state=JobState.COMPLETED)
    failed = seed_job(alice, sketches=(), state=JobState.FAILED, reason="The data set's files are gone.")
    addresses = [
        "/",
        "/jobs/new/",
        "/learn/",
        "/learn/hyperparameters/",
        "/datasets/",
        *(job.get_absolute_url() for job in (done, failed, seed_job(alice))),
    ]
    page = client_of(alice)
    errors = [render_to_string(f"{status}.html") for status in (400, 403, 500)]
    texts = [html(page.get(address)) for address in addresses]
    return [*texts, html(Client().get("/login/")), html(page.get("/nowhere/")), *errors]


def test_no_page_has_inline_scripts_or_styles(alice: User) -> None:
    inline = re.compile(r"<style|\sstyle=|\son[a-z]+=|<script(?![^>]*\s(?:src=|type=\"application/json\"))")
    assert [inline.findall(text) for text in every_page(alice)] == [[]] * 13


def test_every_page_has_one_heading_one_main_part_and_unique_ids(alice: User) -> None:
    for text in every_page(alice):
        assert len(re.findall(r"<h1", text)) == 1
        assert len(re.findall(r"<main", text)) == 1
        ids = re.findall(r'\sid="([^"]+)"', text)
        assert len(ids) == len(set(ids))


def test_an_unknown_address_gets_our_own_page(page: Client) -> None:
    answer = page.get("/nowhere/")
    assert answer.status_code == 404
    assert "There is nothing here" in html(answer)


def test_a_form_from_another_session_gets_our_own_page(alice: User) -> None:
    answer = client_of(alice, enforce_csrf_checks=True).post("/jobs/new/", {})
    assert answer.status_code == 403
    assert "This form is out of date" in html(answer)


def test_the_page_for_our_own_failures_needs_nothing_of_ours(settings: LazySettings) -> None:
    text = render_to_string("500.html")
    assert "Something broke on our side" in text
    assert text.count(settings.STATIC_URL) == 1  # written out there, so it must be the same here
