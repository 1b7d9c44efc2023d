"""Who may see listings: visitors the public ones, dealers' people those of the trade, an organisation all its own."""

from core.access.policies import TableAccess, closed, dealers, everybody, own_org
from core.listing_states import state_sql

_OPENED = state_sql("opened", "status")
PUBLIC = everybody(
    "live public listings of automart.pk are published",
    f"{_OPENED} AND visibility = 'public' AND channels @> ARRAY['automart']",
    name="public_listings",
)
TRADE = dealers(
    f"{_OPENED} AND visibility IN ('public', 'wholesale_public') AND channels @> ARRAY['autotrader']",
    name="trade_listings",
)
LISTINGS = TableAccess("listings", (PUBLIC, TRADE, own_org()), api="SELECT")
PRICES = closed("listing_prices")
REMOVALS = closed("listing_removals")
