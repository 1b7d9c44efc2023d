"""Fetch files from HTTPS, SFTP and FTPS addresses that dealers gave us, never from inside our own network."""
