"""Estimate price bands of used cars: fit, calibrate, predict, evaluate. Pure functions of frames and arrays."""
