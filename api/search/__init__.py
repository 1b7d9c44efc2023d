"""Search by apps themselves."""

from api.search.endpoints import PROBLEMS, router

TAG = {"name": "search", "description": "Let an app search the index itself."}

__all__ = ["PROBLEMS", "TAG", "router"]
