"""What people ask for about feeds over the API: kept in order, done in turn, previewed files deleted afterwards."""
