"""Deposits: the ledger, the rules of deposits, and payment providers."""
