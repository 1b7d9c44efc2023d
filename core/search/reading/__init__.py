"""Read a search into typed filters, words and notes, before any engine sees it; decision 0100."""
