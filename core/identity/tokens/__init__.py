"""Verify access tokens of OpenID Connect issuers."""
