"""`automart price-bands sales`: show what is known of sales, and fit the sale model to it."""

from dataclasses import asdict
from typing import Any

import typer

from cli.options import Json
from cli.output import explain_errors, print_json
from cli.tables import print_table
from core.db.session import transaction
from core.platform import open_platform
from models.sale_prices.train import Missing
from pipelines.price_bands.sales.training import teach_sales


@explain_errors
def sales_command(as_json: Json = False) -> None:
    """Show how many sales are known and how long cars take to sell, and fit the sale model to them, as every week.

    Sales are listings that were marked as sold, by hand or by a captured deposit. From 1,000 sales with a price on, the
    price answers of listings say an expected sale price; from 1,000 sales on, the days until a sale. Both only while
    they hold for later sales. Days of a model are shown from 5 sales of 3 sellers on. Of a seller with over half of the
    sales the excess counts in none of these.

    With --json: {"known": {...}, "price": {...}, "days": {...}, "models": [...]}.

    Example: automart price-bands sales
    """
    with open_platform() as platform, transaction(platform.sessions) as session:
        found = teach_sales(session, platform.storage)
    known, model = asdict(found.known), found.model
    halves = {
        "price": {"missing": model.no_discount, **model.metrics["price"]},
        "days": {"missing": model.no_waiting, **model.metrics["days"]},
    }
    models = [asdict(each) for each in found.models]
    if as_json:
        print_json({"known": known, **halves, "models": models})
        return
    typer.echo(
        f"{known['sold']:,} sales of {known['sellers']:,} sellers are known, {known['told']:,} with a price,"
        f" {known['by_deposit']:,} with a captured deposit; {known['open']:,} cars were not sold yet."
    )
    _print_result("Expected sale prices", halves["price"])
    _print_result("Days until a sale", halves["days"])
    rows = [(row["make"], row["model"], row["sold"], f"{row['median_days']:.0f}") for row in models]
    if rows:
        print_table(("make", "model", "sold", "days (half)"), rows, title="Days until a sale, of those that sold")


def _print_result(name: str, half: dict[str, Any]) -> None:
    if half["missing"] == Missing.TOO_FEW_SALES:
        typer.echo(f"{name} are not said: too few sales. All prices are asking prices.")
    elif half["missing"] is not None:
        typer.echo(f"{name} are not said: they did not hold for later sales ({half}).")
    else:
        typer.echo(f"{name} are said. On {half['judged_on']:,} later cars: {_held(half)}.")


def _held(half: dict[str, Any]) -> str:
    if "coverage" in half:
        return f"the band of 80 % held {half['coverage']:.1%}, the mean error is {half['mape']:.1%}"
    return ", ".join(f"{share:.1%} were sold when {said} should be" for said, share in half["sold_within"].items())
