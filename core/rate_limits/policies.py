"""Declare who may count calls."""

from core.access.policies import EVERYTHING, TableAccess

COUNTERS = TableAccess(
    "rate_limit_counters",
    api=EVERYTHING,
    unrestricted="counted before it is known who calls; the keys are digests, and each is of one caller and operation",
)
