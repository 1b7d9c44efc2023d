"""Text that people typed or read: spelling, lines, mail of machines, pages."""
