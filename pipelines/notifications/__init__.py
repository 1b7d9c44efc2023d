"""Messages to people by SMS and e-mail: templates, a queue in the database, senders."""
