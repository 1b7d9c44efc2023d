"""Measure models: accuracy, coverage, drift, promotion."""
