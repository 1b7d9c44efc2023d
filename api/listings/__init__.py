"""Finding cars and reading about one."""

from api.listings.endpoints import router
from api.listings.problems import PROBLEMS

TAG = {"name": "listings", "description": "Find cars and read about one."}

__all__ = ["PROBLEMS", "TAG", "router"]
