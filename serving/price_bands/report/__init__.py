"""Write the valuation report of a listing as a page."""
