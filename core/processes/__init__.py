"""Child processes with limits, and small servers on this machine."""
