"""People's rights over their own data: to see all of it, and to have it erased."""
