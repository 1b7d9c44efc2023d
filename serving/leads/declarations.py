"""What the leads domain declares."""

from core.declarations import Declarations, EventType, PersonalColumn
from pipelines.leads.log import OUTBOX_KINDS
from pipelines.leads.sealed_texts import EVENT_TEXT, LEAD_CONTACT, LEAD_EMAIL, LEAD_NAME
from serving.leads.personal_data import ERASERS, EXPORTERS

DECLARATIONS = Declarations(
    personal_columns=(
        PersonalColumn("leads", "sealed_contact", "the buyer's phone or address", "sealed", sealing=LEAD_CONTACT),
        PersonalColumn("leads", "sealed_name", "the buyer's name", "sealed", sealing=LEAD_NAME),
        PersonalColumn("leads", "sealed_email", "the buyer's second address", "sealed", sealing=LEAD_EMAIL),
        PersonalColumn("leads", "blind_index", "digest of the buyer's contact", "digest"),
        PersonalColumn("leads", "text_digest", "keyed digest of what the buyer wrote", "digest"),
        PersonalColumn("lead_events", "sealed_text", "messages, replies and notes", "sealed", sealing=EVENT_TEXT),
        PersonalColumn("lead_events", "blind_index", "digest of the buyer's contact", "digest"),
    ),
    events=tuple(
        EventType("lead", kind, ("listing_id", "type", "state", "number", "owner_id", "reason"))
        for kind in OUTBOX_KINDS
    ),
    erasers=ERASERS,
    exporters=EXPORTERS,
    harmless_columns={
        "leads": (
            "contact_kind", "type", "source", "language", "make", "city", "trade_in", "query_id", "state",
            "state_reason", "waiting_reason", "tags", "next_action",
        ),
        "lead_events": ("kind", "by_kind", "state", "reason", "details"),
        "lead_clocks": ("kind",),
        "lead_timers": ("step", "to"),
        "lead_desks": ("calendar", "policies", "rules"),
    },
)  # fmt: skip
