"""Declare who may reach the keys that personal data are sealed under, and the erasures of people."""

from core.access.policies import TableAccess, own_person

KEYS = TableAccess(
    "data_keys",
    api="SELECT, INSERT, UPDATE (in_trail)",  # destroying keys is the pipelines'
    unrestricted="a wrapped key opens nothing without a master key, and what it seals stands in rows with policies of"
    " their own; strangers' contacts get theirs before anybody is known",
)
ERASURES = TableAccess("erasures", (own_person(),), api="SELECT, INSERT")
