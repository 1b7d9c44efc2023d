"""Add the facts of a model that feeds do not state: seats and driven wheels, from a small catalogue."""
