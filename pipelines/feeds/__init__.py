"""Turn dealers' files into canonical listings: read the bytes, map the columns, normalise the values, apply the rules.

`parsing.parse.parse_feed` is the whole of it and touches nothing outside its arguments. Mappings
(`mapping/presets/*.toml`, and dealers' own) state how a sender's columns are named; adding a sender is adding a
mapping, never code. `deliveries` records the files that arrive.
"""
