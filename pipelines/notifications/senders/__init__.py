"""Senders of messages: console, SMTP, HTTP gateway, with one contract (`contract.py`)."""
