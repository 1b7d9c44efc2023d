"""Events of closed hours as Parquet in object storage."""
