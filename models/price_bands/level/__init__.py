"""Correct the price level with recent ads."""
