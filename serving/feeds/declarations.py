"""Assemble the declarations of the feeds domain."""

from datetime import timedelta

from core.access.permissions import Permission
from core.access.roles import Role
from core.declarations import Declarations, EventType, PersonalColumn, Retention
from pipelines.feeds.consumers import TOPIC
from pipelines.feeds.mail.refused_events import MAIL_REFUSED
from serving.feeds.report.mail_notices import STILL_TRUE as MAIL_STILL_TRUE
from serving.feeds.report.notices import STILL_TRUE
from serving.feeds.webhook_events import FEED_WEBHOOKS

UPLOAD_FEEDS = Permission(
    "feeds.upload",
    "deliver the organisation's stock files and follow their import",
    frozenset({Role.ORG_ADMIN, Role.PLATFORM_ADMIN}),
    whole_org=True,
)

MANAGE_FEEDS = Permission(
    "feeds.manage",
    "decide about the organisation's stock files, and change how and from where they are read",
    frozenset({Role.ORG_ADMIN, Role.PLATFORM_ADMIN}),
    whole_org=True,
)

DECLARATIONS = Declarations(
    permissions=(UPLOAD_FEEDS, MANAGE_FEEDS),
    events=(
        *(
            EventType(TOPIC, kind, ("mapping", "rows", "removals_held", "refusal"))
            for kind in ("applied", "refused", "stale")
        ),
        EventType(TOPIC, MAIL_REFUSED, ("code", "refusal", "sent_at", "mail")),
    ),
    webhook_events=FEED_WEBHOOKS,
    still_true=(STILL_TRUE, MAIL_STILL_TRUE),
    personal_columns=(
        PersonalColumn("feed_rejects", "value", "a cell of a feed file, contacts masked", "masked", "outside"),
        PersonalColumn("feed_rejects", "source_key", "a stock number as the dealer gave it", "plain", "outside"),
        PersonalColumn("feed_files", "not_understood", "words of a file's cells, contacts masked", "masked", "org"),
        PersonalColumn("feed_files", "warnings", "stock numbers as the dealer gave them", "plain", "org"),
        PersonalColumn("feed_files", "name", "a file's name as the dealer gave it", "plain", "org"),
        PersonalColumn("feed_actions", "actor", "the name that an operator gave to a command", "plain", "outside"),
        PersonalColumn("feed_requests", "name", "a file's name as the dealer gave it", "plain", "org"),
        PersonalColumn("feed_requests", "answer", "stock numbers and titles of cars, contacts masked", "masked", "org"),
        PersonalColumn(
            "feed_requests", "asked_by", "the id of the person or the name of the system", "plain", "outside"
        ),
        PersonalColumn("feed_price_doubts", "source_key", "a stock number as the dealer gave it", "plain", "outside"),
        PersonalColumn("feed_price_doubts", "confirmed_by", "the name that an operator gave", "plain", "outside"),
        PersonalColumn("feed_settings", "changed_by", "the name that an operator gave", "plain", "outside"),
    ),
    retention=(
        Retention(
            "feed_requests",
            "requests about feeds, 90 days after they were done",
            "done_at",
            timedelta(days=90),
            "state <> 'waiting' AND storage_key IS NULL",
        ),
    ),
    harmless_columns={
        "feed_actions": ("kind", "counts"),
        "feed_files": ("mapping", "digest", "storage_key", "status", "run_id", "reasons", "prices", "refusal"),
        "feed_requests": ("kind", "mapping", "storage_key", "state", "refusal"),
        "feed_rejects": ("code", "column", "message", "severity"),
        "feed_settings": ("implausible_prices",),
        "feed_sources": (
            "url",
            "mapping",
            "credential",
            "host_key",
            "etag",
            "last_modified",
            "digest",
            "last_error",
            "last_code",
        ),
    },
)
