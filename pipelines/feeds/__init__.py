"""Turn dealers' files into canonical listings: read the bytes, map the columns, normalise the values, apply the rules.

`parse.parse_feed` is the whole of it and touches nothing outside its arguments. Mappings (`mappings/*.toml`) say how
a sender's columns are named; adding a sender is adding a mapping, never code. The record of what arrived is kept by
`intake` and `repository`.
"""
