"""Make pricing samples from listings, train the price model, and compute a band for every live listing."""
