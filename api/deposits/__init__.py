"""Deposits on cars: opening, answering, taking and giving back, payouts, and callbacks of payment providers."""

from api.deposits import callbacks, differences, endpoints, entries, pages, payouts
from api.deposits.problems import PROBLEMS
from api.deposits.router import router

TAG = {"name": "deposits", "description": "Deposits on dealers' cars: held, captured or given back."}

__all__ = ["PROBLEMS", "TAG", "callbacks", "differences", "endpoints", "entries", "pages", "payouts", "router"]
