"""What an earlier run found in a file, for as long as all that it saw is the same."""
