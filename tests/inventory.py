"""Give the old address of `tests.factories.listings` to tests that are being written."""

from tests.factories.listings import CHANGES, PLAIN, add_listing, add_many, change_listing, dealer, settle

__all__ = ["CHANGES", "PLAIN", "add_listing", "add_many", "change_listing", "dealer", "settle"]
