"""Convert a sender's text into canonical values, one kind of value a module; the same for all mappings.

Each module turns columns of text into columns of the canonical listing. Words are folded once per distinct spelling
(`distinct.map_distinct`), numbers and dates by expressions.
"""
