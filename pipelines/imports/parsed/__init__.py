"""Rows of files after reading: kept in storage until they are imported, and recognised when they come again."""
