"""What two or more folders stand on: settings, errors, tables, storage, search. It has no flow of its own."""
