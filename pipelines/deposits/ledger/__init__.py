"""Double entry: accounts, transfers and balances."""
