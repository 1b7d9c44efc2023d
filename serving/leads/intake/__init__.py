"""Leads coming in: what buyers ask, mails and partners' systems, and the one place that makes a lead of them."""
