"""The plots among a trial's kept files: what there is, and why there is none."""

import json
from typing import Any, NamedTuple

from optimization.engine.artifacts import ArtifactStore
from optimization.engine.final_plots import INDEX_FILE, lacks_plots
from optimization.engine.recorder import TrialRecord
from optimization.engine.request import PlotMode
from optimization.engine.results import trial_name
from optimization.engine.trial import TrialState
from optimization.engine.trial_files import ARRAYS_FILE, PLOTS_FOLDER
from optimization.models import Job, Trial

CONTENT_TYPES = {
    "png": "image/png",
    "svg": "image/svg+xml",
    "gif": "image/gif",
    "json": "application/json",
}
"""By kind, which is also how the file's name ends."""


class PlotIndex(NamedTuple):
    """What visualization/figures wrote about a trial's plots: groups by name -> title, plots in order."""

    groups: dict[str, str]
    plots: list[dict[str, Any]]

    def file(self, name: str, kind: str) -> str | None:
        """The file of a plot in the plots folder; None where the index has no such plot, or not in this kind."""
        files = next((plot["files"] for plot in self.plots if plot["name"] == name), {})
        return f"{name}.{kind}" if files.get(kind) == f"{name}.{kind}" else None


def plots_folder(job: Job, number: int) -> str:
    """The name in the artifact store of a trial's folder of plots."""
    return f"{trial_name(job.run_name, number)}/{PLOTS_FOLDER}"


def plot_index(store: ArtifactStore, job: Job, number: int) -> PlotIndex | None:
    """None where no plot was drawn."""
    try:
        with store.open(f"{trial_name(job.run_name, number)}/{INDEX_FILE}") as file:
            index = json.load(file)
    except FileNotFoundError:
        return None
    return PlotIndex(index["groups"], index["plots"])


def gets_best_plots(job: Job, best: TrialRecord) -> bool:
    """Whether plots are still to be drawn of the trial that is its job's best."""
    return _mode(job) is not PlotMode.NONE and best.result is not None and lacks_plots(best.result.files)


def _mode(job: Job) -> PlotMode:
    """Jobs of a version without plots have none."""
    return PlotMode(job.request.get("create_trial_plots", PlotMode.NONE))


def why_no_plots(job: Job, trial: Trial) -> str:
    """A sentence for a trial without an index of plots."""
    mode = _mode(job)
    is_best = trial.number == job.best_trial_number
    if mode is PlotMode.NONE:
        return "This job was asked to draw no plots."
    if trial.confirms is not None:
        return f"It trains trial {trial.confirms} again on another seed; only that trial gets plots."
    if mode is PlotMode.BEST and not (is_best and job.is_finished):
        return "Only the best trial of this job gets plots, when the job ends."
    if not trial.is_finished:
        return "Plots are drawn when the trial ends."
    if trial.state != TrialState.COMPLETED:
        return "Only trials that ran to their end get plots."
    if ARRAYS_FILE not in ((trial.result or {}).get("files") or {}):
        return "The trial ended before it could record what plots are drawn from."
    if is_best and job.best_plots_due:
        return "They are being drawn."
    return "They could not be drawn; the trial's log says why."
