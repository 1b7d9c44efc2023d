"""Print results as one JSON line for scripts, and errors as one sentence on stderr with an exit code."""

import json
import re
from collections.abc import Callable
from functools import wraps
from typing import ParamSpec, TypeVar

import typer
from pydantic import ValidationError

from cli.tables import printable
from core.errors import AutomartError, RetryableError

EXIT_REFUSED = 2
EXIT_TRY_AGAIN = 75  # EX_TEMPFAIL

P = ParamSpec("P")
R = TypeVar("R")

_SURROGATE = re.compile("[\ud800-\udfff]")


def print_json(value: object) -> None:
    """Print one line of JSON on stdout.

    Half a character (a lone surrogate: dealers' JSON files may hold one, file names too) is written as its escape,
    which every JSON parser reads; as UTF-8 it cannot be written at all.
    """
    line = json.dumps(value, ensure_ascii=False, default=str)
    typer.echo(_SURROGATE.sub(lambda found: f"\\u{ord(found[0]):04x}", line))


def explain_errors(command: Callable[P, R]) -> Callable[P, R]:
    """Turn the platform's errors into one sentence on stderr and an exit code; anything else stays a traceback."""

    @wraps(command)
    def wrapped(*args: P.args, **kwargs: P.kwargs) -> R:
        try:
            return command(*args, **kwargs)
        except AutomartError as error:
            retry = isinstance(error, RetryableError)
            raise _ended(error.code, error.detail, EXIT_TRY_AGAIN if retry else EXIT_REFUSED) from error
        except ValidationError as error:
            problems = "; ".join(f"{'.'.join(map(str, e['loc']))}: {e['msg']}" for e in error.errors())
            raise _ended("invalid_settings", f"{problems}.", EXIT_REFUSED) from error
        except OSError as error:
            if error.filename is None:  # of a socket or a pipe, and not of a file that a person could look at
                raise
            raise _ended("file_unusable", f"{str(error.filename)!a}: {error.strerror}.", EXIT_REFUSED) from error

    return wrapped


def _ended(code: str, sentence: str, exit_code: int) -> typer.Exit:
    typer.echo(printable(f"Error ({code}): {sentence}"), err=True)  # it may quote a dealer's file
    return typer.Exit(exit_code)
