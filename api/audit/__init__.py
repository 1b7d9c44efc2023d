"""The audit trail, for those who may read it."""

from api.audit.endpoints import router
from api.audit.problems import PROBLEMS

TAG = {"name": "audit", "description": "Who did what to a thing, and when."}

__all__ = ["PROBLEMS", "TAG", "router"]
