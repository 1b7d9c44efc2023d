"""Assemble the declarations of the engagement domain."""

from datetime import timedelta

from core.access.permissions import Permission
from core.access.roles import Role
from core.declarations import Declarations, EventType, PersonalColumn, RateLimit, Retention
from core.search.ranking import POPULARITY, POPULARITY_CHANGED
from serving.engagement.personal_data import ERASERS, EXPORTERS

_OF_EVENTS = (
    "type", "mark", "make", "model", "city", "source", "channel", "app", "app_version", "query_id", "properties",
)  # fmt: skip
_SEARCHED = "words of a search, contacts masked; of a person or a device that is known by a digest alone"
_DAY = timedelta(days=1)

_SELLING = frozenset({Role.SALES_AGENT, Role.BRANCH_MANAGER, Role.ORG_ADMIN})
_READING = _SELLING | {Role.ANALYST, Role.PLATFORM_ADMIN}
READ_ANALYTICS = Permission("engagement.read", "read what shoppers did with the cars of one's branches", _READING)
READ_STATISTICS = Permission(
    "engagement.read_listing", "read what shoppers did with a car that one offers", _READING | {Role.PRIVATE_SELLER}
)

DECLARATIONS = Declarations(
    events=(EventType(POPULARITY, POPULARITY_CHANGED),),
    permissions=(READ_ANALYTICS, READ_STATISTICS),
    # A browser sends a batch every few seconds at most; thousands of phones stand behind one address.
    rate_limits=(
        RateLimit("POST /v1/events", calls=6_000, seconds=60, per=("device", "address")),
        RateLimit("GET /v1/market-demand", calls=60, seconds=60, per=("address",)),
    ),
    personal_columns=tuple(
        PersonalColumn(table, "query", _SEARCHED, "masked", about="outside")
        for table in ("engagement_events", "engagement_late_events", "engagement_apart_events")
    ),
    retention=(
        # A day longer than repeats are known for: how late the loop comes changes no answer.
        Retention("engagement_keys", "keys by which repeated events are known", "kept_since", 8 * _DAY),
        Retention("engagement_refusals", "repeated and rejected events, without contents", "received_at", 40 * _DAY),
        Retention("engagement_apart_events", "events that count in no hour", "received_at", 40 * _DAY),
        Retention("engagement_devices", "offsets of clocks of devices not seen since", "seen_on", 90 * _DAY),
        Retention("engagement_device_days", "numbers of events by device and day", "day", 8 * _DAY),
        Retention("engagement_stamps", "what listings were until they moved", "until", 400 * _DAY),
        Retention("engagement_funnels", "funnels of dealers by day", "day", 800 * _DAY),
    ),
    erasers=ERASERS,
    exporters=EXPORTERS,
    harmless_columns={
        "engagement_events": _OF_EVENTS,
        "engagement_late_events": _OF_EVENTS,
        "engagement_apart_events": (*_OF_EVENTS, "reason"),
        "engagement_refusals": ("answer", "code", "type"),
        "engagement_hours": ("state",),
        "popular_searches": ("text",),
        "engagement_stamps": ("make", "model", "city"),
        "engagement_erasures": ("kind",),
        "engagement_files": ("object_key", "digest"),
        "engagement_partitions": ("grain", "input_digest", "outcome_digest"),
        "engagement_funnels": ("dimension", "key"),
        "engagement_aggregates": ("grain", "dimension", "key", "visitor_sketch", "session_sketch"),
    },
)
