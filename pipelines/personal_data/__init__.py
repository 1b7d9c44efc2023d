"""Process personal data: erasures and their replay after a restore, rotations of keys, sealing with new keys."""
