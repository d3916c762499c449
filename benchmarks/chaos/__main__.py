"""`python -m benchmarks.chaos`."""

from benchmarks.chaos.trial import main

if __name__ == "__main__":
    raise SystemExit(main())
