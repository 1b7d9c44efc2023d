"""Declare who may reach captured events: the application adds them, and reads none of them.

Events of many callers are written at once, by COPY, which row security forbids; so the application has the right to
add rows and no right to read or change them. What tells repeats and clocks apart holds digests alone.
"""

from core.access.policies import DefinerFunction, TableAccess, closed, everybody, own_org, staff

_APPENDED = "written by COPY for many callers at once, never read by the application"
_DIGESTS = "digests and counts by device; a batch is checked before anybody is known"

EVENTS = TableAccess("engagement_events", api="INSERT", unrestricted=_APPENDED)
LATE = TableAccess("engagement_late_events", api="INSERT", unrestricted=_APPENDED)
APART = TableAccess("engagement_apart_events", api="INSERT", unrestricted=_APPENDED)
REFUSALS = TableAccess("engagement_refusals", api="INSERT", unrestricted=_APPENDED)
KEYS = TableAccess("engagement_keys", api="SELECT, INSERT, UPDATE", unrestricted=_DIGESTS)
DEVICES = TableAccess("engagement_devices", api="SELECT, INSERT, UPDATE", unrestricted=_DIGESTS)
DEVICE_DAYS = TableAccess("engagement_device_days", api="SELECT, INSERT, UPDATE", unrestricted=_DIGESTS)
HOURS = TableAccess("engagement_hours", api="SELECT", unrestricted="states of hours, of nobody in particular")
ERASURES = TableAccess("engagement_erasures", api="SELECT", unrestricted=_DIGESTS)
POPULAR = TableAccess(
    "popular_searches",
    (everybody("typeahead offers them; each passed the threshold of devices and days"),),
    api="SELECT",
)
STAMPS = closed("engagement_stamps")
POPULARITY = closed("listing_popularity")
# Files of closed hours, and what is counted of them.
FILES = closed("engagement_files")
PARTITIONS = closed("engagement_partitions")
# The policies show rows of dealers, branches and listings; rows of models and cities belong to no organisation.
AGGREGATES = TableAccess("engagement_aggregates", (own_org(command="SELECT"), staff("SELECT")), api="SELECT")
FUNNELS = TableAccess("engagement_funnels", (own_org(command="SELECT"), staff("SELECT")), api="SELECT")

LISTINGS = DefinerFunction(
    "engagement_listings(uuid[])", "events of callers who see different cars are stamped at once", for_api=True
)
OWN_EVENTS = DefinerFunction(
    "engagement_own_events()", "an export shows a person its events, which the application cannot read", for_api=True
)
OWN_FILES = DefinerFunction(
    "engagement_own_files()", "and names the files of closed hours in which its events are", for_api=True
)
KEEP_STAMP = DefinerFunction("engagement_keep_stamp()", "whoever moves a listing writes where it was")
ENSURE_HOURS = DefinerFunction(
    "engagement_ensure_hours(timestamptz[])", "partitions are made by the owner of the table", for_api=True
)
DROP_HOUR = DefinerFunction(
    "engagement_drop_hour(timestamptz)", "partitions are dropped by the owner of the table", for_pipelines=True
)
_SPAN = "timestamptz, timestamptz"
COUNTED_PARTS = DefinerFunction(
    f"engagement_counted_parts({_SPAN})", "which hours and days are counted says nothing of anybody", for_api=True
)
COMPLETE_UNTIL = DefinerFunction(
    f"engagement_complete_until({_SPAN})", "and neither does which hour is the first that is not", for_api=True
)
UNCOUNTED = DefinerFunction(
    f"engagement_uncounted(uuid, uuid, {_SPAN})",
    "dashboards show the open hour, whose events the application cannot read; it gives those of the caller's own cars",
    for_api=True,
)
OWN_AD = DefinerFunction(
    f"engagement_own_ad(uuid, {_SPAN})",
    "a private seller is no member of the organisation that private ads belong to",
    for_api=True,
)
BENCHMARK = DefinerFunction(
    f"engagement_benchmark(uuid, text, text, {_SPAN})",
    "a figure over five other dealers' cars, none of which has more than half",
    for_api=True,
)
MARKET_DEMAND = DefinerFunction(
    f"engagement_market_demand(text, text, text, {_SPAN})",
    "a public figure that rests on five other sellers whoever reads it",
    for_api=True,
)
