"""Collect what is known of sales, and fit the model that learns from them."""
