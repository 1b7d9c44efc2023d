"""Feeds, as their senders see them."""

from api.feeds.endpoints import router
from api.feeds.problems import PROBLEMS

TAG = {"name": "feeds", "description": "For dealers' systems: deliver a stock file and see what became of it."}

__all__ = ["PROBLEMS", "TAG", "router"]
