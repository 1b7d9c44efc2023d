"""Prices of cars: bands, explanations and the market index."""

from api.price_bands import accuracy, batch, depreciation, report
from api.price_bands.endpoints import router
from api.price_bands.problems import PROBLEMS

TAG = {
    "name": "price bands",
    "description": "Estimates of a car's price: low, middle and high, with their confidence.",
}

__all__ = ["PROBLEMS", "TAG", "accuracy", "batch", "depreciation", "report", "router"]
