"""Describe, as data, how a sender's columns become listings."""
