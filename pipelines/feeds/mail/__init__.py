"""Take stock files out of mail that a mail server laid into a folder (maildir)."""
