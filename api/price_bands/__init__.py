"""Prices of cars: bands, explanations and the market index."""

from api.price_bands.batch import router
from api.price_bands.problems import PROBLEMS

TAG = {"name": "price bands", "description": "What a car is worth: low, middle, high, and how sure we are."}

__all__ = ["PROBLEMS", "TAG", "router"]
