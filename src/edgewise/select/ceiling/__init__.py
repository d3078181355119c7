"""What selection can win at most on a profile, before anything is trained."""
