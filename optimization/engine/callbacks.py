"""How a caller follows an optimization while it runs."""

from tqdm.auto import tqdm

from .config import OptimizationConfig
from .optimization_result import OptimizationResult
from .recorder import TrialRecord
from .trial import EpochReport


class OptimizationCallback:
    """Does nothing; override what you need. Called from the thread that runs optimize_model, in order."""

    def on_start(self, config: OptimizationConfig, run_name: str) -> None: ...

    def on_trial_start(self, record: TrialRecord) -> None: ...

    def on_epoch_end(self, report: EpochReport) -> None: ...

    def on_trial_end(self, record: TrialRecord) -> None: ...

    def on_end(self, result: OptimizationResult) -> None: ...


class ProgressBar(OptimizationCallback):
    """One tqdm bar, on stderr or in the notebook: finished trials, the running epoch, the best score so far."""

    def __init__(self, *, finished: int, best_score: float | None) -> None:
        """What a resumed run has already."""
        self._bar: tqdm | None = None
        self._finished, self._best = finished, best_score

    def on_start(self, config: OptimizationConfig, run_name: str) -> None:
        self._bar = tqdm(total=config.trials, initial=self._finished, unit="trial", desc=config.dataset_name)

    def on_epoch_end(self, report: EpochReport) -> None:
        if self._bar is not None:
            accuracy = "" if report.val_accuracy is None else f", validation accuracy {report.val_accuracy:.3f}"
            self._bar.set_postfix_str(f"trial {report.number} epoch {report.epoch}/{report.epochs}{accuracy}")

    def on_trial_end(self, record: TrialRecord) -> None:
        if self._bar is None:
            return
        self._bar.update(1 if record.counts else 0)
        if record.total_score is not None and (self._best is None or record.total_score > self._best):
            self._best = record.total_score
            self._bar.set_description(f"best score {self._best:.3f} (trial {record.number})")

    def on_end(self, result: OptimizationResult) -> None:
        if self._bar is not None:
            self._bar.close()
