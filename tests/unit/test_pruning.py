"""Trials that fall behind, whatever the objective and the sampler; and how often giving them up is wrong."""

import dataclasses

import pytest

from optimization.engine.auditing import is_audited, pruning_in_words, pruning_report
from optimization.engine.judging import judged
from optimization.engine.recorder import BEST_THEN, PRUNED_AT, WOULD_BE_PRUNED_AT, TrialRecord
from optimization.engine.request import Pruner
from optimization.engine.study import Study
from optimization.engine.trial import TrialResult, TrialState
from tests.factories import trial_spec
from tests.made_up_search import MadeUpSearch, config_of, searched

PRUNERS = [pruner for pruner in Pruner if pruner is not Pruner.NONE]


@pytest.mark.parametrize("pruner", PRUNERS)
def test_each_pruner_prunes_and_says_why(pruner):
    records = searched(config_of(pruner=pruner, trials=20))
    pruned = [record for record in records if record.state is TrialState.PRUNED]
    assert pruned
    assert len(pruned) < len(records) - 3
    for record in pruned:
        assert f"after epoch {record.pruned_at} was" in record.reason
        assert max(record.intermediate) == record.pruned_at


def test_no_pruner_prunes_nothing():
    assert {record.state for record in searched(config_of(pruner="none"))} == {TrialState.COMPLETED}


@pytest.mark.parametrize("pruner", PRUNERS)
def test_no_trial_is_pruned_before_the_least_number_of_epochs_or_the_first_trials(pruner):
    config = config_of(pruner=pruner, min_epochs_per_trial=3, max_epochs_per_trial=10, trials=16)
    records = searched(config)
    pruned = [record for record in records if record.state is TrialState.PRUNED]
    assert pruned
    assert all(max(record.intermediate) >= 3 for record in pruned)
    assert min(record.number for record in pruned) >= config.startup_trials


@pytest.mark.parametrize("pruner", PRUNERS)
@pytest.mark.parametrize("rebuild", [False, True])
def test_how_late_a_verdict_arrives_changes_no_later_trial(pruner, rebuild):
    config = config_of(pruner=pruner, trials=10)
    prompt, tardy = searched(config), searched(config, rebuild=rebuild, late=2)
    assert any(len(slow.intermediate) > len(quick.intermediate) for quick, slow in zip(prompt, tardy, strict=True))
    assert [(r.params, r.state) for r in tardy] == [(r.params, r.state) for r in prompt]


@pytest.mark.parametrize("pruner", PRUNERS)
def test_the_pruner_looks_at_accuracy_whatever_the_objectives_are(pruner):
    states = []
    for wanted in ({}, {"optimize_for": "training_stability"}, {"objectives": ["overall_health", "val_accuracy"]}):
        config = config_of("random", pruner=pruner, **wanted)
        states.append([record.state for record in searched(config)])
    assert states[0] == states[1] == states[2]
    assert TrialState.PRUNED in states[0]


@pytest.mark.parametrize("pruner", PRUNERS)
@pytest.mark.parametrize("rebuild", [False, True])
def test_trials_that_run_at_once_are_pruned(pruner, rebuild):
    search = MadeUpSearch(config_of("random", pruner=pruner, trials=16, startup_trials=2), rebuild=rebuild)
    for first in range(0, 16, 4):
        running = [search.ask().number for _ in range(4)]
        for epoch in range(1, 5):
            behind = {number for number in running if search.report(number, epoch)}
            for number in behind:
                search.end(number, state=TrialState.PRUNED)
            running = [number for number in running if number not in behind]
        for number in running:
            search.end(number)
        assert len(search.records) == first + 4
    states = [record.state for record in search.records]
    assert {TrialState.PRUNED, TrialState.COMPLETED} == set(states)


@pytest.mark.parametrize("pruner", PRUNERS)
def test_a_lost_attempt_is_forgotten_and_the_others_that_run_are_not(pruner):
    search = MadeUpSearch(config_of("random", pruner=pruner, startup_trials=1))
    search.run(4)
    search.ask()
    search.ask()
    for epoch in (1, 2):
        search.report(4, epoch)
        search.report(5, epoch)
    kept = search.study.remembered(5)
    search.study.forget_attempt(4)
    assert search.study.remembered(4)["system_attrs"].keys() & {"completed_rung_0"} == set()
    assert search.study.remembered(5) == kept


