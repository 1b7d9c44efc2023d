"""HTTP: what the web and mobile apps call. It translates; it decides nothing and holds no SQL."""
