"""The chance that a lead is won, by what is known when it comes: a small calibrated model. Frames in, numbers out."""

VERSION = 1
"""Version of inputs and artifact; models of another version are not used."""