@pytest.mark.parametrize("pruner", PRUNERS)
def test_what_others_did_since_is_not_held_against_earlier_epochs(pruner):
    """A loop that starts again knows more than the one that judged a trial's first epochs."""
    search = MadeUpSearch(config_of("random", pruner=pruner, startup_trials=1, trials=20))
    survivors = []
    while not survivors:
        number = search.ask().number
        if not search.report(number, 1) and number > 1:
            survivors.append(number)
        else:
            search.end(number)
    before = search.study.remembered(survivors[0])
    best = search.records[survivors[0]].intermediate[1] + 0.01
    better = [dataclasses.replace(ended(n, score=0.9), intermediate={1: best}) for n in range(survivors[0])]
    again = Study(search.config, [*better, search.records[survivors[0]]])
    assert not again.see_again(search.records[survivors[0]], 1)
    assert again.remembered(survivors[0])["user_attrs"] == before["user_attrs"]
    assert again.remembered(survivors[0])["system_attrs"] == before["system_attrs"]


DEAD = "98% of the units of conv_1 are dead"


@pytest.mark.parametrize("rebuild", [False, True])
def test_a_trial_whose_health_is_lost_is_pruned_and_says_why(rebuild):
    search = MadeUpSearch(config_of(pruner="none"), rebuild=rebuild)
    search.ask()
    assert not search.report(0, 1)
    assert search.report(0, 2, alarm=DEAD)
    record = search.end(0, state=TrialState.PRUNED)
    assert (record.state, record.pruned_at) == (TrialState.PRUNED, 2)
    assert record.reason == f"health: {DEAD} after epoch 2"


@pytest.mark.parametrize("changes", [{"mode": "simple"}, {"health_pruner": False}, {"min_epochs_per_trial": 3}])
def test_health_prunes_in_health_mode_only_and_not_before_its_time(changes):
    search = MadeUpSearch(config_of(pruner="none", **changes))
    search.ask()
    assert not search.report(0, 2, alarm=DEAD)


def test_the_last_epoch_is_too_late_to_prune_for_health():
    search = MadeUpSearch(config_of(pruner="none"))
    search.ask()
    assert not search.report(0, search.config.max_epochs_per_trial, alarm=DEAD)


def test_pruning_by_health_is_audited_like_the_other():
    search = MadeUpSearch(config_of(pruner="none", audited_share=1))
    search.ask()
    assert not search.report(0, 1, alarm=DEAD)
    record = search.end(0)
    assert (record.state, record.would_be_pruned_at) == (TrialState.COMPLETED, 1)
    assert record.reason == f"audited: would have been pruned after epoch 1: health: {DEAD} after epoch 1"


def test_a_loop_that_starts_again_heeds_an_alarm_that_came_before():
    search = MadeUpSearch(config_of(pruner="none", concurrent=True))
    search.ask()
    search.report(0, 1, alarm=DEAD)
    again = Study(search.config, [dataclasses.replace(search.records[0], user_attrs={})])
    assert again.see_again(search.records[0], 1)
    assert again.remembered(0)["user_attrs"]["pruned_at_epoch"] == 1


def test_a_verdict_of_a_loop_that_is_gone_is_still_a_pruning():
    record = TrialRecord(spec=trial_spec(3), intermediate={1: 0.5, 2: 0.6})
    told = TrialResult(number=3, attempt=1, state=TrialState.PRUNED, reason="pruned after 2 full epochs")
    assert judged(config_of(), record, told, None).pruned_at == 2
    diverged = dataclasses.replace(told, reason="diverged: the training loss")
    assert judged(config_of(), record, diverged, None).pruned_at is None


def test_a_pruned_trial_breaks_no_limit_that_was_not_measured():
    config = config_of(max_latency_ms=2)
    record = TrialRecord(spec=trial_spec(3), intermediate={1: 0.5})
    for state, known in ((TrialState.PRUNED, False), (TrialState.COMPLETED, True)):
        result = TrialResult(number=3, attempt=1, state=state, parameters=1000, majority_share=0.1, val_accuracy=0.5)
        attrs = judged(config, record, result, None).system_attrs
        assert ("constraints:max_latency_ms" in attrs) is known
        assert attrs["constraints:max_parameters"] < 0


