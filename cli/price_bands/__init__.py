"""`automart price-bands`: estimate what cars are worth, and look after the price model."""

import typer

from cli.lazy import lazy_group

_COMMANDS = {
    "quote": (
        "cli.price_bands.quotes:quote_command",
        "Estimate the price of a car that is not listed, and say why. The more is known of it, the narrower the band.",
    ),
    "index": (
        "cli.price_bands.market_index:index_command",
        "Show how asking prices of like cars moved from month to month: 100 is the base month.",
    ),
    "depreciation": (
        "cli.price_bands.depreciation:depreciation_command",
        "Show how the price of a model falls with its years, and how many cars on offer stand behind each year.",
    ),
    "sales": (
        "cli.price_bands.sales:sales_command",
        "Show how many sales are known and how long cars take to sell, and fit the sale model to them, as every week.",
    ),
    "report": (
        "cli.price_bands.report:report_command",
        "Write the valuation report of a listing as an HTML page, as anybody may see it.",
    ),
    "train": (
        "cli.price_bands.training:train_command",
        "Choose samples among live and removed listings, train and evaluate a model on them, and refresh all bands.",
    ),
    "recalibrate": (
        "cli.price_bands.recalibration:recalibrate_command",
        "Measure the champion on newer ads, and recalibrate it where its bands no longer hold what they promise.",
    ),
    "history": (
        "cli.price_bands.history:history_command",
        "Hand past ads to the price model, list the files of past ads, or take one off the list.",
    ),
    "predict": (
        "cli.price_bands.predict:predict_command",
        "Write a band for each row of a file: columns row, low, mid, high, confidence, method.",
    ),
    "models": (
        "cli.price_bands.versions:models_command",
        "List the versions, newest first: which answers now, and how good each was on ads it had not seen.",
    ),
    "rollback": (
        "cli.price_bands.rollback:rollback_command",
        "Make an earlier version champion again and price all live listings by it.",
    ),
}

app = typer.Typer(
    cls=lazy_group(_COMMANDS),
    help="Estimate what cars are worth, and look after the price model.\n\n"
    "A band is a low, a mid and a high price that hold 80 % of asking prices between them, with the confidence that "
    "the asking price is within 15 % of mid. Start with [bold]automart price-bands train[/] on imported listings, then "
    "ask: [bold]automart price-bands quote --make Toyota --model Corolla --year 2018[/].\n\n"
    "Example: automart price-bands quote --make Toyota --model Corolla --year 2018",
    no_args_is_help=True,
)


@app.callback()
def price_bands() -> None:
    """Estimate what cars are worth."""
