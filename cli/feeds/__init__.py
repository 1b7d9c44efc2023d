"""`automart feeds`: import dealers' files, report on them, and decide about them."""

import typer

from cli.lazy import lazy_group

_COMMANDS = {
    "import": ("cli.feeds.importing:import_command", "Import one file into a dealer's listings."),
    "diff": (
        "cli.feeds.diff:diff_command",
        "Show which cars a file would create, update (column: old -> new) and remove. Nothing is changed.",
    ),
    "mappings": ("cli.feeds.files:mappings", "List the mappings: the formats that files can be read by."),
    "files": ("cli.feeds.files:files", "List delivered files, newest first, with their status and counts."),
    "rejects": (
        "cli.feeds.files:rejects",
        "List the rows of a file that did not become listings, and why. Row 1 is the first after the header.",
    ),
    "origin": (
        "cli.feeds.files:origin",
        "Tell which file, row, mapping version and run made a listing what it is, and which file removed it.",
    ),
    "report": (
        "cli.feeds.report:report",
        "Report on a dealer's deliveries: counts, trend, rejects and how to mend them, files that wait for approval.",
    ),
    "replay": (
        "cli.feeds.decisions:replay",
        "Read a stored file again with the present mapping, and touch only what that changes.",
    ),
    "approve": (
        "cli.feeds.decisions:approve",
        "Remove the cars that were kept because a full feed lacked too many of them. Cars named since then stay.",
    ),
    "undo": (
        "cli.feeds.decisions:undo",
        "Bring back the cars that a file removed. Cars that a newer file calls sold or removed again stay removed.",
    ),
    "confirm-price": (
        "cli.feeds.prices:confirm_price",
        "Keep a dealer's word that a price is right which is far from what such cars cost.",
    ),
    "price-policy": (
        "cli.feeds.prices:price_policy",
        "Hold a dealer's implausible prices back, or publish them without a price band.",
    ),
    "suggest": (
        "cli.feeds.suggest:suggest",
        "Propose how to read an unknown file, with the reason of every choice, as a mapping to correct and keep.",
    ),
    "onboard": (
        "cli.feeds.onboard:onboard",
        "Walk from an unknown file of a dealer to its first import: proposal, preview, mapping kept, import.",
    ),
    "save-mapping": (
        "cli.feeds.suggest:save_mapping_command",
        "Keep a corrected mapping. Changed since it was kept last? Raise its `version`: files are then read again.",
    ),
    "pull": (
        "cli.feeds.pull:pull",
        "Read every source once and register the files that are new; the next import publishes them.",
    ),
    "take-mail": (
        "cli.feeds.mail:take",
        "Take the mails that wait in FEED_MAILDIR: their lists are delivered, and the next import publishes them.",
    ),
    "sources": ("cli.feeds.pull:sources", "Manage the addresses on dealers' servers that are read every hour."),
}

app = typer.Typer(
    cls=lazy_group(_COMMANDS),
    help="Import dealers' files and see what became of them.\n\n"
    "Example: automart feeds import stock.csv --dealer khan-motors",
    no_args_is_help=True,
)


@app.callback()
def feeds() -> None:
    """Import dealers' files."""
