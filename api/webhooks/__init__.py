"""Webhooks: subscriptions of partners, and deliveries to them."""

from api.webhooks import deliveries, endpoints
from api.webhooks.problems import PROBLEMS
from api.webhooks.router import router

TAG = {
    "name": "webhooks",
    "description": "Signed messages to partners' own addresses, as Standard Webhooks 1.0.0 says.",
}

__all__ = ["PROBLEMS", "TAG", "deliveries", "endpoints", "router"]
