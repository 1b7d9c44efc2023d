"""Feeds, as their senders see them."""

from api.feeds.endpoints import router
from api.feeds.problems import PROBLEMS

TAG = {"name": "feeds", "description": "For dealers' systems: deliver a stock file and follow its import."}

__all__ = ["PROBLEMS", "TAG", "router"]
