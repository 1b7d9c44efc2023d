"""Find the saved searches that changed cars meet: all searches at once, a batch of cars at a time."""
