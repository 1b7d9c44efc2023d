"""Drawn photos of invented cars, with what is on them: cars, plates, papers, defects, and edited copies."""
