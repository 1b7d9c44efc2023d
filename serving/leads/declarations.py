"""Assemble the declarations of the leads domain."""

from core.access.permissions import Permission
from core.access.roles import Role
from core.declarations import Declarations, EventType, PersonalColumn, RateLimit
from pipelines.leads.log import OUTBOX_KINDS
from pipelines.leads.sealed_texts import ATTACHMENT, EVENT_TEXT, LEAD_CONTACT, LEAD_EMAIL, LEAD_NAME
from serving.leads.departures import DEPARTURES
from serving.leads.overtaken import STILL_TRUE
from serving.leads.personal_data import ERASERS, EXPORTERS
from serving.leads.webhook_events import LEAD_WEBHOOKS

_DESK = frozenset({Role.SALES_AGENT, Role.BRANCH_MANAGER, Role.ORG_ADMIN})
_MANAGERS = frozenset({Role.BRANCH_MANAGER, Role.ORG_ADMIN})
READ_LEADS = Permission("leads.read", "read the leads of one's branches", _DESK | {Role.BUYER, Role.PRIVATE_SELLER})
WORK_LEADS = Permission("leads.work", "answer leads and write down what became of them", _DESK | {Role.PRIVATE_SELLER})
ATTACH_FILES = Permission("leads.attach", "add files to leads", _DESK | {Role.BUYER, Role.PRIVATE_SELLER})
ASSIGN_LEADS = Permission("leads.assign", "give leads to others", _MANAGERS)
MEASURE_LEADS = Permission("leads.measure", "read counts and response times of one's branches", _DESK)
EXPORT_LEADS = Permission("leads.export", "export leads with the buyers' contacts", _MANAGERS)
IMPORT_LEADS = Permission(
    "leads.import", "bring leads of other systems in", frozenset({Role.ORG_ADMIN}), whole_org=True
)
READ_DESK = Permission("leads.read_desk", "read calendar, promises and rules of assignment", _DESK)
MANAGE_DESK = Permission(
    "leads.manage_desk",
    "change calendar, promises and rules of assignment",
    frozenset({Role.ORG_ADMIN}),
    whole_org=True,
)

DECLARATIONS = Declarations(
    permissions=(
        READ_LEADS, WORK_LEADS, ATTACH_FILES, ASSIGN_LEADS, MEASURE_LEADS, EXPORT_LEADS, IMPORT_LEADS, READ_DESK,
        MANAGE_DESK,
    ),
    rate_limits=(
        RateLimit("POST /v1/leads", calls=30, seconds=600, per=("address", "device"), shared=True),
        RateLimit("POST /v1/leads/import", calls=600, seconds=60, per=("org",)),
        RateLimit("POST /v1/leads/{lead_id}/attachments", calls=120, seconds=600, per=("user",)),
    ),
    personal_columns=(
        PersonalColumn("leads", "sealed_contact", "the buyer's phone or address", "sealed", sealing=LEAD_CONTACT),
        PersonalColumn("leads", "sealed_name", "the buyer's name", "sealed", sealing=LEAD_NAME),
        PersonalColumn("leads", "sealed_email", "the buyer's second address", "sealed", sealing=LEAD_EMAIL),
        PersonalColumn("leads", "blind_index", "digest of the buyer's contact", "digest"),
        PersonalColumn("leads", "text_digest", "keyed digest of what the buyer wrote", "digest"),
        PersonalColumn("lead_events", "sealed_text", "messages, replies and notes", "sealed", sealing=EVENT_TEXT),
        PersonalColumn("lead_events", "blind_index", "digest of the buyer's contact", "digest"),
        PersonalColumn("lead_attachments", "sealed_content", "files", "sealed", sealing=ATTACHMENT),
        PersonalColumn("lead_attachments", "blind_index", "digest of the buyer's contact", "digest"),
    ),
    events=tuple(
        EventType("lead", kind, ("listing_id", "type", "state", "number", "owner_id", "buyer_id", "event", "reason"))
        for kind in OUTBOX_KINDS
    ),
    webhook_events=LEAD_WEBHOOKS,
    erasers=ERASERS,
    exporters=EXPORTERS,
    departures=DEPARTURES,
    still_true=(STILL_TRUE,),
    harmless_columns={
        "leads": (
            "contact_kind", "external_key", "type", "source", "language", "make", "city", "trade_in", "query_id",
            "state", "state_reason", "waiting_reason", "tags", "next_action",
        ),
        "lead_events": ("kind", "by_kind", "state", "reason", "details"),
        "lead_attachments": ("content_type",),
        "lead_clocks": ("kind",),
        "lead_timers": ("step", "to"),
        "lead_desks": ("calendar", "policies", "rules"),
        "lead_score_models": ("artifact", "report"),
    },
)  # fmt: skip
