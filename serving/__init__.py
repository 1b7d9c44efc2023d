"""Answers and decisions that the API needs, one folder a domain: a service, and the repository that only it uses."""
