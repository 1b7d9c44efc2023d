"""Search by apps themselves, and saved and recent searches."""

from api.search import recent_searches, saved_searches, tokens
from api.search.problems import PROBLEMS
from api.search.router import router

TAG = {
    "name": "search",
    "description": "Let an app search the index itself; save searches, and be told of new cars and lower prices;"
    " see and forget recent searches.",
}

__all__ = ["PROBLEMS", "TAG", "recent_searches", "router", "saved_searches", "tokens"]
