"""Judgements of photos for people: scores, plates, copies, and what dealers say against them."""
