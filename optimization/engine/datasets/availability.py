"""Is a data set here, can it be fetched, and fetching it."""

from ..errors import DatasetUnavailable
from .family import Sizes
from .finding import family_of, find_dataset
from .folders import DATA_DIR_VARIABLE, download_folder, given_folder, search_folders
from .registry import DatasetInfo


def check_available(name: str, data_dir: str | None = None) -> str:
    """ "" for the complete set, else "subset 20,000/5,000 of 50,000/10,000" (training/test examples here, and
    in the complete set). A set that is not here but can be fetched counts as complete.

    Raises DatasetUnavailable: for a file that is not what it should be, and when the files are absent and
    their source cannot be reached.
    """
    info = find_dataset(name, data_dir)
    size = size_here(info, data_dir)
    if size is None:
        if not info.files:
            raise absent(info, data_dir, "there is nothing to fetch them from")
        from .download import unreachable

        if problem := unreachable(info.files[0].url):
            raise absent(info, data_dir, problem)
        return ""
    return size


def size_here(info: DatasetInfo, data_dir: str | None = None) -> str | None:
    """As check_available, of what is on this machine alone; None where the files are not here."""
    sizes = family_of(info).sizes(info, search_folders(data_dir))
    return None if sizes is None else size_note(info, sizes)


def ensure(name: str, data_dir: str | None = None, *, progress: bool = False) -> str:
    """Fetch the files if they are not here; then as check_available. progress: draw a bar on stderr."""
    info = find_dataset(name, data_dir)
    size = size_here(info, data_dir)
    if size is not None:
        return size
    from .download import DownloadFailed, fetch

    folder = download_folder(data_dir)
    try:
        for file in info.files:
            fetch(file, folder, progress=progress)
    except DownloadFailed as error:
        raise absent(info, data_dir, str(error)) from error
    size = size_here(info, data_dir)
    if size is None:
        raise absent(info, data_dir, f"what was fetched into {folder} is not found")
    return size


def size_note(info: DatasetInfo, sizes: Sizes) -> str:
    """What to say about the size wherever the data set is named; "" for the complete set."""
    if sizes == (info.train_size, info.test_size):
        return ""
    return f"subset {sizes.train:,}/{sizes.test:,} of {info.train_size:,}/{info.test_size:,}"


def absent(info: DatasetInfo, data_dir: str | None, problem: str) -> DatasetUnavailable:
    """What to put where, when the files are not here and cannot be fetched."""
    folders = " or ".join(str(folder) for folder in search_folders(data_dir))
    hint = "" if given_folder(data_dir) else f" (or into a folder named by {DATA_DIR_VARIABLE})"
    return DatasetUnavailable(
        f"the files of {info.name} are not in {folders}, and {problem}. "
        f"Put {family_of(info).wanted(info)} into {folders}{hint}"
    )
