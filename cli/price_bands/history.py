"""`automart price-bands history`: past ads that teach prices without being on offer."""

from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import Annotated

import polars as pl
import typer

from cli.options import By, Json, actor
from cli.output import explain_errors, print_json
from cli.price_bands.files import bytes_of
from cli.tables import print_table, printable
from core.db.session import transaction
from core.errors import InvalidInputError
from core.platform import Platform, open_platform
from core.storage import open_storage
from pipelines.feeds.mapping.store import load_mapping
from pipelines.feeds.parsing.parse import parse_feed
from pipelines.feeds.readers.limits import limits_of
from pipelines.price_bands.samples.history import HistoryResult, PastFile, add_history, histories, remove_history


@explain_errors
def history_command(
    file: Annotated[
        Path | None, typer.Argument(help="CSV or XML of past ads; without it the files are listed.")
    ] = None,
    mapping: Annotated[str | None, typer.Option(help="How to read it: classifieds, or a dealer's mapping.")] = None,
    asked_on: Annotated[
        datetime | None, typer.Option(formats=["%Y-%m-%d"], help="The day of the prices of rows that state none.")
    ] = None,
    remove: Annotated[str | None, typer.Option(help="Take the file with this digest off the list.")] = None,
    by: By = None,
    as_json: Json = False,
) -> None:
    """Hand past ads to the price model, list the files of past ads, or take one off the list.

    The ads are not listed or shown: the next training learns from them how cars compare, and of the last 90 days what
    they cost. Hand over asking prices of public ads, not sold prices. The same file again changes nothing.

    Example: automart price-bands history ads_2022.csv --mapping classifieds --asked-on 2022-10-15
    """
    with open_platform() as platform:
        if remove is not None:
            _remove(platform, remove, actor(by), as_json=as_json)
        elif file is not None:
            _print_result(_added(platform, file, mapping, asked_on, actor(by)), as_json=as_json)
        else:
            _list(platform, as_json=as_json)


def _added(platform: Platform, file: Path, mapping: str | None, asked_on: datetime | None, by: str) -> HistoryResult:
    if mapping is None:
        raise InvalidInputError("Say with --mapping how the file is to be read, for example --mapping classifieds.",
                                code="no_mapping")  # fmt: skip
    wanted = load_mapping(mapping, open_storage(platform.settings))
    parsed = parse_feed(bytes_of(file), wanted, limits=limits_of(platform.settings))
    ads = parsed.listings
    if asked_on is not None:
        ads = ads.with_columns(pl.col("listed_on").fill_null(asked_on.date()))
    with transaction(platform.sessions) as session:
        return add_history(session, platform.storage, PastFile(file.name, ads, parsed.rows_read), actor=by)


def _print_result(result: HistoryResult, *, as_json: bool) -> None:
    if as_json:
        print_json(asdict(result))
        return
    already = "" if result.is_new else " They are kept already: nothing changed."
    typer.echo(
        f"{result.kept:,} of {result.rows:,} rows teach prices of {result.first_day} to {result.last_day}; "
        f"{result.rejected:,} not understood, {result.without_price:,} without a price, {result.without_day:,} without "
        f"a day.{already} Next: automart price-bands train"
    )


def _remove(platform: Platform, digest: str, by: str, *, as_json: bool) -> None:
    with transaction(platform.sessions) as session:
        gone = remove_history(session, digest, actor=by)
        told = {"digest": gone.digest, "name": gone.name, "ads": gone.ads}
    if as_json:
        print_json(told)
    else:
        typer.echo(printable(f"{told['name']} ({told['ads']:,} ads) teaches no more. Next: automart price-bands train"))


def _list(platform: Platform, *, as_json: bool) -> None:
    with transaction(platform.sessions) as session:
        rows = [(each.digest, each.name, each.ads, each.first_day, each.last_day) for each in histories(session)]
    names = ("digest", "name", "ads", "first_day", "last_day")
    if as_json:
        print_json({"files": [dict(zip(names, row, strict=True)) for row in rows]})
    elif rows:
        print_table(names, [(row[0][:12], *row[1:]) for row in rows])
    else:
        typer.echo(
            "No file of past ads is kept. Hand one over: automart price-bands history FILE --mapping classifieds"
        )
