"""Payment providers: their callbacks are kept, and inquiries tell what was paid and given back."""
