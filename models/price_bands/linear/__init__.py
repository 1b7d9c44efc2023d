"""The linear estimate of the logarithm of the price."""
