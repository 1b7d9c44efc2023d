"""`automart search token`: let an app search Meilisearch directly."""

import re
from dataclasses import asdict
from datetime import timedelta
from typing import Annotated

import typer

from cli.acts import record_on_org
from cli.options import Json
from cli.output import explain_errors, print_json
from core.access.audience import Audience
from core.db.session import transaction
from core.errors import InvalidInputError
from core.identity.orgs import get_org
from core.platform import open_platform
from core.settings import load_settings

_UNITS = {"m": "minutes", "h": "hours", "d": "days"}


@explain_errors
def token_command(
    expires_in: Annotated[str, typer.Option(help="When it ends, from now: 30m, 24h or 7d; at most 31d.")],
    org: Annotated[str | None, typer.Option(help="Dealer's code; without one: a visitor of automart.pk.")] = None,
    as_json: Json = False,
) -> None:
    """Sign a token with which an app may search Meilisearch directly, and see what this dealer (or a visitor) may see.

    It needs MEILI_URL, MEILI_SEARCH_KEY and MEILI_SEARCH_KEY_UID.

    Example: automart search token --org khan-motors --expires-in 24h
    """
    from core.search.meilisearch.tenant_tokens import issue_search_token  # loads the client

    settings, lasts = load_settings(), parse_duration(expires_in)
    if org is None:
        issued = issue_search_token(settings, Audience.anonymous(), lasts)
    else:
        with open_platform(settings) as platform, transaction(platform.sessions) as session:
            dealer = get_org(session, org)
            issued = issue_search_token(settings, Audience.dealer(dealer.id), lasts)
            record_on_org(session, dealer, "search.issue_token", {"expires_in": expires_in})
    if as_json:
        print_json(asdict(issued))
        return
    typer.echo(f"{issued.token}\nIt searches the index {issued.index} until {issued.expires_at:%Y-%m-%d %H:%M} UTC.")


def parse_duration(text: str) -> timedelta:
    """Read a duration such as 30m, 24h or 7d.

    Raises:
        InvalidInputError: `invalid_expiry`.
    """
    found = re.fullmatch(r"([0-9]{1,6})([mhd])", text.strip())
    if found is None:
        raise InvalidInputError(f"{text!r} is no duration: write 30m, 24h or 7d.", code="invalid_expiry")
    return timedelta(**{_UNITS[found[2]]: int(found[1])})
