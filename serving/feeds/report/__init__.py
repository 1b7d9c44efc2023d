"""The report of a dealer's file: as a page in English and Urdu, and its rejected rows as CSV."""
