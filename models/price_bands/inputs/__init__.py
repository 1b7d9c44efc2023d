"""Turn cars into the columns that the model reads."""
