"""Leads in the Auto-lead Data Format (ADF 1.0): read leniently from documents and mails, written strictly."""
