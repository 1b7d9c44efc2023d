"""Search by apps themselves, and saved searches."""

from api.search import saved_searches, tokens
from api.search.problems import PROBLEMS
from api.search.router import router

TAG = {
    "name": "search",
    "description": "Let an app search the index itself; save searches, and be told of new cars and lower prices.",
}

__all__ = ["PROBLEMS", "TAG", "router", "saved_searches", "tokens"]
