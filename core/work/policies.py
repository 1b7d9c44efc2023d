"""Declare who may see the claims on background loops."""

from core.access.policies import TableAccess, everybody

CLAIMS = TableAccess(
    "work_claims",
    (everybody("/readyz tells which loops are alive and fail by which code; owners and errors are not granted"),),
    api="SELECT (loop, expires_at, failures, last_code)",
)
