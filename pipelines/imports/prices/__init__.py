"""Compare prices of files with the market's, and hold implausible ones back until the dealer confirms them."""
