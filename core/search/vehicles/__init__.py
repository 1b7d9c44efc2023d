"""What the catalogue knows of a model that feeds do not say: seats and driven wheels."""
