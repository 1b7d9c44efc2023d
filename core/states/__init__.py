"""The states of listings, leads and deposits, and who may move from one to the next."""
