"""The loop: ask, hand over, listen, prune, score, tell."""

import dataclasses
import gc
import json
import threading
import uuid
from collections.abc import Sequence
from typing import Any

from . import datasets
from .artifacts import ArtifactStore, FolderStore
from .asking import spec_of
from .callbacks import OptimizationCallback, ProgressBar
from .config import OptimizationConfig
from .confirming import confirming_trial
from .ending import counted, has_run_all, next_to_confirm, searches, why_no_best
from .errors import ConfigError
from .executors.base import Executor
from .executors.local import LocalExecutor
from .failures import repeated_failure
from .final_plots import add_plots
from .interruption import interruption
from .journal import JournalRecorder
from .judging import judged
from .optimization_result import OptimizationResult, optimization_result
from .recorder import DRAWN_PARAMETERS, SAMPLER_FAILED, Recorder, TrialRecord
from .request import PlotMode
from .results import (
    make_run_name,
    outcome_of,
    publish_final_model,
    trial_name,
)
from .resuming import check_resumable
from .scoring import is_relative
from .search_space import HyperparameterSelector
from .study import Study
from .trial import WIRE_VERSION, EpochReport, JobState, TrialLost, TrialResult, TrialState, Verdict
from .versions import versions

POLL_S = 1.0
TRIALS_PER_COLLECTION = 10


