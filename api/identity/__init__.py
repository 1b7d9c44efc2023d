"""Logging in, one's own account, and organisations that run themselves."""

from api.identity import accounts, branches, invitations, login, me, members
from api.identity.problems import PROBLEMS
from api.identity.router import router

TAG = {"name": "identity", "description": "Log in, see who you are, and run your organisation."}

__all__ = ["PROBLEMS", "TAG", "accounts", "branches", "invitations", "login", "me", "members", "router"]
