"""Our loop on trials that take no time, and Optuna on the same ones."""

import tempfile
import uuid
from collections.abc import Callable
from pathlib import Path

import optuna
from optuna.samplers import BaseSampler, RandomSampler, TPESampler
from optuna.storages import BaseStorage, JournalStorage, RDBStorage
from optuna.storages.journal import JournalFileBackend

from optimization.engine.config import OptimizationConfig
from optimization.engine.executors.base import Report
from optimization.engine.journal import JournalRecorder
from optimization.engine.model_config import ModelConfig
from optimization.engine.optimizer import ModelOptimizer
from optimization.engine.recorder import TrialRecord
from optimization.engine.request import Mode, Objective, Pruner, Sampler
from optimization.engine.results import make_run_name
from optimization.engine.search_space import HyperparameterSelector
from optimization.engine.trial import EpochReport, TrialResult, TrialSpec, TrialState, Verdict

Score = Callable[[ModelConfig], float]
"""What a model is worth, in [0, 1]."""

SEED = 0


def by_learning_rate(model: ModelConfig) -> float:
    return 1 / (1 + abs(model.learning_rate - 0.003))


class AtOnce:
    """An executor whose trials end before they begin."""

    def __init__(self, score: Score) -> None:
        self._score = score
        self._reports: list[Report] = []

    def free_slots(self) -> int:
        return 0 if self._reports else 1

    def submit(self, spec: TrialSpec) -> None:
        value = self._score(spec.model)
        self._reports += [_epoch(spec, value), _result(spec, value)]

    def poll(self, timeout_s: float) -> list[Report]:
        reports, self._reports = self._reports, []
        return reports

    def verdict(self, number: int, verdict: Verdict) -> None: ...

    def close(self) -> None: ...


def _epoch(spec: TrialSpec, value: float) -> EpochReport:
    return EpochReport(
        number=spec.number,
        attempt=spec.attempt,
        epoch=1,
        epochs=1,
        loss=1 - value,
        accuracy=value,
        val_loss=1 - value,
        val_accuracy=value,
        val_balanced_accuracy=value,
        learning_rate=spec.model.learning_rate,
        duration_s=0.0,
        ended_at=0.0,
    )


def _result(spec: TrialSpec, value: float) -> TrialResult:
    return TrialResult(
        number=spec.number,
        attempt=spec.attempt,
        state=TrialState.COMPLETED,
        epochs=1,
        val_accuracy=value,
        val_balanced_accuracy=value,
        majority_share=0.1,
        classes=10,
        parameters=1000,
    )


def configuration(folder: Path, *, trials: int, seed: int = SEED, **changes: object) -> OptimizationConfig:
    """A search for accuracy alone, without pruning: what Optuna does by itself."""
    values = {"mode": Mode.SIMPLE, "optimize_for": Objective.ACCURACY, "pruner": Pruner.NONE, "show_progress": False}
    return OptimizationConfig.from_dict(
        {
            "dataset_name": "digits",
            "trials": trials,
            "random_seed": seed,
            "results_dir": str(folder),
            **values,
            **changes,
        }
    )


def search(config: OptimizationConfig, score: Score = by_learning_rate) -> list[TrialRecord]:
    """With the journal that Python use has; the journal's records."""
    run_name = make_run_name(config.dataset_name, uuid.uuid4())
    recorder = JournalRecorder(config.results_path / run_name, config)
    ModelOptimizer(config, run_name=run_name, recorder=recorder, executor=AtOnce(score)).optimize_model()
    records = recorder.trials()
    recorder.close()
    return records


def optuna_search(
    config: OptimizationConfig, storage: BaseStorage | None = None, score: Score = by_learning_rate
) -> optuna.Study:
    """Optuna alone on the same search space."""
    selector = HyperparameterSelector(config)
    sampler: BaseSampler = TPESampler(seed=config.random_seed)
    if config.sampler is Sampler.RANDOM:
        sampler = RandomSampler(seed=config.random_seed)
    study = optuna.create_study(storage=storage, study_name="peer", direction="maximize", sampler=sampler)
    study.enqueue_trial(selector.space.default_params())
    study.optimize(lambda trial: score(selector.suggest_hyperparameters(trial).model), n_trials=config.trials)
    return study


def journal_file(folder: str) -> BaseStorage:
    return JournalStorage(JournalFileBackend(f"{folder}/optuna.log"))


def sqlite_file(folder: str) -> BaseStorage:
    return RDBStorage(f"sqlite:///{folder}/optuna.sqlite3")


def in_folder(work: Callable[[Path], float]) -> float:
    """What the work measures in a folder of its own."""
    with tempfile.TemporaryDirectory() as folder:
        return work(Path(folder))
