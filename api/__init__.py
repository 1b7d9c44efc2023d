"""The HTTP interface of the web and mobile apps. It translates; it decides nothing and holds no SQL."""
