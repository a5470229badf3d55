"""Figures of whole jobs: every one that the trials allow, small, honest about chance, and saying what is missing."""

import dataclasses
import json
from collections.abc import Sequence

import pytest

from optimization.engine.recorder import TrialRecord
from optimization.engine.study_figures import drawing, health, leaders
from optimization.engine.study_figures.drawing import PLOTS, study_figures
from optimization.engine.study_figures.figure import Missing, StudyFigure, compact, on_paper, thinned
from optimization.engine.study_figures.hyperparameters import axis
from optimization.engine.study_figures.importance import Importances
from optimization.engine.study_figures.seen import Seen
from optimization.engine.trial import TrialState
from tests.made_up_search import SAMPLERS, config_of, searched
from tests.made_up_study import best_of, made_up_records, made_up_times

pytestmark = [
    pytest.mark.filterwarnings("ignore::optuna.exceptions.ExperimentalWarning"),
    pytest.mark.filterwarnings("ignore:PedAnova:UserWarning"),
]

SEVERAL = ("pareto_front", "hypervolume_history")
LARGEST_KB = 300


def drawn(records: Sequence[TrialRecord], **options: object) -> dict[str, StudyFigure]:
    return {figure.name: figure for figure in study_figures(records, **options)}


def size_kb(figure: StudyFigure) -> float:
    return len(json.dumps(figure.figure, allow_nan=False, separators=(",", ":"))) / 1000


@pytest.fixture(scope="module")
def forty() -> list[TrialRecord]:
    return made_up_records(40, confirmed=2)


@pytest.fixture(scope="module")
def figures(forty: list[TrialRecord]) -> dict[str, StudyFigure]:
    return drawn(forty, best=best_of(forty), times=made_up_times(forty))


def test_a_job_of_some_dozens_of_trials_has_all_figures_but_those_of_several_objectives(
    figures: dict[str, StudyFigure],
) -> None:
    assert [name for name, figure in figures.items() if figure.absent] == list(SEVERAL)
    assert all("one objective" in figures[name].absent for name in SEVERAL)
    assert all(figure.finding.endswith((".", ")")) for figure in figures.values() if not figure.absent)


def test_a_search_for_several_objectives_has_its_front_and_its_hypervolume() -> None:
    names = ("val_accuracy", "overall_health", "training_stability")
    for objectives, kind in ((names[:2], "scatter"), (names, "scatter3d")):
        seen = Seen(made_up_records(12, objectives=objectives))
        assert leaders.pareto_front(seen).figure["data"][0]["type"] == kind
        assert leaders.hypervolume_history(seen).trials > 5
    with pytest.raises(Missing, match="4 objectives"):
        leaders.pareto_front(Seen(made_up_records(12, objectives=[*names, "gradient_health"])))


def test_two_thousand_trials_make_small_figures_that_say_how_many_they_show() -> None:
    records = made_up_records(2000)
    found = drawn(records, best=best_of(records), times=made_up_times(records))
    assert max(map(size_kb, found.values())) < LARGEST_KB
    assert found["slice"].title == "Score by hyperparameter (300 of 1,717 trials)"
    for name in ("parallel_coordinate", "intermediate_values", "timeline", "health_slices"):
        assert " of " in found[name].title
    assert sum(len(trace["x"]) for trace in found["parallel_coordinate"].figure["data"]) < 5000  # type: ignore[index]


@pytest.mark.parametrize("sampler", SAMPLERS)
def test_trials_of_every_sampler_can_be_drawn(sampler: object) -> None:
    records = searched(config_of(sampler, trials=8, max_epochs_per_trial=2, pruner="none"))  # type: ignore[arg-type]
    found = drawn(records, best=0)
    failed = [figure.absent for figure in found.values() if "could not be drawn" in figure.absent]
    assert not failed
    assert found["optimization_history"].trials == 8


def test_few_trials_say_how_many_are_needed() -> None:
    found = drawn(made_up_records(1))
    assert found["importances"].absent == "This needs 12 completed trials; there is 1 so far."
    assert all(figure.absent.endswith(".") for figure in drawn([]).values())


def test_fixed_hyperparameters_are_in_no_figure() -> None:
    space = {"activation": {"fixed": "relu"}, "learning_rate": {"fixed": 0.001}}
    records = made_up_records(16, search_space=space)
    assert not {"Activation", "Learning rate"} & set(Seen(records).ranges)


