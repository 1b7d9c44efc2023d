"""Reach addresses that strangers name, without reaching what is ours."""
