"""Who may see listings: visitors the public ones, dealers' people those of the trade, an organisation all its own."""

from core.access.policies import TableAccess, closed, dealers, everybody, own_org, staff

PUBLIC = everybody(
    "live public listings of automart.pk are published",
    "status = 'live' AND visibility = 'public' AND channels @> ARRAY['automart']",
    name="public_listings",
)
TRADE = dealers(
    "status = 'live' AND visibility IN ('public', 'wholesale_public') AND channels @> ARRAY['autotrader']",
    name="trade_listings",
)
LISTINGS = TableAccess("listings", (PUBLIC, TRADE, own_org(), staff("SELECT")), api="SELECT")
PRICES = closed("listing_prices")
REMOVALS = closed("listing_removals")
