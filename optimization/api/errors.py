"""What the API says when it says no: {"errors": {field: message}, "detail": sentence}."""

from typing import Any

from rest_framework import exceptions, status
from rest_framework.response import Response
from rest_framework.views import exception_handler

from optimization.engine.errors import ConfigError
from optimization.services import NotPossible


class NotThereYet(exceptions.NotFound):
    """The thing will exist later; the message says what it waits for."""


def answer(error: Exception, context: dict[str, Any]) -> Response | None:
    """The response to an exception in a view; None for what is a defect of ours."""
    if isinstance(error, ConfigError):
        return Response({"errors": error.errors, "detail": str(error)}, status=status.HTTP_400_BAD_REQUEST)
    if isinstance(error, NotPossible):
        return Response({"errors": {}, "detail": str(error)}, status=status.HTTP_409_CONFLICT)
    response = exception_handler(error, context)
    if response is not None:
        response.data = _in_our_shape(response.data)
    return response


def _in_our_shape(data: Any) -> dict[str, Any]:
    if isinstance(data, dict) and "detail" in data:
        return {"errors": {}, "detail": str(data["detail"])}
    problems = data if isinstance(data, dict) else {"body": data}
    errors = {field: _sentence(problem) for field, problem in problems.items()}
    return {"errors": errors, "detail": "; ".join(f"{field}: {text}" for field, text in errors.items())}


def _sentence(problem: Any) -> str:
    return " ".join(map(str, problem)) if isinstance(problem, list) else str(problem)
