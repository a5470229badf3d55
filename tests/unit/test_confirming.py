"""The winner's curse: the best trials are ranked by new runs that had no part in choosing them."""

import dataclasses
import statistics

import pytest
from scipy.stats import t

from optimization.engine.confirming import STUDENTS_T, confirmations, confirming_trial, is_confirmed, still_to_confirm
from optimization.engine.ending import has_run_all, next_to_confirm, searches
from optimization.engine.recorder import TrialRecord
from optimization.engine.results import leaders, outcome_of
from optimization.engine.trial import TrialResult, TrialState
from tests.factories import trial_spec
from tests.made_up_search import config_of

CONFIG = config_of(trials=4, confirm_top_k=2, confirm_seeds=2)


def completed(number: int, score: float, **changes: object) -> TrialRecord:
    result = TrialResult(number=number, attempt=1, state=TrialState.COMPLETED, test_accuracy=score / 2)
    values = {"spec": trial_spec(number), "state": TrialState.COMPLETED, "total_score": score, "result": result}
    return TrialRecord(**(values | changes))


SEARCH = [completed(0, 0.5), completed(1, 0.9), completed(2, 0.8), completed(3, 0.7)]


def confirmed(records: list[TrialRecord], *scores: float) -> list[TrialRecord]:
    """The records with further runs of these scores, as the loop would ask for them."""
    records = list(records)
    for score in scores:
        leader = next_to_confirm(CONFIG, records)
        assert leader is not None
        run = confirming_trial(CONFIG, leader, len(records))
        records.append(dataclasses.replace(completed(run.number, score), spec=run.spec, confirms=run.confirms))
    return records


def test_nothing_is_confirmed_before_the_search_has_ended():
    assert next_to_confirm(CONFIG, SEARCH[:3]) is None
    running = [*SEARCH[:3], TrialRecord(spec=trial_spec(3), state=TrialState.RUNNING)]
    assert next_to_confirm(CONFIG, running) is None


def test_it_is_off_by_default():
    config = config_of(trials=4)
    assert leaders(config, SEARCH) == []
    assert next_to_confirm(config, SEARCH) is None
    assert has_run_all(config, SEARCH)


def test_the_best_are_trained_again_in_turn_on_other_seeds():
    records = confirmed(SEARCH, 0.6, 0.7, 0.6, 0.7)
    runs = records[4:]
    assert [run.confirms for run in runs] == [1, 2, 1, 2]
    assert len({record.spec.seed for record in records}) == len(records)
    assert [run.spec.model for run in runs] == [SEARCH[run.confirms or 0].spec.model for run in runs]
    assert {run.spec.split_seed for run in runs} == {0}
    assert next_to_confirm(CONFIG, records) is None
    assert has_run_all(CONFIG, records)


def test_the_runs_do_not_count_towards_the_trials():
    records = confirmed(SEARCH, 0.6)
    assert not searches(CONFIG, records)
    assert not has_run_all(CONFIG, records)
    assert searches(dataclasses.replace(CONFIG, trials=5), records)
    running = [*SEARCH, confirming_trial(CONFIG, SEARCH[1], 4)]
    assert searches(dataclasses.replace(CONFIG, trials=5), running)


def test_the_best_is_the_one_with_the_higher_mean_once_all_have_run():
    assert outcome_of(CONFIG, confirmed(SEARCH, 0.6, 0.7, 0.6)).best_trial_number == 1
    outcome = outcome_of(CONFIG, confirmed(SEARCH, 0.6, 0.7, 0.65, 0.75))
    assert outcome.best_trial_number == 2
    assert (outcome.best_total_score, outcome.test_accuracy) == (0.8, 0.4)  # its own model is the final one
    assert [row.number for row in outcome.confirmation] == [2, 1]
    assert [row.scores for row in outcome.confirmation] == [(0.7, 0.75), (0.6, 0.65)]
    assert [row.score for row in outcome.confirmation] == [0.8, 0.9]


def test_the_interval_is_students_over_the_new_runs_alone():
    records = [*SEARCH, *(completed(4 + n, score, confirms=1) for n, score in enumerate((0.6, 0.7, 0.65)))]
    (row,) = confirmations([SEARCH[1]], records)
    low, high = t.interval(0.95, 2, loc=statistics.fmean(row.scores), scale=statistics.stdev(row.scores) / 3**0.5)
    assert (row.mean, row.low, row.high) == pytest.approx((0.65, low, high), abs=1e-4)
    assert pytest.approx(t.ppf(0.975, range(1, 20)), abs=1e-3) == STUDENTS_T


def test_one_run_has_a_mean_and_no_interval():
    (row,) = confirmations([SEARCH[1]], [*SEARCH, completed(4, 0.6, confirms=1)])
    assert (row.mean, row.low, row.high) == (0.6, None, None)


def test_a_failed_run_is_not_repeated_and_a_stopped_one_is():
    failed = TrialRecord(spec=trial_spec(4), state=TrialState.FAILED, confirms=1)
    stopped = TrialRecord(spec=trial_spec(5), state=TrialState.STOPPED, confirms=2)
    records = [*SEARCH, failed, stopped]
    leader = still_to_confirm(CONFIG, leaders(CONFIG, records), records)
    assert leader is not None
    assert leader.number == 2


def test_a_leader_whose_runs_all_failed_comes_last():
    failed = [TrialRecord(spec=trial_spec(n), state=TrialState.FAILED, confirms=1) for n in (4, 5)]
    good = [completed(n, 0.1, confirms=2) for n in (6, 7)]
    records = [*SEARCH, *failed, *good]
    assert is_confirmed(CONFIG, leaders(CONFIG, records), records)
    assert outcome_of(CONFIG, records).best_trial_number == 2


def test_a_trial_that_breaks_a_limit_is_not_confirmed():
    slow = [SEARCH[0], dataclasses.replace(SEARCH[1], violations={"max_latency_ms": "too slow"}), *SEARCH[2:]]
    assert [record.number for record in leaders(CONFIG, slow)] == [2, 3]