class ModelOptimizer:
    """Searches for the best model of a data set.

    ModelOptimizer(config).optimize_model() is all a notebook needs: a journal in the run folder records,
    children of this process train. The portal gives its own recorder and executor, and calls step().
    """

    def __init__(
        self,
        config: OptimizationConfig,
        *,
        resume: str | None = None,
        run_name: str | None = None,
        recorder: Recorder | None = None,
        executor: Executor | None = None,
        store: ArtifactStore | None = None,
        resumed_at_trial: int = 0,
    ) -> None:
        """resume: name of a run in the results folder to go on with, after a kill or a stop. It must have been started
        with the same config, limits and places apart; more trials may be asked for.
        resumed_at_trial: trials below this number failed before somebody resumed the job; failures count anew.
        """
        if resume is not None:
            check_resumable(config, resume)
        self.config = config
        self.run_name = resume or run_name or make_run_name(config.dataset_name, uuid.uuid4())
        self._store = store or FolderStore(config.results_path)
        self._own_journal: JournalRecorder | None = None
        self._recorder = recorder or self._open_journal()
        self._executor = executor or self._local_executor()
        self._callbacks: list[OptimizationCallback] = []
        self._selector = HyperparameterSelector(config)
        self._records = {record.number: record.without_evidence() for record in self._recorder.trials()}
        self._study = Study(config, self.trials, self._recorder.study_attrs())
        self._resumed_at_trial = resumed_at_trial if resume is None else self._first_open_number()
        self._begun = False
        self._interrupted = threading.Event()
        self.is_paused = False
        """While true no new trial is asked for; running ones go on. Set by whoever calls step()."""
        self._stopping: str | None = None
        self._stopped_state = JobState.STOPPED
        self._dataset_size = ""
        self.state = JobState.RUNNING
        self.reason = ""
        self.outcome = outcome_of(config, self.trials)

    @property
    def trials(self) -> list[TrialRecord]:
        return [self._records[number] for number in sorted(self._records)]

    def optimize_model(self, callbacks: Sequence[OptimizationCallback] = ()) -> OptimizationResult:
        """Run to the end. Ctrl-C stops cleanly and returns what there is.

        callbacks: told of what happens, in this order; what one raises ends the run, which can be resumed.
        """
        bar = ProgressBar(finished=counted(self.trials), best_score=self.outcome.best_total_score)
        self._callbacks = [*callbacks, *([bar] if self.config.show_progress else [])]
        self._notify("on_start", self.config, self.run_name)
        try:
            with interruption(self._interrupted.set):
                while self.step():
                    if self._interrupted.is_set():
                        self.request_stop(now=True, reason="stopped by Ctrl-C")
            result = self.result()
        finally:
            self.close()
        self._notify("on_end", result)
        return result

    def step(self, wait_s: float = POLL_S) -> bool:
        """One turn: ask for what there is room for, take in what happened. True while there is more to do.

        Can be interrupted at any point and taken up by another process from the record.
        """
        if not self._begun:
            self._begin()
        self._check_time()
        self._ask_what_there_is_room_for()
        if self._unfinished():
            for report in self._executor.poll(wait_s):
                self._take(report)
        if self._unfinished() or self._wants_more():
            return True
        self._finish()
        return False

    def request_stop(self, *, now: bool, reason: str = "", state: JobState = JobState.STOPPED) -> None:
        """Ask no new trial; with `now`, end the running ones too. Safe to repeat.

        state: what the job ends in when fewer trials than asked for were run.
        """
        if self._stopping is None:
            self._stopping = reason or ("stopped" if now else "stopped after the running trials")
            self._stopped_state = state
            self._recorder.job_state(JobState.STOPPING, reason=self._stopping)
        if now:
            for record in self._unfinished():
                self._executor.verdict(record.number, Verdict.STOP)

    def result(self) -> OptimizationResult:
        """What is known now; complete after the last step."""
        return optimization_result(
            self.trials,
            self.outcome,
            results_path=self.config.results_path,
            run_name=self.run_name,
            state=self.state.value,
            reason=self.reason,
            duration_s=self._recorder.elapsed_s(),
            dataset_size=self._dataset_size,
        )

    def close(self) -> None:
        """Give up the executor and, in Python use, the journal."""
        self._executor.close()
        if self._own_journal is not None:
            self._own_journal.close()

    def _open_journal(self) -> JournalRecorder:
        datasets.check_available(self.config.dataset_name, self.config.data_dir)  # before anything is written
        self._own_journal = JournalRecorder(self.config.results_path / self.run_name, self.config)
        return self._own_journal

    def _local_executor(self) -> LocalExecutor:
        if self._own_journal is None:
            raise ConfigError({"executor": "is required where a recorder is given"})
        slots = self.config.concurrent_workers if self.config.concurrent else 1
        return LocalExecutor(self._store, self._own_journal, slots=slots)

    def _begin(self) -> None:
        """Take up what the record holds; everything here can be repeated."""
        config = self.config
        self._dataset_size = datasets.ensure(config.dataset_name, config.data_dir, progress=config.show_progress)
        self._write_manifest()
        self._recorder.job_state(self._running_state(), reason=self._stopping or "", outcome=self.outcome)
        self._begun = True
        self._check_failures()
        for known in self._unfinished():
            spec = dataclasses.replace(known.spec, **config.limits_and_places)
            record = self._records[known.number] = dataclasses.replace(known, spec=spec)
            if record.spec.attempt > config.max_attempts:
                self._give_up(record, "its process was lost")
            else:
                self._submit(record)
                self._catch_up(record)

    def _unfinished(self) -> list[TrialRecord]:
        return [record for record in self.trials if not record.state.is_finished]

    def _may_ask(self) -> bool:
        return not self.is_paused and self._wants_more()

    def _wants_more(self) -> bool:
        return self._stopping is None and (
            searches(self.config, self.trials) or next_to_confirm(self.config, self.trials) is not None
        )

    def _first_open_number(self) -> int:
        return next((record.number for record in self._unfinished()), len(self._records))

    def _ask_what_there_is_room_for(self) -> None:
        while self._may_ask() and self._executor.free_slots() > 0 and not self._waits_for_baseline():
            leader = None if searches(self.config, self.trials) else next_to_confirm(self.config, self.trials)
            record = self._ask() if leader is None else self._confirm(leader)
            self._recorder.trial_asked(record)
            self._recorder.save_study_attrs(self._study.attrs)
            self._records[record.number] = record
            self._notify("on_trial_start", record)
            self._submit(record)

    def _ask(self) -> TrialRecord:
        trial = self._study.ask()
        suggestion = self._selector.suggest_hyperparameters(trial)
        trial.set_user_attr(DRAWN_PARAMETERS, suggestion.parameters)
        remembered = self._study.remembered(trial.number)
        failure = remembered["user_attrs"].get(SAMPLER_FAILED)
        return TrialRecord(
            spec=spec_of(self.config, self.run_name, trial.number, suggestion),
            repairs=suggestion.repairs,
            fallbacks={**suggestion.fallbacks, **({"sampler": failure} if failure else {})},
            **remembered,
        )

    def _confirm(self, leader: TrialRecord) -> TrialRecord:
        self._study.pass_over()
        return confirming_trial(self.config, leader, len(self._records))

    def _waits_for_baseline(self) -> bool:
        """Objectives relative to trial 0 cannot score a trial before it."""
        objectives = [self.config.optimize_for, *(self.config.objectives or ())]
        return any(map(is_relative, objectives)) and any(r.number == 0 for r in self._unfinished())

    def _submit(self, record: TrialRecord) -> None:
        """To be trained, unless no repair could bring it within the limits: then it has failed already."""
        if reason := self._selector.rejection(record.spec.model):
            self._close_trial(dataclasses.replace(record, state=TrialState.FAILED, reason=reason))
        else:
            self._executor.submit(record.spec)

    def _take(self, report: EpochReport | TrialResult | TrialLost) -> None:
        record = self._records[report.number]
        if record.state.is_finished or report.attempt != record.spec.attempt:
            return
        match report:
            case EpochReport():
                self._take_epoch(record, report)
            case TrialResult():
                self._take_result(record, report)
            case TrialLost():
                self._take_loss(record, report)

    def _take_epoch(self, record: TrialRecord, report: EpochReport) -> None:
        if report.epoch in record.intermediate:
            return
        accuracy = 0.0 if report.val_accuracy is None else report.val_accuracy
        self._records[record.number] = dataclasses.replace(
            record,
            state=TrialState.RUNNING,
            intermediate={**record.intermediate, report.epoch: accuracy},
            alarms={**record.alarms, report.epoch: report.alarm} if report.alarm else record.alarms,
        )
        self._notify("on_epoch_end", report)
        self._prune_if_given_up(self._records[record.number], report.epoch)

    def _catch_up(self, record: TrialRecord) -> None:
        """Look at the epochs of a running trial, some of which may have come while nobody ran the loop.

        Where several trials run at once, only at the last with today's eyes: the others have gone on since.
        """
        for epoch in sorted(record.intermediate):
            if self.config.concurrent and epoch < max(record.intermediate) and record.confirms is None:
                if self._study.see_again(record, epoch):
                    self._executor.verdict(record.number, Verdict.PRUNE)
            else:
                self._prune_if_given_up(record, epoch)

    def _prune_if_given_up(self, record: TrialRecord, epoch: int) -> None:
        if record.confirms is not None:
            return  # it is to be compared with whole trials
        if self._study.gives_up(record, epoch):
            self._executor.verdict(record.number, Verdict.PRUNE)

    def _take_result(self, record: TrialRecord, result: TrialResult) -> None:
        if record.confirms is None:
            record = dataclasses.replace(record, **self._study.remembered(record.number))
        self._close_trial(judged(self.config, record, result, self._baseline()))

    def _baseline(self) -> TrialResult | None:
        """Trial 0's result, or the first completed trial's where the default model itself failed."""
        return next((r.result for r in self.trials if r.state is TrialState.COMPLETED), None)

    def _take_loss(self, record: TrialRecord, loss: TrialLost) -> None:
        if self._stopping is not None:
            self._close_trial(dataclasses.replace(record, state=TrialState.STOPPED, reason=loss.reason))
        elif record.spec.attempt >= self.config.max_attempts:
            self._give_up(record, loss.reason)
        else:
            spec = record.spec.next_attempt()
            self._recorder.trial_retried(spec, loss.reason)
            self._records[record.number] = dataclasses.replace(
                record, spec=spec, state=TrialState.QUEUED, intermediate={}, alarms={}
            )
            if record.confirms is None:
                self._study.forget_attempt(record.number)
            self._executor.submit(spec)

    def _give_up(self, record: TrialRecord, reason: str) -> None:
        reason = f"lost {self.config.max_attempts} times, last: {reason}"
        self._close_trial(dataclasses.replace(record, state=TrialState.FAILED, reason=reason))

    def _close_trial(self, record: TrialRecord) -> None:
        self._recorder.trial_finished(record)
        self._records[record.number] = record
        if record.confirms is None:
            self._study.tell(record)
        if record.state is TrialState.COMPLETED:
            self.outcome = outcome_of(self.config, self.trials)
            self._recorder.job_state(self._running_state(), reason=self._stopping or "", outcome=self.outcome)
        self._notify("on_trial_end", record)
        self._records[record.number] = record.without_evidence()
        if record.number % TRIALS_PER_COLLECTION == 0:
            gc.collect()  # Optuna's trials and their study refer to each other; left alone, they add up for long
        self._check_failures()

    def _check_failures(self) -> None:
        """Stop when the same thing fails again and again."""
        if reason := repeated_failure([r for r in self.trials if r.number >= self._resumed_at_trial]):
            self.request_stop(now=True, reason=reason, state=JobState.FAILED)

    def _running_state(self) -> JobState:
        return JobState.RUNNING if self._stopping is None else JobState.STOPPING

    def _check_time(self) -> None:
        hours = self.config.timeout_hours
        if hours is not None and self._stopping is None and self._recorder.elapsed_s() > hours * 3600:
            self.request_stop(now=True, reason=f"the time limit of {hours:g} h is reached")

    def _finish(self) -> None:
        outcome = outcome_of(self.config, self.trials)
        best = None if outcome.best_trial_number is None else self._records[outcome.best_trial_number]
        path = None
        if best is not None and best.result is not None and best.result.model_file is not None:
            self._draw_if_it_lacks_plots(best.number)
            path = publish_final_model(self._store, self.run_name, self.config.dataset_name, best)
        self.outcome = dataclasses.replace(outcome, best_model_path=path)
        self.state, self.reason = self._end(best)
        self._recorder.job_state(self.state, reason=self.reason, outcome=self.outcome)

    def _draw_if_it_lacks_plots(self, number: int) -> None:
        """Before the best trial's files are copied, so that the final model has its plots beside it."""
        if self.config.create_trial_plots is PlotMode.NONE:
            return
        files = add_plots(self._store, trial_name(self.run_name, number), give_up=self._interrupted.is_set)
        if files:
            self._recorder.trial_files(number, files)

    def _end(self, best: TrialRecord | None) -> tuple[JobState, str]:
        if self._stopping is not None and not has_run_all(self.config, self.trials):
            return self._stopped_state, self._stopping
        if best is None:
            return JobState.FAILED, why_no_best(self.trials)
        return JobState.COMPLETED, ""

    def _write_manifest(self) -> None:
        manifest = {
            "version": WIRE_VERSION,
            "run_name": self.run_name,
            "dataset_name": self.config.dataset_name,
            "dataset_size": self._dataset_size or "complete",
            "config": self.config.to_dict(),
            "versions": versions(),
        }
        self._store.write(f"{self.run_name}/manifest.json", (json.dumps(manifest, indent=2) + "\n").encode())

    def _notify(self, name: str, *arguments: Any) -> None:
        for callback in self._callbacks:
            getattr(callback, name)(*arguments)
