"""`automart webhooks`: the events that partners can subscribe to, and a receiver that verifies messages."""

import json
import threading
from contextlib import suppress
from typing import Annotated

import typer

from cli.options import Json
from cli.output import explain_errors, print_json
from cli.tables import print_table

app = typer.Typer(
    help="See the events that partners can subscribe to, and receive messages.\n\nExample: automart webhooks events",
    no_args_is_help=True,
)


@app.callback()
def webhooks() -> None:
    """See the events that partners can subscribe to, and receive messages."""


@app.command()
@explain_errors
def events(as_json: Json = False) -> None:
    """List the events with what they tell; with --json their schemas and examples.

    Example: automart webhooks events
    """
    from serving.webhooks.catalogue import describe_events

    found = describe_events()
    if as_json:
        print_json(found)
        return
    rows = [
        (each["name"], each["says"], ", ".join(each["schema"]["properties"]["data"]["properties"])) for each in found
    ]
    print_table(("event", "sent when", "data"), rows)


@app.command()
@explain_errors
def receive(
    secret: Annotated[str, typer.Option("--secret", help="The webhook's secret, whsec_…")],
    port: Annotated[int, typer.Option(min=0, max=65535, help="On loopback; 0 for a free one.")] = 9000,
    as_json: Json = False,
) -> None:
    """Receive messages on this machine, verify and print them, until Ctrl-C.

    The platform sends there once OUTBOUND_ALLOW_HOSTS names 127.0.0.1.
    Example: automart webhooks receive --port 0 --secret whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSwyGPGZ8DPqYk= &
    """
    from serving.webhooks.receiving import Received, make_receiver

    lock = threading.Lock()

    def print_received(received: Received) -> None:
        with lock:
            if as_json:
                typer.echo(json.dumps(vars(received), ensure_ascii=False))
            else:
                verdict = received.problem or "verified"
                typer.echo(f"{received.webhook_id}: {verdict}: {json.dumps(received.body, ensure_ascii=False)}")

    with make_receiver(port, secret, print_received) as server:
        typer.echo(f"Listening on http://127.0.0.1:{server.server_address[1]}", err=True)
        with suppress(KeyboardInterrupt):
            server.serve_forever()
