"""Prices beside the models: ratings of deals, versions of price models, and prices that slipped a unit."""
