"""Declare who may see cases and marks of moderation: the owner of the listing, and staff."""

from core.access.policies import DefinerFunction, TableAccess, of_own_listing, staff

CASES = TableAccess(
    "moderation_cases",
    (of_own_listing("moderation_cases.listing_id"), staff()),
    api="SELECT, UPDATE (kind, judged_sequence, findings, statement, reasons, note)",
)
MARKS = TableAccess(
    "moderation_marks", (of_own_listing("moderation_marks.listing_id", "SELECT"), staff("SELECT")), api="SELECT"
)
FOLLOW = DefinerFunction(
    "moderation_follow_state()", "a case opens and closes with the state of its listing, and by nothing else"
)
