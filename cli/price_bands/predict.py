"""`automart price-bands predict`: write a band for each row of a file."""

from pathlib import Path
from typing import Annotated

import typer

from cli.options import Json
from cli.output import explain_errors, print_json
from cli.price_bands.files import bytes_of
from core.db.session import transaction
from core.errors import InvalidInputError
from core.identity.orgs import get_org
from core.platform import open_platform
from core.settings import Settings, load_settings
from core.storage import open_storage
from pipelines.feeds.mapping.schema import Mapping
from pipelines.feeds.mapping.store import load_mapping
from pipelines.feeds.parsing.parse import parse_feed
from pipelines.feeds.readers.limits import limits_of
from serving.price_bands.champion import ChampionCache
from serving.price_bands.service import bands_of_rows, write_csv


@explain_errors
def predict_command(
    file: Annotated[Path, typer.Argument(help="CSV or XML of cars; its price column may be empty or absent.")],
    mapping: Annotated[str, typer.Option(help="How to read it: classifieds, or a dealer's mapping.")],
    out: Annotated[Path, typer.Option(help="CSV to write; replaced as a whole or not at all.")],
    dealer: Annotated[str | None, typer.Option(help="Code of the dealer who keeps the mapping.")] = None,
    as_json: Json = False,
) -> None:
    """Write a band for each row of a file: columns row, low, mid, high, confidence, method.

    Every row of the file is there in its order (row 1 is the first record); one that cannot be read or priced has
    method none and no numbers.

    Example: automart price-bands predict cars.csv --mapping classifieds --out bands.csv
    """
    settings = load_settings()
    wanted = _mapping_of(settings, mapping, dealer)
    parsed = parse_feed(bytes_of(file), wanted, require_price_column=False, limits=limits_of(settings))
    if not out.absolute().parent.is_dir():
        raise InvalidInputError(f"There is no folder {str(out.absolute().parent)!a} to write into.", code="no_folder")
    with open_platform(settings) as platform, transaction(platform.sessions) as session:
        champion = ChampionCache(platform.storage).require(session)
    bands = bands_of_rows(champion, parsed.listings, parsed.rows_read)
    write_csv(bands, out)
    methods = {name: int((bands["method"] == name).sum()) for name in ("model", "family", "comparables", "none")}
    if as_json:
        print_json({"rows": bands.height, **methods, "model_version": champion.version, "out": str(out)})
    else:
        typer.echo(f"{bands.height:,} rows: " + ", ".join(f"{name} {count:,}" for name, count in methods.items()) + ".")


def _mapping_of(settings: Settings, name: str, dealer: str | None) -> Mapping:
    if dealer is None:
        return load_mapping(name, open_storage(settings))
    with open_platform(settings) as platform, platform.sessions() as session:
        return load_mapping(name, platform.storage, get_org(session, dealer).id)
