"""Deposits: what buyers, dealers and finance may do, and what follows from payments."""
