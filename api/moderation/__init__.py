"""The queue of moderation, its decisions, and appeals."""

from api.moderation import endpoints, shared_chassis
from api.moderation.problems import PROBLEMS
from api.moderation.router import router

TAG = {"name": "moderation", "description": "What rules and moderators decide about cars, and appeals to people."}

__all__ = ["PROBLEMS", "TAG", "endpoints", "router", "shared_chassis"]
