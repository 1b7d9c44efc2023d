"""What happens to data: pure steps with a thin repository at each end, a folder a domain. No Dagster in here."""
