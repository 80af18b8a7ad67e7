"""Notice words that somebody should read soon, and say where help is.

This package knows nothing of surveys, the web or storage. It finds some phrases and misses many; a person reads. A
level changes only how soon. What findings mean for a safeguarding lead is in PRACTICE.md, the format of the rule
packs in docs/screening.md.
"""

from safeguarding.findings import Finding, Level, Screening
from safeguarding.routes import Route, categories, concerns_staff, label, routes_for, topics_for
from safeguarding.screening import screen
from safeguarding.signposts import (
    Channel,
    Hours,
    ShownSignpost,
    Signpost,
    Verification,
    signposts,
    signposts_for,
)

__all__ = [
    "Channel",
    "Finding",
    "Hours",
    "Level",
    "Route",
    "Screening",
    "ShownSignpost",
    "Signpost",
    "Verification",
    "categories",
    "concerns_staff",
    "label",
    "routes_for",
    "screen",
    "signposts",
    "signposts_for",
    "topics_for",
]
