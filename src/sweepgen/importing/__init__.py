"""What a team has already, to a spec."""
