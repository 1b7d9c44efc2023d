"""Keep the search index equal to the listings table, by the outbox."""
