"""The chance that leads are won: taught by leads whose end is known, and written beside those that are open."""
