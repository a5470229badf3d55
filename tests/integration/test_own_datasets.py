"""Users' own data sets, from the file to the job: alice owns them, bob is a stranger."""

from collections.abc import Callable
from pathlib import Path

import pytest
from django.conf import LazySettings
from django.core.files.uploadedfile import SimpleUploadedFile, TemporaryUploadedFile, UploadedFile

from accounts.models import User
from optimization import dataset_services, services
from optimization.engine.datasets import UploadRefused
from optimization.engine.errors import ConfigError
from optimization.engine.request import OptimizationRequest
from optimization.models import Dataset, Job
from tests.uploads import csv_text, good_images, zip_file


def reviews(each: int = 6) -> UploadedFile:
    return SimpleUploadedFile("reviews.csv", csv_text(each).encode())


@pytest.fixture
def dataset(alice: User) -> Dataset:
    """Alice's texts."""
    return dataset_services.dataset_add(owner=alice, file=reviews(), title="Reviews")


def started(owner: User, dataset: Dataset) -> Job:
    return services.job_start(owner=owner, request=OptimizationRequest(dataset_name=dataset.name, trials=1))


def test_an_accepted_upload_is_a_row_and_a_folder(dataset: Dataset, alice: User, upload_dir: Path) -> None:
    assert Dataset.objects.visible_to(alice).get() == dataset
    assert (dataset.title, dataset.modality, dataset.classes) == ("Reviews", "text", ["bad", "good"])
    assert (dataset.train_size, dataset.shape, dataset.source_name) == (12, None, "reviews.csv")
    assert dataset.what_happened.counts == {"bad": 6, "good": 6}
    assert dataset.sample == "text number 0 is good"
    assert (upload_dir / dataset.name / "data.npz").is_file()


def test_images_from_a_file_on_disk_have_a_picture_to_show(alice: User, tmp_path: Path) -> None:
    file = TemporaryUploadedFile("pets.zip", "application/zip", 0, None)
    file.write(zip_file(tmp_path / "pets.zip", good_images()).read_bytes())
    file.size = file.tell()
    file.seek(0)
    dataset = dataset_services.dataset_add(owner=alice, file=file)
    assert (dataset.title, dataset.modality, dataset.shape) == ("pets", "image", [10, 12, 3])
    assert dataset.sample.startswith("data:image/png;base64,")


def test_a_refused_upload_leaves_nothing(alice: User, upload_dir: Path) -> None:
    with pytest.raises(UploadRefused, match="only one class"):
        dataset_services.dataset_add(owner=alice, file=SimpleUploadedFile("a.csv", csv_text(labels=("a",)).encode()))
    assert not Dataset.objects.exists()
    assert not upload_dir.exists()


def test_a_file_larger_than_the_setting_is_refused_unread(alice: User, settings: LazySettings) -> None:
    settings.TUNEWELL_UPLOAD_MB = 0.0001
    with pytest.raises(UploadRefused, match=r"at most 0\.0001 MB"):
        dataset_services.dataset_add(owner=alice, file=reviews())


@pytest.mark.parametrize("title", ["x" * 201, "two\nlines", "nul\0"])
def test_a_title_beyond_use_is_refused(alice: User, title: str) -> None:
    with pytest.raises(ConfigError, match="title: must be"):
        dataset_services.dataset_add(owner=alice, file=reviews(), title=title)


def test_the_same_file_again_is_the_set_there_is(dataset: Dataset, alice: User) -> None:
    assert dataset_services.dataset_add(owner=alice, file=reviews(), title="Reviews") == dataset


def test_its_owner_can_search_on_it(dataset: Dataset, alice: User) -> None:
    assert started(alice, dataset).request["dataset_name"] == dataset.name


def test_to_a_stranger_it_is_an_unknown_name(dataset: Dataset, bob: User) -> None:
    unknown = "upload_0123456789abcdef"
    with pytest.raises(ConfigError) as refused:
        started(bob, dataset)
    with pytest.raises(ConfigError) as absent:
        services.job_start(owner=bob, request=OptimizationRequest(dataset_name=unknown))
    assert refused.value.errors["dataset_name"].replace(dataset.name, unknown) == absent.value.errors["dataset_name"]
    assert "must be one of digits" in refused.value.errors["dataset_name"]


def test_a_stranger_cannot_clone_onto_it(dataset: Dataset, bob: User, new_job: Callable[..., Job]) -> None:
    with pytest.raises(ConfigError, match="must be one of"):
        services.job_clone(owner=bob, job=new_job(owner=bob), changes={"dataset_name": dataset.name})


def test_it_stays_while_a_job_of_it_is_not_finished(dataset: Dataset, alice: User, upload_dir: Path) -> None:
    job = started(alice, dataset)
    with pytest.raises(services.NotPossible, match="Reviews is used by a job that did not finish yet"):
        dataset_services.dataset_delete(dataset=dataset)
    assert (upload_dir / dataset.name).is_dir()
    services.job_delete(job=job)
    dataset_services.dataset_delete(dataset=dataset)
    assert not (upload_dir / dataset.name).exists()
    assert not Dataset.objects.exists()


def test_deleting_it_twice_is_deleting_it_once(dataset: Dataset) -> None:
    dataset_services.dataset_delete(dataset=Dataset.objects.get())
    dataset_services.dataset_delete(dataset=dataset)


def test_files_that_two_people_share_go_with_the_last(dataset: Dataset, bob: User, upload_dir: Path) -> None:
    his = dataset_services.dataset_add(owner=bob, file=reviews(), title="Reviews")
    assert his.name == dataset.name
    dataset_services.dataset_delete(dataset=dataset)
    assert (upload_dir / his.name).is_dir()
    started(bob, his)


def test_a_job_without_its_data_set_does_not_start(dataset: Dataset, alice: User) -> None:
    dataset_services.dataset_delete(dataset=dataset)
    with pytest.raises(ConfigError, match="must be one of"):
        started(alice, dataset)
