"""Liveness and readiness of the platform, for its operators."""

from api.health.endpoints import router
from api.health.problems import PROBLEMS

TAG = {"name": "health", "description": "For those who run the platform."}

__all__ = ["PROBLEMS", "TAG", "router"]
