"""`automart engagement schemas`: print the schemas of events."""

import json

import typer

from cli.output import explain_errors
from core.engagement.schemas import gather_event_schemas, published_schemas


@explain_errors
def schemas_command() -> None:
    """Print the JSON schema of all events that apps send.

    Each type says its version (`x-version`), each field the version with which it came (`x-since`).

    Example: automart engagement schemas > events.schema.json
    """
    typer.echo(json.dumps(published_schemas(gather_event_schemas()), indent=2))
