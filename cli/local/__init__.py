"""The embedded stack: every server of the platform on one machine, started by command and watched by a small supervisor."""
