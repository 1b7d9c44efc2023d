"""Send events to partners: signed, in order, again until they are acknowledged."""
