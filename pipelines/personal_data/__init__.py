"""What happens to personal data: erasures and their replay after a restore, rotations of keys, sealing anew."""
