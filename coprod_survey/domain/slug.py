"""A survey's short address must say nothing about its subject: it stands in browser histories and on bills."""

import re
from collections.abc import Iterable

SLUG = re.compile(r"(?=.{3,40}\Z)[a-z0-9]+(-[a-z0-9]+)*")
SLUG_MEND = "use 3 to 40 lower-case letters and digits with single hyphens between words, such as your-views-spring"

# Beginnings of words that would tell somebody looking over a shoulder what the survey is about.
_BEGINNINGS = re.compile(
    "abort|abus|addict|alcohol|anorex|assault|asylum|autis|bereave|bulimi|bully|cancer|coerc|crisis|dementia|depress|"
    "distress|domestic|drug|eating-disorder|forced|gambl|homeless|honour|ill-treat|mental|neglect|offend|overdos|"
    "prison|probation|psych|rehab|refug|safeguard|schizo|seclusion|self-?harm|sexual|suicid|trauma|violen"
)
_WHOLE_WORDS = re.compile("(aids|bpd|dv|fgm|gay|gum|hiv|lgbt|ptsd|queer|rape|restraint|sex|std|sti|trans)(?![a-z0-9])")
_SAY_NOTHING = frozenset({"anything", "care", "general", "health", "information", "other"})


def telling_word(slug: str, topics: Iterable[str] = ()) -> str | None:
    """Return the first part of a slug that gives its subject away, or None.

    `topics` are the instrument's own: each of their words of four or more letters gives it away as well.
    """
    words = {word for topic in topics for word in re.split(r"[_-]", topic) if len(word) > 3} - _SAY_NOTHING
    own = re.compile("|".join(map(re.escape, sorted(words))) or "(?!)")
    for word in re.finditer(r"[a-z0-9]+", slug):
        for telling in (_BEGINNINGS, _WHOLE_WORDS, own):
            if found := telling.match(slug, word.start()):
                return max(found.group(), word.group(), key=len)
    return None
