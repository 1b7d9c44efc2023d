"""`automart leads watch`: show leads in the terminal as they arrive."""

import json
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any, Final

import httpx
import typer

from cli.options import Json
from cli.output import explain_errors, print_json
from cli.tables import printable
from core.errors import InvalidInputError

_PAUSE: Final = 1.0
_SILENCE: Final = 90.0
"""Seconds without even a heartbeat after which the connection counts as lost."""
_AGAIN: Final = frozenset({"access_changed", "too_slow", "database_unavailable"})


class RefusedByApiError(InvalidInputError):
    """The API refuses the token, or ends the connection for good."""

    code = "refused_by_api"


@explain_errors
def watch_command(
    token_file: Annotated[
        Path, typer.Option(help="File with an access token, or a service account's secret; - reads standard input.")
    ],
    url: Annotated[str, typer.Option(help="Address of the API.")] = "http://127.0.0.1:8000",
    org: Annotated[str | None, typer.Option(help="Code of the organisation, where you belong to several.")] = None,
    after: Annotated[str, typer.Option(help="Position to go on from, as an earlier run printed it with --json.")] = "",
    count: Annotated[int, typer.Option(min=0, help="End after so many events; 0: at Ctrl-C.")] = 0,
    as_json: Json = False,
) -> None:
    """Show leads, deposits and states of cars in the terminal as they happen, until Ctrl-C.

    After a lost connection it goes on where it was: nothing is missed or shown twice within 72 hours.
    Example: automart leads watch --token-file token.txt --org khan-motors
    """
    token = (sys.stdin.read() if str(token_file) == "-" else token_file.read_text("utf-8")).strip()
    if not token.isascii() or not token.isprintable() or not token:
        raise InvalidInputError("The file holds no token: one line as the login gave it.", code="bad_token_file")
    watcher = Watcher(url, {"Authorization": f"Bearer {token}"}, {} if org is None else {"org": org}, after)
    for shown, event in enumerate(watcher.events(), start=1):
        print_json(event) if as_json else typer.echo(printable(line_of(event)))
        if shown == count:
            return


class Watcher:
    """Reads events from the API, over as many connections as it takes."""

    def __init__(self, url: str, headers: dict[str, str], parameters: dict[str, str], after: str) -> None:
        self._url, self._headers, self._parameters, self._after = url, headers, parameters, after

    def events(self) -> Iterator[dict[str, Any]]:
        """Give events.

        Raises:
            RefusedByApiError: it makes no sense to try again.
        """
        while True:
            try:
                yield from self._connection()
            except httpx.InvalidURL as error:
                raise RefusedByApiError(f"--url is no address of an API: {error}.") from None
            except httpx.HTTPError as error:
                typer.echo(f"Connection lost ({type(error).__name__}); tried again.", err=True)
            time.sleep(_PAUSE)

    def _connection(self) -> Iterator[dict[str, Any]]:
        headers = self._headers | ({"Last-Event-ID": self._after} if self._after else {})
        waits = httpx.Timeout(10, read=_SILENCE)
        address = f"{self._url.rstrip('/')}/v1/live"
        with httpx.stream("GET", address, params=self._parameters, headers=headers, timeout=waits) as answer:
            if answer.is_client_error:
                raise RefusedByApiError(_detail(answer.read()))
            answer.raise_for_status()
            for line in answer.iter_lines():
                if line.startswith("data: "):
                    yield from self._taken(json.loads(line[6:]))

    def _taken(self, message: dict[str, Any]) -> Iterator[dict[str, Any]]:
        self._after = message.get("id") or message.get("position") or self._after
        if message["type"] == "event":
            yield message
        elif message["type"] == "end" and message["code"] not in _AGAIN:
            raise RefusedByApiError(message["detail"])
        elif message["type"] == "resync":
            typer.echo(message["detail"], err=True)


def _detail(content: bytes) -> str:
    try:
        found = json.loads(content)["detail"]
    except (ValueError, KeyError, TypeError):
        found = "The address does not answer as the API does; check --url."
    return str(found)


def line_of(event: dict[str, Any]) -> str:
    """Return an event as the terminal shows it."""
    data = event["data"]
    facts = " ".join(f"{name}={value}" for name, value in data.items() if value is not None)
    return f"{event['at'][11:19]} {event['topic']} {event['kind']} {event['subject_id']} {facts}"
