"""`automart deposits sandbox`: a payment provider on the loopback, for trying deposits out."""

from typing import Annotated

import typer

from cli.output import explain_errors
from core.settings import load_settings
from pipelines.deposits.providers.sandbox_server import Misbehaviour, SandboxServer

Callbacks = Annotated[str | None, typer.Option("--callbacks", help="Where it notifies; default: this machine's API.")]


@explain_errors
def sandbox_command(
    port: Annotated[int, typer.Option(min=1, max=65_535, help="Where it listens.")] = 8099,
    callbacks: Callbacks = None,
    slow_seconds: Annotated[float, typer.Option(min=0, help="Wait so long before each answer.")] = 0.0,
    lose_refund_answers: Annotated[int, typer.Option(min=0, help="Number of refunds to do but answer with 500.")] = 0,
    refuse_refunds: Annotated[bool, typer.Option("--refuse-refunds", help="Refuse refunds.")] = False,
    pending_refunds: Annotated[bool, typer.Option("--pending-refunds", help="Leave refunds pending.")] = False,
    down: Annotated[bool, typer.Option("--down", help="Answer everything but POST /misbehave with 503.")] = False,
) -> None:
    """Run the sandbox provider on the loopback, until Ctrl-C.

    A buyer pays by POST /pay {"reference", "amount_pkr", "outcome": "paid|declined|pending", "callbacks": 1,
    "delay_seconds": 0, "claim_amount_pkr"}; the reference is the last part of the payment address before the "?".
    POST /misbehave changes how it behaves; GET /settlement.csv is its settlement file.
    Example: automart deposits sandbox --port 8099
    """
    settings = load_settings()
    url = callbacks or f"http://{settings.api_host}:{settings.api_port}/v1/payments/sandbox/callbacks"
    wrong = Misbehaviour(down, slow_seconds, lose_refund_answers, refuse_refunds, pending_refunds)
    server = SandboxServer(port, url, settings.payment_sandbox_secret.get_secret_value(), wrong)
    typer.echo(f"The sandbox provider listens at {server.url}, and calls back {url}.")
    try:
        server.serve_forever()
    except KeyboardInterrupt:
        typer.echo("Stopped.")
    finally:
        server.server_close()
