"""PostgreSQL: the tables, their migrations, sessions, and the embedded server that runs where none is configured."""