def test_audited_trials_are_a_seeded_share():
    config = config_of(audited_share=0.2)
    audited = [is_audited(config, number) for number in range(2000)]
    assert 0.17 < sum(audited) / 2000 < 0.23
    assert audited == [is_audited(config, number) for number in range(2000)]
    assert audited != [is_audited(config_of(audited_share=0.2, random_seed=1), number) for number in range(2000)]
    assert not any(is_audited(config_of(audited_share=0), number) for number in range(2000))


@pytest.mark.parametrize("pruner", PRUNERS)
def test_an_audited_trial_runs_to_its_end_and_says_when_it_would_have_been_pruned(pruner):
    records = searched(config_of("random", pruner=pruner, audited_share=1, trials=16))
    assert {record.state for record in records} == {TrialState.COMPLETED}
    audited = [record for record in records if record.would_be_pruned_at is not None]
    assert audited
    for record in audited:
        assert len(record.intermediate) == 4
        assert f"would have been pruned after epoch {record.would_be_pruned_at}" in record.reason
        assert record.user_attrs[BEST_THEN] >= max(r.total_score for r in records[: record.number]) - 1e-12


def test_auditing_changes_nothing_before_the_first_audited_trial():
    with_none, with_some = (searched(config_of("random", audited_share=share, trials=20)) for share in (0, 0.3))
    first = next(record.number for record in with_some if record.would_be_pruned_at is not None)
    assert [r.to_dict() for r in with_some[:first]] == [r.to_dict() for r in with_none[:first]]


def ended(number: int, *, score: float = 0.5, epochs: int = 6, **changes: object) -> TrialRecord:
    result = TrialResult(number=number, attempt=1, state=TrialState.COMPLETED, epochs=epochs, training_s=3.0 * epochs)
    values = {
        "spec": trial_spec(number, max_epochs=6),
        "state": TrialState.COMPLETED,
        "total_score": score,
        "intermediate": dict.fromkeys(range(1, epochs + 1), 0.5),
        "result": result,
    }
    return TrialRecord(**(values | changes))


def audited(number: int, *, score: float, best: float | None) -> TrialRecord:
    return ended(number, score=score, user_attrs={WOULD_BE_PRUNED_AT: 2, BEST_THEN: best})


def pruned(number: int, *, at: int, epochs: int) -> TrialRecord:
    return ended(number, epochs=epochs, state=TrialState.PRUNED, total_score=None, user_attrs={PRUNED_AT: at})


def test_pruning_was_wrong_where_the_trial_would_have_become_the_best():
    report = pruning_report([ended(0), audited(1, score=0.7, best=0.6), audited(2, score=0.6, best=0.6)])
    assert (report.audited, report.wrong, report.wrong_share) == (2, 1, 0.5)


def test_of_one_audited_trial_nothing_is_concluded():
    report = pruning_report([ended(0), audited(1, score=0.7, best=0.6)])
    assert (report.wrong, report.wrong_share) == (1, None)
    assert "too few to say" in pruning_in_words(dataclasses.replace(report, pruned=1))


def test_a_trial_that_breaks_a_limit_would_not_have_been_the_best():
    broken = dataclasses.replace(audited(1, score=0.9, best=0.6), violations={"max_latency_ms": "too slow"})
    assert pruning_report([broken]).wrong == 0


def test_diverged_and_failed_trials_are_no_audit():
    diverged = ended(1, state=TrialState.PRUNED, reason="diverged", user_attrs={WOULD_BE_PRUNED_AT: 2})
    failed = ended(2, state=TrialState.FAILED, user_attrs={WOULD_BE_PRUNED_AT: 2})
    report = pruning_report([diverged, failed])
    assert (report.pruned, report.audited) == (0, 0)
    assert pruning_in_words(report) == "No trial was pruned."


def test_what_pruning_saved_is_what_was_not_trained():
    report = pruning_report([ended(0), pruned(1, at=2, epochs=2), pruned(2, at=2, epochs=3)])
    assert (report.pruned, report.epochs_saved, report.seconds_saved) == (2, 7, 21.0)
