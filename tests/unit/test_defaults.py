"""Each default's literal stands once: in OptimizationRequest, OptimizationConfig or ModelConfig."""

import ast
import dataclasses
from collections.abc import Iterator
from pathlib import Path
from typing import TypeGuard

import pytest

from optimization.engine.config import OptimizationConfig
from optimization.engine.model_config import ModelConfig
from optimization.engine.request import OptimizationRequest

ROOT = Path(__file__).parents[2]
ENGINE = ROOT / "optimization" / "engine"
OWNERS = {ENGINE / "request.py", ENGINE / "config.py", ENGINE / "model_config.py"}
ROOMS = ("accounts", "hpoproject", "optimization", "runpod_service", "visualization")
OTHERS = sorted(path for room in ROOMS for path in (ROOT / room).rglob("*.py") if path not in OWNERS)


def names_of(owner: type) -> set[str]:
    return {field.name for field in dataclasses.fields(owner)}


REQUEST = names_of(OptimizationRequest)
SYSTEM = {name for name in vars(OptimizationConfig)["__annotations__"] if name in names_of(OptimizationConfig)}
MODEL = names_of(ModelConfig)
OWNED = REQUEST | SYSTEM | MODEL
COUNTED_FROM_ZERO = {"trials"}
"""Names of a number that a request asks for, at least 1, and elsewhere of how many there are: 0 is no default of it."""


def is_literal(node: ast.expr | None) -> TypeGuard[ast.expr]:
    """A value written down, None apart: that is how "left out" is said."""
    if isinstance(node, ast.UnaryOp):
        return is_literal(node.operand)
    if isinstance(node, ast.Tuple | ast.List):
        return all(is_literal(item) for item in node.elts)
    return isinstance(node, ast.Constant) and node.value is not None


def parameters_with_defaults(node: ast.arguments) -> Iterator[tuple[str, ast.expr | None]]:
    positional = [*node.posonlyargs, *node.args]
    yield from zip((argument.arg for argument in reversed(positional)), reversed(node.defaults), strict=False)
    yield from zip((argument.arg for argument in node.kwonlyargs), node.kw_defaults, strict=True)


def keyword(call: ast.Call, *names: str) -> ast.expr | None:
    return next((item.value for item in call.keywords if item.arg in names), None)


def defaults_in_call(call: ast.Call) -> Iterator[tuple[str, ast.expr | None]]:
    """add_argument("--trials", default=50) and data.get("trials", 50)."""
    first = call.args[0] if call.args else None
    if not isinstance(first, ast.Constant) or not isinstance(first.value, str):
        return
    name = first.value.lstrip("-").replace("-", "_")
    yield name, keyword(call, "default", "initial")
    if isinstance(call.func, ast.Attribute) and call.func.attr == "get" and len(call.args) == 2:
        yield name, call.args[1]


def defaults_in_class(node: ast.ClassDef) -> Iterator[tuple[str, ast.expr | None]]:
    """trials = 50, trials: int = 50, trials = IntegerField(initial=50)."""
    for statement in node.body:
        if isinstance(statement, ast.AnnAssign):
            target: ast.expr = statement.target
        elif isinstance(statement, ast.Assign):
            target = statement.targets[0]
        else:
            continue
        value = statement.value
        if isinstance(value, ast.Call):
            value = keyword(value, "default", "initial")
        if isinstance(target, ast.Name):
            yield target.id, value


def restated(tree: ast.AST) -> list[str]:
    """Owned names that a file gives a default of its own, with the line."""
    found = []
    for node in ast.walk(tree):
        pairs: Iterator[tuple[str, ast.expr | None]] = iter(())
        if isinstance(node, ast.arguments):
            pairs = parameters_with_defaults(node)
        elif isinstance(node, ast.Call):
            pairs = defaults_in_call(node)
        elif isinstance(node, ast.ClassDef):
            pairs = defaults_in_class(node)
        found += [
            f"{name}, line {value.lineno}"
            for name, value in pairs
            if name in OWNED and value and is_literal(value) and not is_count_of_none(name, value)
        ]
    return found


def is_count_of_none(name: str, value: ast.expr) -> bool:
    return name in COUNTED_FROM_ZERO and isinstance(value, ast.Constant) and value.value == 0


def test_no_name_is_owned_twice() -> None:
    assert not REQUEST & MODEL
    assert not REQUEST & SYSTEM
    assert not SYSTEM & MODEL


def test_the_configuration_takes_the_requests_defaults_by_reference() -> None:
    request = OptimizationRequest(dataset_name="digits")
    config = OptimizationConfig(dataset_name="digits")
    assert {name: getattr(config, name) for name in REQUEST} == {name: getattr(request, name) for name in REQUEST}


@pytest.mark.parametrize("path", OTHERS, ids=lambda path: str(path.relative_to(ROOT)))
def test_nobody_else_states_a_default(path: Path) -> None:
    assert restated(ast.parse(path.read_text())) == []


@pytest.mark.parametrize(
    "source",
    [
        "def train(batch_size=32): ...",
        "def train(*, learning_rate=1e-3): ...",
        "parser.add_argument('--max-epochs-per-trial', default=6)",
        "data.get('trials', 50)",
        "class Form:\n    trials = IntegerField(initial=50)",
        "class Settings:\n    kernel_size: tuple[int, int] = (3, 3)",
    ],
)
def test_a_second_default_is_found(source: str) -> None:
    assert len(restated(ast.parse(source))) == 1
