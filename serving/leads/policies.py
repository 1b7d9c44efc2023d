"""Declare who may reach leads: people of the organisation, the seller of a private ad, and the buyer, without notes.

Buyers are known by their proven contacts. While a buyer's lead is made, its tables are open: the buyer belongs to no
organisation, or to another one.
"""

import json

from core.access.policies import (
    EVERYTHING,
    OWN_CONTACT_SQL,
    PERSON_SQL,
    DefinerFunction,
    Policy,
    TableAccess,
    closed,
    during,
    exported,
    own_org,
)
from core.access.tenant import Step

BUYER_SEES = ("buyer_message", "joined", "reply", "auto_reply")
FOR_BUYER = {"for_buyer": True}
"""The part of the details of files that their buyer may see."""
_MAKING = "a buyer makes a lead for an organisation that the buyer does not belong to"
_OF_SELLERS = (
    f"EXISTS (SELECT FROM leads owner WHERE owner.id = lead_events.lead_id AND owner.seller_id = {PERSON_SQL})"
)
_OF_BUYERS = (
    f"(kind IN {BUYER_SEES} OR (kind = 'attachment' AND details @> '{json.dumps(FOR_BUYER)}'))"
    f" AND EXISTS (SELECT FROM leads owner WHERE owner.id = lead_events.lead_id AND owner.{OWN_CONTACT_SQL})"
)

LEADS = TableAccess(
    "leads",
    (
        own_org(),
        Policy("sellers_own", f"seller_id = {PERSON_SQL}", reason="leads on a private ad are its seller's"),
        Policy("own_contact", OWN_CONTACT_SQL, "SELECT", "buyers see their own leads, by their proven contacts"),
        during(Step.LEAD, _MAKING),
    ),
    api="SELECT, INSERT, UPDATE",
)
EVENTS = TableAccess(
    "lead_events",
    (
        own_org(),
        Policy("of_sellers", _OF_SELLERS, reason="leads on a private ad are its seller's"),
        Policy("of_buyers", _OF_BUYERS, "SELECT", "buyers see what they wrote and what they were answered"),
        during(Step.LEAD, _MAKING),
        exported(OWN_CONTACT_SQL),
    ),
    api="SELECT, INSERT",
)
ATTACHMENTS = TableAccess(
    "lead_attachments",
    (
        own_org(),
        Policy("of_sellers", _OF_SELLERS.replace("lead_events", "lead_attachments"), reason="as the lead's events"),
        Policy(
            "of_buyers",
            "for_buyer AND EXISTS (SELECT FROM leads owner WHERE owner.id = lead_attachments.lead_id"
            f" AND owner.{OWN_CONTACT_SQL})",
            "SELECT",
            "buyers see the files that they sent, and those that were added for them",
        ),
        during(Step.LEAD, "a buyer adds a file to a lead of an organisation that the buyer does not belong to"),
    ),
    api="SELECT, INSERT",
)
CLOCKS = TableAccess("lead_clocks", (own_org(), during(Step.LEAD, _MAKING)), api="SELECT, INSERT, UPDATE")
TIMERS = TableAccess("lead_timers", (own_org(), during(Step.LEAD, _MAKING)), api=EVERYTHING)
DESKS = TableAccess("lead_desks", (own_org(), during(Step.LEAD, _MAKING, "SELECT")), api="SELECT, INSERT, UPDATE")
SLA_DAYS = closed("lead_sla_days")
OVERDUE = DefinerFunction(
    "lead_timers_overdue(timestamptz)", "/readyz tells how many timers wait, and not whose", for_api=True
)
SCORE_MODELS = closed("lead_score_models")
