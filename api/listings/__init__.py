"""Finding cars, reading about one, and managing one's own."""

from api.listings import contact, endpoints, history, writes
from api.listings.problems import PROBLEMS
from api.listings.router import router

TAG = {"name": "listings", "description": "Find cars, read about one, and manage your own."}

__all__ = ["PROBLEMS", "TAG", "contact", "endpoints", "history", "router", "writes"]
