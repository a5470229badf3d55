"""People, jobs and a database in a file: what tests of the portal share."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.conf import LazySettings

from accounts.models import User
from optimization import services
from optimization.engine.request import OptimizationRequest
from optimization.models import Job


@pytest.fixture(scope="session")
def django_db_modify_db_settings(
    django_db_modify_db_settings_parallel_suffix: None, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """A file, as in real use: SQLite in memory locks whole tables between threads. Each worker has a database."""
    from django.db import connection, connections

    if connection.vendor == "sqlite":
        file = tmp_path_factory.mktemp("database") / "test.sqlite3"
        connections["default"].settings_dict["TEST"]["NAME"] = str(file)


@pytest.fixture(autouse=True)
def results_dir(settings: LazySettings, tmp_path: Path) -> Path:
    settings.TUNEWELL_RESULTS_DIR = tmp_path / "results"
    return settings.TUNEWELL_RESULTS_DIR


@pytest.fixture(autouse=True)
def upload_dir(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    monkeypatch.setenv("TUNEWELL_UPLOAD_DIR", str(tmp_path / "uploads"))
    return tmp_path / "uploads"


@pytest.fixture(autouse=True)
def quick_passwords(settings: LazySettings) -> None:
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


@pytest.fixture
def alice(db: None) -> User:
    return User.objects.create_user("alice", password="correct horse battery staple")


@pytest.fixture
def bob(db: None) -> User:
    """A stranger to alice's jobs."""
    return User.objects.create_user("bob", password="correct horse battery staple")


@pytest.fixture
def new_job(alice: User) -> Callable[..., Job]:
    """Starts a job of digits for alice, or for `owner`; other keywords are the request's fields."""

    def start(owner: User = alice, title: str = "", **asked: Any) -> Job:
        request = OptimizationRequest.from_dict({"dataset_name": "digits", "trials": 3, **asked})
        return services.job_start(owner=owner, request=request, title=title)

    return start


@pytest.fixture
def job(new_job: Callable[..., Job]) -> Job:
    return new_job()
