"""Anonymous, safeguarded participation surveys: unlinkable answers, help at once, and an answer back."""

__version__ = "0.1.0"
