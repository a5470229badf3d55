"""An attempt's files on their way into the store; every host of a runner uses it."""

import dataclasses
import functools
import shutil
from pathlib import Path

from ..artifacts import ArtifactStore
from ..results import trial_name
from ..trial import TrialResult, TrialSpec, TrialState
from ..trial_files import ARRAYS_FILE, LOG_NAME, PLOTS_FOLDER, file_sizes

MB = 1_000_000


class AttemptFiles:
    """The scratch folder of one attempt, and what is allowed to come of it."""

    def __init__(self, store: ArtifactStore, spec: TrialSpec) -> None:
        self._store = store
        self._spec = spec
        self._name = trial_name(spec.run_name, spec.number)

    @functools.cached_property
    def folder(self) -> Path:
        """Where the runner writes; made empty at first use."""
        return self._store.scratch(self._name, self._spec.attempt)

    def refusal(self) -> TrialResult | None:
        """A failed result when the disk has too little room to begin."""
        free = self._store.free_bytes()
        needed = self._spec.min_free_mb * MB
        if free is None or free >= needed:
            return None
        reason = (
            f"the disk is nearly full: {free / MB:,.0f} MB are free where results are written, and a trial "
            f"starts with {self._spec.min_free_mb:,} MB at least; make room, then resume"
        )
        return TrialResult(number=self._spec.number, attempt=self._spec.attempt, state=TrialState.FAILED, reason=reason)

    def publish(self, result: TrialResult) -> TrialResult:
        """Put the files in place. A folder over its limit loses its plots and what they are drawn from; where that is
        not enough, it loses its largest files, and the trial fails."""
        for torn in self.folder.rglob("*.partial"):
            torn.unlink()
        files = file_sizes(self.folder)
        limit = self._spec.max_trial_mb * MB
        for pictures in (PLOTS_FOLDER, ARRAYS_FILE):
            if sum(files.values()) > limit:
                files = self._without_pictures(pictures)
        total = sum(files.values())
        if total > limit:
            result = self._too_large(result, total)
            for name in sorted(files, key=lambda name: -files[name]):
                if sum(files.values()) > limit:
                    (self.folder / name).unlink()
                    del files[name]
        self._store.publish(self.folder, self._name)
        return dataclasses.replace(result, files=files)

    def publish_log(self) -> None:
        """Of a lost attempt, put the log in place, so that it can be read; its other files may be torn."""
        for name in file_sizes(self.folder):
            if name != LOG_NAME:
                (self.folder / name).unlink()
        self._store.publish(self.folder, self._name)

    def discard(self) -> None:
        """Remove what was written; makes nothing where nothing was, since the run's folder may be gone for good."""
        if "folder" in self.__dict__:
            shutil.rmtree(self.folder, ignore_errors=True)

    def _without_pictures(self, name: str) -> dict[str, int]:
        path = self.folder / name
        if path.exists():
            shutil.rmtree(path) if path.is_dir() else path.unlink()
            with (self.folder / LOG_NAME).open("a", encoding="utf-8") as log:
                log.write(f"{name} was dropped: the files took more than the {self._spec.max_trial_mb:,} MB allowed\n")
        return file_sizes(self.folder)

    def _too_large(self, result: TrialResult, total: int) -> TrialResult:
        reason = (
            f"its files take {total / MB:,.0f} MB, more than the {self._spec.max_trial_mb:,} MB allowed for a trial; "
            "use a smaller model (max_parameters)"
        )
        return dataclasses.replace(result, state=TrialState.FAILED, reason=reason, model_file=None)
