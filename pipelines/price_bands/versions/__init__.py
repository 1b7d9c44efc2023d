"""Versions of the price model: trained, evaluated, recorded, recalibrated and rolled back."""
