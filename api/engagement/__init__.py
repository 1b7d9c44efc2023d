"""Events of shoppers, as apps send them."""

from api.engagement import events, published
from api.engagement.problems import PROBLEMS
from api.engagement.router import router

TAG = {"name": "engagement", "description": "Tell what shoppers do."}

__all__ = ["PROBLEMS", "TAG", "events", "published", "router"]
