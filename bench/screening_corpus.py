"""Say how the rules do on the invented corpus, author by author: none of its authors saw the rules, nor the reverse.

Run from the root of the checkout: python bench/screening_corpus.py. Invented texts say nothing of real people, and
tempting answers are far denser here than in life (safeguarding/corpus/DATASHEET.md).
"""

import json
import sys
from collections import Counter
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))  # runs as a script as well as with -m
from safeguarding import Level, screen

CORPUS = ROOT / "safeguarding" / "corpus"
DISCLOSED = ("review", "urgent")


def main() -> int:
    """Print one line per author, and the whole."""
    whole: Counter[str] = Counter()
    for file in sorted(CORPUS.glob("author*.jsonl")):
        counted = count(file)
        whole += counted
        found, flagged = share(counted, "found", "disclosed"), share(counted, "flagged", "none")
        print(f"{file.stem}: {found} of disclosures, {flagged} of none")
    print(f"all: {share(whole, 'found', 'disclosed')} of disclosures found as review or sooner")
    print(f"     {share(whole, 'at once', 'urgent')} of urgent found as urgent")
    print(f"     {share(whole, 'flagged', 'none')} of none flagged")
    return 0


def count(file: Path) -> Counter[str]:
    """Count one author's English answers by what was expected and what the rules said."""
    counted: Counter[str] = Counter()
    for line in file.read_text(encoding="utf-8").splitlines():
        answer = json.loads(line)
        if answer["language"] != "en":
            continue
        level, found = answer["level"], screen(answer["text"]).level
        counted["disclosed"] += level in DISCLOSED
        counted["found"] += level in DISCLOSED and found >= Level.REVIEW
        counted["urgent"] += level == "urgent"
        counted["at once"] += level == "urgent" and found >= Level.URGENT
        counted["none"] += level == "none"
        counted["flagged"] += level == "none" and found >= Level.REVIEW
    return counted


def share(counted: Counter[str], part: str, of: str) -> str:
    """Write a share as numbers and a percentage."""
    return f"{counted[part]} of {counted[of]} ({100 * counted[part] / max(1, counted[of]):.1f} %)"


if __name__ == "__main__":
    raise SystemExit(main())
