"""Photos of cars: checked, cleaned, made into variants; copies of feeds' photos; and what is left over, deleted."""
