"""Bands from similar cars where the model does not answer."""
