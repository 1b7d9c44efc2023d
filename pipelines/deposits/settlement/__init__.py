"""Settlement files of providers and statements of the bank, compared with our own payments, refunds and payouts."""
