"""Feeds, as their senders see them."""

from api.feeds import endpoints, mappings, outcomes, report, requests, sources
from api.feeds.problems import PROBLEMS
from api.feeds.router import router

TAG = {
    "name": "feeds",
    "description": "For dealers' systems: deliver stock files, follow and decide their import, say how"
    " and from where they are read.",
}

__all__ = ["PROBLEMS", "TAG", "endpoints", "mappings", "outcomes", "report", "requests", "router", "sources"]
