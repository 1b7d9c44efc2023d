"""Leads: buyers ask about cars, and dealers' desks answer in time."""

from api.leads import asking, attaching, desk, importing, summary, working
from api.leads.problems import PROBLEMS
from api.leads.router import router

TAG = {"name": "leads", "description": "What buyers ask about cars, who answers it, and until when."}

__all__ = ["PROBLEMS", "TAG", "asking", "attaching", "desk", "importing", "router", "summary", "working"]
