"""Read the stock list out of a workbook (.xlsx, .ods) as tab-separated text."""
