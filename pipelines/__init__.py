"""Process data: pure steps with a thin repository at each end, one folder for each domain. No Dagster in here."""
