"""Secret keys of the platform, sealing of personal data, and bearer tokens, which are kept as digests alone."""
