"""How commands speak: one JSON line for scripts, words for people, errors on stderr with an exit code."""

import json
from collections.abc import Callable
from functools import wraps
from typing import Any, ParamSpec, TypeVar

import typer
from pydantic import ValidationError

from core.errors import AutomartError, RetryableError

EXIT_REFUSED = 2
EXIT_TRY_AGAIN = 75  # EX_TEMPFAIL

P = ParamSpec("P")
R = TypeVar("R")


def print_json(value: Any) -> None:
    """One line of JSON on stdout."""
    typer.echo(json.dumps(value, ensure_ascii=False, default=str))


def explain_errors(command: Callable[P, R]) -> Callable[P, R]:
    """Turn the platform's errors into one sentence on stderr and an exit code; anything else stays a traceback."""

    @wraps(command)
    def wrapped(*args: P.args, **kwargs: P.kwargs) -> R:
        try:
            return command(*args, **kwargs)
        except AutomartError as error:
            typer.echo(f"Error ({error.code}): {error.detail}", err=True)
            raise typer.Exit(EXIT_TRY_AGAIN if isinstance(error, RetryableError) else EXIT_REFUSED) from error
        except ValidationError as error:
            problems = "; ".join(f"{'.'.join(map(str, e['loc']))}: {e['msg']}" for e in error.errors())
            typer.echo(f"Error (invalid_settings): {problems}.", err=True)
            raise typer.Exit(EXIT_REFUSED) from error

    return wrapped
