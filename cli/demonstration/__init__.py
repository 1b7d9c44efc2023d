"""The parts of `automart demo`: people, domains, a lead, and the summary of the run."""
