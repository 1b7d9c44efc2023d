"""`automart listings`: post, change and move cars, one at a time."""

from datetime import datetime
from functools import partial
from typing import Annotated, Any
from uuid import UUID

import typer

from cli.options import By, Json, actor
from cli.output import explain_errors, print_json
from cli.tables import printable
from core.db.session import transaction
from core.errors import InvalidInputError
from core.platform import open_platform
from core.security.platform_keys import open_keys
from core.vocabulary import ListingStatus
from serving.listings.management.canonical import CAR_FIELDS
from serving.listings.management.changing import ListingChange, change_listing
from serving.listings.management.chassis import CHASSIS
from serving.listings.management.managed import ManagedListing
from serving.listings.management.moving import Move, Sale, move_listing
from serving.listings.management.operators import operator_for_listing, poster_for_org
from serving.listings.management.posting import post_listing

_FIELDS = (*CAR_FIELDS, CHASSIS, "branch")
_NUMBERS = {"engine_cc": int, "battery_kwh": float}
Listing = Annotated[UUID, typer.Argument(metavar="LISTING", help="Id of the listing.")]
Fields = Annotated[
    list[str], typer.Argument(metavar="FIELD=VALUE", help=f"Of {', '.join(_FIELDS)}; FIELD= takes it away.")
]

app = typer.Typer(
    help="Post, change and move cars, one at a time.\n\nExample: automart listings post khan-motors make=Toyota "
    "model=Corolla model_year=2018 price_pkr=3550000 --publish",
    no_args_is_help=True,
)


@app.callback()
def listings() -> None:
    """Look after single cars."""


@app.command()
@explain_errors
def post(
    org: Annotated[str, typer.Argument(metavar="ORG", help="Code of the organisation that offers the car.")],
    fields: Fields,
    publish: Annotated[bool, typer.Option("--publish", help="Put it on the market at once.")] = False,
    by: By = None,
    as_json: Json = False,
) -> None:
    """Post a car: a draft, unless it is published.

    Example: automart listings post khan-motors make=Toyota model=Corolla model_year=2018 price_pkr=3550000 --publish
    """
    with open_platform() as platform, transaction(platform.sessions) as session:
        poster = poster_for_org(session, partial(open_keys, platform.settings), org, actor(by))
        _print_result(post_listing(session, poster, _change(fields), publish=publish), as_json=as_json)


@app.command()
@explain_errors
def edit(
    listing_id: Listing,
    fields: Annotated[list[str] | None, typer.Argument(metavar="FIELD=VALUE", help="As for `post`.")] = None,
    let_go: Annotated[
        list[str] | None, typer.Option(help="A field that is to show the feed's own value again. May be repeated.")
    ] = None,
    by: By = None,
    as_json: Json = False,
) -> None:
    """Change fields of a car. On a feed's car they stay until the feed's own value changes.

    Example: automart listings edit 0198c1f2-6a3e-7c4d-9b1a-2f6d1c0e8a77 price_pkr=3450000
    """
    with open_platform() as platform, transaction(platform.sessions) as session:
        manager = operator_for_listing(session, partial(open_keys, platform.settings), listing_id, actor(by))
        change = _change(fields or [], let_go or [])
        _print_result(change_listing(session, manager, listing_id, change, "*"), as_json=as_json)


@app.command()
@explain_errors
def move(
    listing_id: Listing,
    to: Annotated[ListingStatus, typer.Argument(metavar="STATE", help=f"One of {', '.join(ListingStatus)}.")],
    sold_price: Annotated[int | None, typer.Option(min=1, help="With sold: rupees, for its owner alone.")] = None,
    sold_on: Annotated[datetime | None, typer.Option(formats=["%Y-%m-%d"], help="With sold: the day.")] = None,
    leave_to_feed: Annotated[bool, typer.Option("--leave-to-feed", help="The feed decides from now on.")] = False,
    reason: Annotated[str | None, typer.Option(help="For the audit trail.")] = None,
    by: By = None,
    as_json: Json = False,
) -> None:
    """Move a car to another state. Deliveries of a feed leave it there.

    Example: automart listings move 0198c1f2-6a3e-7c4d-9b1a-2f6d1c0e8a77 sold --sold-price 3400000
    """
    wanted = Move(to, Sale(sold_price, None if sold_on is None else sold_on.date()), leave_to_feed, reason)
    with open_platform() as platform, transaction(platform.sessions) as session:
        manager = operator_for_listing(session, partial(open_keys, platform.settings), listing_id, actor(by))
        _print_result(move_listing(session, manager, listing_id, wanted), as_json=as_json)


def _change(given: list[str], let_go: list[str] | None = None) -> ListingChange:
    values: dict[str, Any] = {}
    for text in given:
        name, equals, value = text.partition("=")
        if not equals or name not in _FIELDS:
            raise InvalidInputError(f"{text!r} is not FIELD=VALUE with a field of: {', '.join(_FIELDS)}.")
        values[name] = _value(name, value)
    changes_branch = "branch" in values
    branch = values.pop("branch", None)
    return ListingChange(values, branch, changes_branch, tuple(let_go or ()))


def _value(name: str, value: str) -> Any:  # noqa: ANN401
    if not value:
        return None
    try:
        return _NUMBERS.get(name, str)(value)
    except ValueError:
        raise InvalidInputError(f"{name}={value} is not a number.") from None


def _print_result(view: ManagedListing, *, as_json: bool) -> None:
    car = view.listing
    if as_json:
        names = ("title", "status", "price_pkr", "visibility", "channels")
        print_json({"id": str(car.id), "etag": view.etag, **{name: getattr(car, name) for name in names}})
        return
    price = "call for price" if car.price_pkr is None else f"Rs {car.price_pkr:,}"
    typer.echo(printable(f"{car.id}  {car.status}  {car.title}, {price}"))
