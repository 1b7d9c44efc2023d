"""Money that people of finance move: refunds, disputes, entries by hand and payouts, approved by a second person."""
