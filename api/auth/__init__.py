"""Sign-in, tokens and keys over plain HTTP, and who calls."""
