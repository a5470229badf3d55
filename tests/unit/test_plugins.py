"""Code of one's own: modules that are named, imported, and named again when they cannot be."""

from pathlib import Path

import pytest

from optimization.engine import ConfigError, OptimizationConfig, OptimizationRequest
from optimization.engine.builders import register_builder
from optimization.engine.datasets import finding
from optimization.engine.trial import TrialSpec
from tests.factories import trial_spec


def test_a_plugin_may_register_the_builder_that_is_asked_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str(tmp_path))
    (tmp_path / "plugin_with_builder.py").write_text(
        "from optimization.engine.builders import register_builder\nregister_builder('of_the_test', print)\n"
    )
    config = OptimizationConfig(dataset_name="digits", plugins=["plugin_with_builder"], model_builder="of_the_test")
    assert config.plugins == ("plugin_with_builder",)
    assert OptimizationConfig.from_dict(config.to_dict()) == config


def test_a_plugin_that_cannot_be_imported_is_named_with_the_reason(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.syspath_prepend(str(tmp_path))
    (tmp_path / "broken_plugin.py").write_text("1 / 0")
    with pytest.raises(ConfigError) as caught:
        OptimizationConfig(dataset_name="digits", plugins=("broken_plugin",))
    problem = "cannot import broken_plugin: ZeroDivisionError: division by zero"
    assert caught.value.errors == {"plugins": problem}


@pytest.mark.parametrize("plugins", ["own_data", ("../own_data",), ("",), (3,)])
def test_what_cannot_name_a_module_is_refused(plugins: object) -> None:
    with pytest.raises(ConfigError, match="plugins: must be a list of importable modules"):
        OptimizationConfig(dataset_name="digits", plugins=plugins)


def test_data_that_only_this_process_knows_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(finding._own_families, "digits", None)
    with pytest.raises(ConfigError, match="plugins: must name the module that registers digits"):
        OptimizationConfig(dataset_name="digits")


def test_a_builder_that_nothing_registers_is_refused() -> None:
    with pytest.raises(ConfigError, match="model_builder: must be one that the plugins register"):
        OptimizationConfig(dataset_name="digits", model_builder="nowhere")


@pytest.mark.parametrize("name", ["", "Big", "a-b", "../x"])
def test_a_builder_needs_a_plain_name(name: str) -> None:
    with pytest.raises(ValueError, match="a-z, 0-9"):
        register_builder(name, print)


@pytest.mark.parametrize("field", ["plugins", "model_builder"])
def test_a_request_cannot_name_code(field: str) -> None:
    with pytest.raises(ConfigError, match=f"{field}: is not a field"):
        OptimizationRequest.from_dict({"dataset_name": "digits", field: "os"})


def test_a_specification_takes_its_plugins_over_the_wire() -> None:
    spec = trial_spec(0, plugins=("own_data",), model_builder="two_scales")
    assert TrialSpec.from_dict(spec.to_dict()) == spec


def test_specifications_written_before_there_were_plugins_are_read() -> None:
    old = trial_spec(0).to_dict()
    del old["plugins"], old["model_builder"]
    assert TrialSpec.from_dict(old) == trial_spec(0)
