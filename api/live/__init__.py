"""Live push by WebSocket and by Server-Sent Events."""

from api.live import endpoints, socket
from api.live.problems import PROBLEMS
from api.live.router import router

TAG = {"name": "live", "description": "Hear of leads, deposits and states of cars as they happen."}

__all__ = ["PROBLEMS", "TAG", "endpoints", "router", "socket"]
