"""`automart feeds confirm-price` and `price-policy`: decide about prices that are far from the market."""

from typing import Annotated, Literal

import typer

from cli.acts import record_on
from cli.options import By, DealerCode, actor
from cli.output import explain_errors
from cli.tables import printable
from core.db.session import transaction
from core.identity.orgs import get_org
from core.platform import open_platform
from pipelines.imports.prices.confirmations import PriceConfirmations


@explain_errors
def confirm_price(
    dealer: DealerCode,
    key: Annotated[str, typer.Argument(help="The car's stock number, as `automart feeds rejects` shows it.")],
    price: Annotated[int, typer.Argument(min=1, help="The price in rupees that the dealer says is right.")],
    by: By = None,
) -> None:
    """Keep a dealer's word that a price is right which is far from what such cars cost.

    The car is published with its next file, or with `automart feeds replay`. Another price is judged again.

    Example: automart feeds confirm-price khan-motors K-17 450000 --by ayesha
    """
    with open_platform() as platform, transaction(platform.sessions) as session:
        org = get_org(session, dealer)
        PriceConfirmations(session).confirm(org.id, key, price, actor(by))
        record_on(session, "feeds.confirm_price", ("org", org.id), org.id, {"key": key, "price_pkr": price})
    typer.echo(printable(f"{key} of {dealer} may cost {price:,} rupees: the next file or a replay publishes it."))


@explain_errors
def price_policy(
    dealer: DealerCode,
    policy: Annotated[Literal["hold", "publish"], typer.Argument(help="hold, or publish without a price band.")],
    by: By = None,
) -> None:
    """Hold a dealer's implausible prices back, or publish them without a price band.

    It holds for the next files. Without this command they are held.

    Example: automart feeds price-policy khan-motors publish --by ayesha
    """
    with open_platform() as platform, transaction(platform.sessions) as session:
        org = get_org(session, dealer)
        PriceConfirmations(session).set_policy(org.id, policy, actor(by))
        record_on(session, "feeds.price_policy", ("org", org.id), org.id, {"implausible_prices": policy})
    done = "held back" if policy == "hold" else "published without a price band"
    typer.echo(printable(f"Implausible prices of {dealer} are {done} from the next file on."))
