"""Search from the command line: no server, no queue, no database."""

import dataclasses
import json
import sys
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from rich.console import Console

from optimization.engine import ConfigError, ModelOptimizer, OptimizationRequest, create_optimization_config
from optimization.engine.errors import OptimizationError
from optimization.engine.findings import findings_in_words
from optimization.engine.journal import stored_config
from optimization.engine.optimization_result import OptimizationResult
from optimization.engine.results import improvement_in_words
from optimization.engine.rules import Flag
from optimization.engine.trial import JobState, to_json
from optimization.tables import trial_table

WRONG_INPUT = 2
NOT_COMPLETED = 1


class Command(BaseCommand):
    help = "Search for a good model of a data set in this process and its children."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        for field in dataclasses.fields(OptimizationRequest):
            _add_field(parser, field)
        parser.add_argument("--resume", metavar="RUN_NAME", help="Go on with an earlier run of this command.")
        parser.add_argument("--results-dir", default=settings.TUNEWELL_RESULTS_DIR, help="Folder of all runs.")
        parser.add_argument("--data-dir", help="Folder of data-set files; TUNEWELL_DATA_DIR if left out.")
        parser.add_argument("--json", action="store_true", help="Print the OptimizationResult as JSON on stdout.")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            optimizer = _optimizer(options)
            result = optimizer.optimize_model()
        except ConfigError as error:
            lines = [f"{name} ({_flags(name)[0]}): {problem}" for name, problem in error.errors.items()]
            raise CommandError("\n".join(lines), returncode=WRONG_INPUT) from error
        except OptimizationError as error:
            raise CommandError(str(error), returncode=NOT_COMPLETED) from error
        if options["json"]:
            self.stdout.write(to_json(result.to_dict()))
        else:
            _show(result)
        if result.state != JobState.COMPLETED:
            raise CommandError(f"{result.state}: {result.reason}", returncode=NOT_COMPLETED)


def _add_field(parser: CommandParser, field: dataclasses.Field[Any]) -> None:
    rule = field.metadata["rule"]
    about = f"{field.metadata['help']} Allowed: {rule.allowed}."
    value_optional = {"nargs": "?", "const": "true"} if isinstance(rule, Flag) else {}
    parser.add_argument(
        *_flags(field.name), dest=field.name, metavar="VALUE", help=about.replace("%", "%%"), **value_optional
    )


def _flags(name: str) -> list[str]:
    return (["--dataset"] if name == "dataset_name" else []) + ["--" + name.replace("_", "-")]


def _optimizer(options: dict[str, Any]) -> ModelOptimizer:
    if run_name := options["resume"]:
        stored = stored_config(Path(options["results_dir"]) / run_name)
        config = dataclasses.replace(stored, results_dir=str(options["results_dir"]))
        return ModelOptimizer(config, resume=run_name)
    names = [field.name for field in dataclasses.fields(OptimizationRequest)]
    asked = {name: options[name] for name in names if options[name] is not None}
    if isinstance(shares := asked.get("health_component_proportions"), str):
        asked["health_component_proportions"] = _shares(shares)
    request = OptimizationRequest.from_dict(asked)
    data_dir = str(Path(options["data_dir"]).resolve()) if options["data_dir"] else None
    config = create_optimization_config(request, results_dir=str(options["results_dir"]), data_dir=data_dir)
    return ModelOptimizer(config)


def _shares(text: str) -> Any:
    try:
        return json.loads(text)
    except json.JSONDecodeError as error:
        raise ConfigError({"health_component_proportions": f"must be a JSON object; {error}"}) from error


def _show(result: OptimizationResult) -> None:
    console = Console(file=sys.stdout, highlight=False)
    title = f"{result.run_name}  {result.dataset_size}".strip()
    console.print(trial_table(result.trial_rows, result.best_trial_number, title=title))
    console.print(improvement_in_words(result.best_trial_number, result.improvement, result.confirmation))
    for sentence in findings_in_words(result):
        console.print(sentence)
    if result.best_model_path:
        console.print(f"Best model: {result.best_model_path}", soft_wrap=True)
