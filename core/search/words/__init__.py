"""Words of queries and listings: folding, spelling, synonyms, suggestions."""
