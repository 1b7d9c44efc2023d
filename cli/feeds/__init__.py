"""`automart feeds`: dealers' files in, what became of them, and what a person decides about them."""

import typer

from cli.feeds import decisions, diff, files, importing, pull, report, suggest

app = typer.Typer(
    help="Import dealers' files and see what became of them.\n\n"
    "Example: automart feeds import stock.csv --dealer khan-motors",
    no_args_is_help=True,
)
app.command("import")(importing.import_command)
app.command("diff")(diff.diff_command)
app.command("mappings")(files.mappings)
app.command("files")(files.files)
app.command("rejects")(files.rejects)
app.command("origin")(files.origin)
app.command("report")(report.report)
app.command("replay")(decisions.replay)
app.command("approve")(decisions.approve)
app.command("undo")(decisions.undo)
app.command("suggest")(suggest.suggest)
app.command("save-mapping")(suggest.save_mapping_command)
app.command("pull")(pull.pull)
app.add_typer(pull.sources, name="sources")
