"""An invented market, the same one for the same seed: dealers, their feed files in many formats and their dirt.

It is what the demo shows and what tests measure against: `market.write_market` returns a manifest that says, for
every file, how many rows must become listings and how many must be rejected with which code; `pricing` holds the
formula behind the prices, so that a price model can be judged by how well it finds it.
"""
