"""Declare who may see listings: visitors public ones, dealers' people those of the trade, an organisation its own."""

from core.access.policies import (
    ORGS_SQL,
    PERSON_SQL,
    DefinerFunction,
    Policy,
    TableAccess,
    closed,
    dealers,
    during,
    everybody,
    of_own_listing,
    of_visible,
    own_org,
    own_person,
    staff,
    step_sql,
)
from core.access.tenant import Step
from core.db.tables import Listing
from core.states.listings import state_sql

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
SELLERS_OWN = Policy(
    "sellers_own", f"seller_id = {PERSON_SQL} AND source = 'private'", reason="a private ad belongs to its seller"
)
HELD = during(Step.DEPOSIT, "a buyer's deposit that ends frees the dealer's car", "UPDATE")
COPIED = Policy(
    "copies_step",
    f"{step_sql(Step.COPIES)} AND seller_id IS NULL AND visibility <> 'private'"
    f" AND ({_OPENED} OR removed_at IS NOT NULL)",
    "SELECT",
    "a dealer is told which dealer shows or showed its photos; private ads and cars never on offer are not named",
)
# Without the columns of owner and key, no update can turn a listing into another one.
_WRITABLE = ", ".join(
    column.name
    for column in Listing.__table__.columns
    if column.computed is None
    and column.name not in ("id", "org_id", "seller_id", "source_key", "source", "file_id", "row_number", "created_at")
)
LISTINGS = TableAccess(
    "listings",
    (PUBLIC, TRADE, own_org(), SELLERS_OWN, staff(), HELD, COPIED),
    api=f"SELECT, INSERT, UPDATE ({_WRITABLE})",
)
PRICES = TableAccess(
    "listing_prices", (of_own_listing("listing_prices.listing_id"), staff("SELECT")), api="SELECT, INSERT"
)
KEEP_PRICE = DefinerFunction("listings_keep_first_price()", "whoever changes a price keeps the first one")
CONTACTS = TableAccess(
    "listing_contacts", (of_visible("listings", "listing_contacts.listing_id", command="INSERT"),), api="INSERT"
)
CONTACT = DefinerFunction(
    "contact_of_listing(uuid)",
    "branches and people are closed to strangers; of a car on offer they are told the one contact",
    for_api=True,
)
TELL_CONTACT = DefinerFunction(
    "listing_contacts_tell()", "a reveal of a contact writes its event; visitors may write no events themselves"
)
GONE_FOR_ITS_FEED = DefinerFunction(
    "listing_is_gone_for_its_feed(uuid)",
    "the statements of feeds about cars are closed; the step that frees a car from a deposit needs this one",
    for_api=True,
)
REMOVALS = TableAccess("listing_removals", (of_visible("feed_files", "listing_removals.file_id"),), api="SELECT")
CHASSIS = TableAccess(
    "listing_chassis",
    (
        Policy("own_org", f"seller_id IS NULL AND org_id = ANY {ORGS_SQL}"),  # not the sellers' of the marketplace
        own_person("seller_id"),
        staff("SELECT"),
    ),
    api="SELECT, INSERT, DELETE",
)
DIFFERENCES = closed("listing_differences")
TERM_NOTICES = closed("listing_term_notices")
