"""Run the command line as `python -m coprod_survey`."""

from coprod_survey.cli import main

if __name__ == "__main__":
    raise SystemExit(main())
