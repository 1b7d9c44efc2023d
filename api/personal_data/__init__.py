"""A person's own data: all of them, and their erasure."""

from api.personal_data.endpoints import router
from api.personal_data.problems import PROBLEMS

TAG = {"name": "personal data", "description": "See everything that is held of you, and have yourself erased."}

__all__ = ["PROBLEMS", "TAG", "router"]
