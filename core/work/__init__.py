"""Background loops of all domains: declared in their folders, run by `automart work`, each by one process at a time."""
