"""Pricing samples: the ads whose asking prices may teach the price model."""
