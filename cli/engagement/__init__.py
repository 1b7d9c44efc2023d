"""`automart engagement`: events of shoppers, and what is counted of them."""

import typer

from cli.lazy import lazy_group

_COMMANDS = {
    "load": (
        "cli.engagement.load:load_command",
        "Load batches of events from a file of JSON lines, as apps post them; each event counts once.",
    ),
    "compact": (
        "cli.engagement.compact:compact_command",
        "Close the hours that are due, and move their events from the database to Parquet files.",
    ),
    "aggregate": (
        "cli.engagement.aggregate:aggregate_command",
        "Count the closed hours of a range of days, and the days whose hours are all counted.",
    ),
    "report": (
        "cli.engagement.report:report_command",
        "Report views, visitors, sessions, contacts and leads of counted hours in a range of days.",
    ),
    "funnel": (
        "cli.engagement.funnel:funnel_command",
        "Follow shoppers from search to sale in a range of days, with percentiles of the seconds to each step.",
    ),
    "trends": (
        "cli.engagement.trends:trends_command",
        "Name the searches of a range of days that found nothing, and the makes that were viewed most.",
    ),
    "explain": (
        "cli.engagement.explain:explain_command",
        "Say how many events of a listing counted on a day, and how many did not and why.",
    ),
    "schemas": (
        "cli.engagement.schemas:schemas_command",
        "Print the JSON schema of all events that apps send.",
    ),
}

app = typer.Typer(
    cls=lazy_group(_COMMANDS),
    help="Take in events of shoppers, and see what is counted of them.\n\n"
    "Example: automart engagement load batches.jsonl",
    no_args_is_help=True,
)


@app.callback()
def engagement() -> None:
    """Take in events of shoppers, and see what is counted of them."""
