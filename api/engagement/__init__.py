"""Events of shoppers, as apps send them."""

from api.engagement import events, products, published
from api.engagement.problems import PROBLEMS
from api.engagement.router import router

TAG = {"name": "engagement", "description": "Tell what shoppers do, and read what it says."}

__all__ = ["PROBLEMS", "TAG", "events", "products", "published", "router"]
