"""Names of key files and purposes of seals, in one place: a seal opens only under the purpose it was made for."""

from coprod_survey.crypto.sealing import Purpose

ANSWERS = "answers"
DESK = "desk"
RECOVERY = "recovery"


def answer_purpose(slug: str) -> Purpose:
    """Return the purpose of an answer's envelope."""
    return Purpose("answer", slug)


def block_purpose(slug: str) -> Purpose:
    """Return the purpose of a safeguarding block."""
    return Purpose("block", slug)


def flag_purpose(slug: str) -> Purpose:
    """Return the purpose of a flag in the desk's archive."""
    return Purpose("flag", slug)


def seed_purpose(slug: str, slot: str, holder_id: str) -> Purpose:
    """Return the purpose of a survey's seed sealed to one holder; `slot` is ANSWERS or DESK."""
    return Purpose(f"survey-seed/{slot}", f"{slug}/{holder_id}")


def code_key_file(slug: str) -> str:
    """Return the name of the key file from which credentials of a survey's codes are derived."""
    return f"codes-{slug}"


def survey_shred_file(slug: str) -> str:
    """Return the name of the survey's shred key."""
    return f"shred-survey-{slug}"


def person_shred_file(person_id: str) -> str:
    """Return the name of a person's shred key."""
    return f"shred-person-{person_id}"
