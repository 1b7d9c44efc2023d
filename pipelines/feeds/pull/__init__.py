"""Fetch files from HTTPS and SFTP addresses that dealers gave us, never from inside our own network."""