def test_a_job_whose_hyperparameters_are_all_fixed_says_so(forty: list[TrialRecord]) -> None:
    fixed = [dataclasses.replace(record, params={}, distributions={}) for record in forty]
    found = drawn(fixed, best=0)
    for name in ("importances", "slice", "contour", "parallel_coordinate"):
        assert "all of them are fixed" in found[name].absent
    assert not found["optimization_history"].absent


def test_trials_that_never_ended_or_confirm_others_have_no_part_in_the_search(forty: list[TrialRecord]) -> None:
    running = dataclasses.replace(forty[5], state=TrialState.RUNNING)
    seen = Seen([*forty[:5], running, *forty[6:]])
    assert 5 not in seen.searched
    assert [record.confirms for record in seen.records.values() if record.number not in seen.searched] == [29] * 3 + [
        24
    ] * 3


def test_runs_on_other_seeds_stand_beside_the_score_that_chose_them(figures: dict[str, StudyFigure]) -> None:
    assert figures["seed_repeats"].trials == 6
    assert figures["seed_repeats"].finding.startswith("On other seeds trial 29 scores")


def test_hyperparameters_have_the_names_of_the_table_and_log_axes_where_they_are_searched_so(
    figures: dict[str, StudyFigure], forty: list[TrialRecord]
) -> None:
    bars = figures["importances"].figure["data"][0]  # type: ignore[index]
    assert "Learning rate" in bars["y"]
    assert "learning_rate" not in bars["y"]
    ranges = Seen(forty).ranges
    assert axis("Learning rate", ranges["Learning rate"])["type"] == "log"
    assert axis("Padding", ranges["Padding"])["categoryarray"] == ["same", "valid"]
    assert "type" not in axis("Momentum", ranges["Momentum"])


def test_what_was_made_to_matter_is_found_metric_by_metric() -> None:
    records = made_up_records(300)
    seen = Seen(records)
    importances = Importances(seen)
    assert importances.of_score.telling[0] == "Learning rate"
    assert set(importances.of_metrics["neuron_utilization"].telling[:2]) == {"Learning rate", "Activation"}
    assert importances.of_metrics["parameter_efficiency"].telling == ["Dense layers"]
    assert importances.of_metrics["accuracy_consistency"].telling == []
    assert health.health_importances(seen, importances).finding.startswith("Neuron utilization depends most on")


def test_a_metric_that_hardly_differs_is_left_out(forty: list[TrialRecord]) -> None:
    def perfect(record: TrialRecord) -> TrialRecord:
        if record.result is None or not record.result.health:
            return record
        best = dataclasses.replace(record.result.health["gradient_health"], value=1.0)
        health = {**record.result.health, "gradient_health": best}
        return dataclasses.replace(record, result=dataclasses.replace(record.result, health=health))

    assert "gradient_health" not in Importances(Seen([perfect(record) for record in forty])).of_metrics


def test_a_figure_that_fails_says_so_and_leaves_the_others(
    forty: list[TrialRecord], monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(*_: object) -> None:
        raise ValueError("no such thing")

    broken = [dataclasses.replace(plot, draw=fail) if plot.name == "edf" else plot for plot in PLOTS[:8]]
    monkeypatch.setattr(drawing, "PLOTS", broken)
    found = drawn(forty, best=best_of(forty))
    assert found["edf"].absent == "This figure could not be drawn: ValueError: no such thing"
    assert "Traceback" in caplog.text
    assert sum(not figure.absent for figure in found.values()) == 7


def test_trials_that_break_a_limit_are_never_the_best_so_far(forty: list[TrialRecord]) -> None:
    slow = [
        dataclasses.replace(record, violations={"max_latency_ms": "too slow"}) if record.number == 29 else record
        for record in forty
    ]
    found = drawn(slow, best=24)["optimization_history"]
    assert "trial 24" in found.finding
    assert [trace["name"] for trace in found.figure["data"]][:3] == ["Trial", "Best so far", "Breaks a limit"]  # type: ignore[index]


def test_thinning_keeps_what_must_be_seen_and_the_order_of_the_search() -> None:
    kept = thinned(range(1000), 50, [999, 3])
    assert len(kept) == 50
    assert {3, 999} <= set(kept)
    assert kept == sorted(kept)
    assert thinned([1, 2], 5) == [1, 2]


def test_numbers_travel_with_four_digits_and_nothing_that_is_no_number() -> None:
    assert compact({"x": [0.123456, float("nan"), 7], "y": None}) == {"x": [0.1235, None, 7]}


def test_on_paper_colours_stand_in_place_of_the_style_sheets_names(figures: dict[str, StudyFigure]) -> None:
    for figure in figures.values():
        assert "var(" not in json.dumps(on_paper(figure.figure))
