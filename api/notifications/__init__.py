"""How people are told things: channels, quiet hours, and the apps that take push messages."""

from api.notifications import endpoints
from api.notifications.problems import PROBLEMS
from api.notifications.router import router

TAG = {
    "name": "notifications",
    "description": "By which channels, in which language and at which hours the caller is told of leads, ads and"
    " webhooks. Codes and invitations are sent at once, whatever is chosen.",
}

__all__ = ["PROBLEMS", "TAG", "endpoints", "router"]
