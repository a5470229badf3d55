"""One contract for every place where files of runs can lie."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.core.files.storage import FileSystemStorage
from moto.server import ThreadedMotoServer

from hpoproject.artifacts_url import s3_storage
from optimization.artifacts import StorageStore, artifact_store
from optimization.engine.artifacts import ArtifactStore, FolderStore

NAME = "run/plots/trial_0"


@pytest.fixture(scope="module")
def s3_url() -> Iterator[str]:
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture(params=["folder", "storage", "s3"])
def store(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ArtifactStore:
    if request.param == "folder":
        return FolderStore(tmp_path / "results")
    if request.param == "storage":
        return StorageStore(FileSystemStorage(location=tmp_path / "results"), tmp_path / "scratch")
    return StorageStore(s3(request.getfixturevalue("s3_url"), monkeypatch), tmp_path / "scratch")


def s3(endpoint: str, monkeypatch: pytest.MonkeyPatch):
    import boto3
    from storages.backends.s3 import S3Storage

    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "test")
    options = s3_storage(f"s3://bucket/a/folder?endpoint_url={endpoint}&region_name=us-east-1")["OPTIONS"]
    client = boto3.resource("s3", endpoint_url=endpoint, region_name="us-east-1")
    bucket = client.create_bucket(Bucket=options["bucket_name"])
    bucket.objects.all().delete()
    return S3Storage(**options)


def published(store: ArtifactStore, files: dict[str, bytes], *, attempt: int = 1, name: str = NAME) -> None:
    folder = store.scratch(name, attempt)
    for path, content in files.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(content)
    store.publish(folder, name)
    assert not folder.exists()


def read(store: ArtifactStore, name: str) -> bytes:
    with store.open(name) as file:
        return file.read()


def test_what_is_published_can_be_listed_and_read(store: ArtifactStore) -> None:
    published(store, {"model.keras": b"weights", "events/one": b"12"})
    assert store.files(NAME) == {"events/one": 2, "model.keras": 7}
    assert store.files("run") == {"plots/trial_0/events/one": 2, "plots/trial_0/model.keras": 7}
    assert read(store, f"{NAME}/model.keras") == b"weights"


def test_nothing_is_seen_of_an_attempt_before_it_is_published(store: ArtifactStore) -> None:
    (store.scratch(NAME, 1) / "half").write_bytes(b"x")
    assert store.files("run") == {}


def test_a_scratch_folder_starts_empty(store: ArtifactStore) -> None:
    (store.scratch(NAME, 1) / "half").write_bytes(b"x")
    assert list(store.scratch(NAME, 1).iterdir()) == []


def test_publishing_replaces_the_whole_folder_and_clears_other_attempts(store: ArtifactStore) -> None:
    lost = store.scratch(NAME, 1)
    published(store, {"old": b"1", "both": b"1"}, attempt=2)
    assert not lost.exists()
    published(store, {"both": b"22"}, attempt=3)
    assert store.files(NAME) == {"both": 2}
    assert read(store, f"{NAME}/both") == b"22"


def test_one_trial_leaves_the_scratch_of_its_namesakes_alone(store: ArtifactStore) -> None:
    other = store.scratch("run/plots/trial_01", 1)
    published(store, {"file": b"1"})
    assert other.exists()


def test_a_copy_is_whole_and_may_rename(store: ArtifactStore) -> None:
    published(store, {"model.keras": b"weights", "history.json": b"[]"})
    published(store, {"stale": b"1"}, name="run/optimized_model")
    store.copy(NAME, "run/optimized_model", renamed={"model.keras": "best.keras"})
    assert store.files("run/optimized_model") == {"best.keras": 7, "history.json": 2}
    assert read(store, "run/optimized_model/best.keras") == b"weights"
    assert store.files(NAME) == {"history.json": 2, "model.keras": 7}


def test_a_small_file_is_written_and_replaced(store: ArtifactStore) -> None:
    for content in (b"{}", b"[1]"):
        store.write("run/manifest.json", content)
    assert read(store, "run/manifest.json") == b"[1]"
    assert store.files("run") == {"manifest.json": 3}


def test_a_deleted_folder_is_gone_and_its_neighbours_stay(store: ArtifactStore) -> None:
    published(store, {"file": b"1"})
    published(store, {"file": b"1"}, name="other/plots/trial_0")
    store.delete("run")
    store.delete("run")
    assert store.files("run") == {}
    assert store.files("other") == {"plots/trial_0/file": 1}


def test_a_file_that_is_not_there_is_not_found(store: ArtifactStore) -> None:
    with pytest.raises(FileNotFoundError):
        read(store, f"{NAME}/nothing")


def test_room_is_told_in_bytes(store: ArtifactStore) -> None:
    assert store.free_bytes() > 0


@pytest.mark.parametrize("name", ["../outside", "/etc", "run/../../outside"])
def test_no_name_leads_out_of_the_results(tmp_path: Path, name: str) -> None:
    with pytest.raises(ValueError, match="leads out"):
        FolderStore(tmp_path / "results").open(name)


def test_the_portal_keeps_files_in_a_folder_until_told_otherwise(results_dir: Path, settings, tmp_path: Path) -> None:
    store = artifact_store()
    assert isinstance(store, FolderStore)
    assert store.root == results_dir
    options = {"location": str(tmp_path / "elsewhere")}
    storage = {"BACKEND": "django.core.files.storage.FileSystemStorage", "OPTIONS": options}
    settings.STORAGES = settings.STORAGES | {"artifacts": storage}
    artifact_store().write("run/manifest.json", b"{}")
    assert (tmp_path / "elsewhere" / "run" / "manifest.json").is_file()


@pytest.mark.parametrize("url", ["bucket", "https://host/bucket", "s3:///folder", "s3://bucket?secret=1"])
def test_a_wrong_artifacts_url_says_what_is_allowed(url: str) -> None:
    with pytest.raises(ImproperlyConfigured, match="s3://bucket/folder"):
        s3_storage(url)
