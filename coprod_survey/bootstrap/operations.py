"""Wire what the command line needs, and make a new instance."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from coprod_survey.adapters.cards import CardSheets
from coprod_survey.adapters.exports import ExportFiles
from coprod_survey.adapters.sqlite.database import DatabaseFile
from coprod_survey.adapters.sqlite.desk import SqliteDesk
from coprod_survey.adapters.sqlite.invitations import SqliteInvitations
from coprod_survey.adapters.sqlite.staff import SqliteStaff
from coprod_survey.adapters.sqlite.submissions import SqliteSubmissions
from coprod_survey.adapters.sqlite.surveys import SqliteSurveys
from coprod_survey.adapters.system import KeyFiles, SystemClock, SystemEntropy, WorkingSetFiles
from coprod_survey.bootstrap.staff import STAFF_SECRET
from coprod_survey.config import Config, address_fault, load_config
from coprod_survey.crypto.sealing import SEED_BYTES, public_key_of
from coprod_survey.domain.answers import Answers
from coprod_survey.domain.errors import BadInput, DataFolderUnusable, Refused
from coprod_survey.domain.invitation import crockford, in_groups, parse_crockford
from coprod_survey.domain.staff import Person, Role
from coprod_survey.services.hand_out import HandOut
from coprod_survey.services.invite import Invite
from coprod_survey.services.keyholding import RECOVERY
from coprod_survey.services.open_results import OpenResults
from coprod_survey.services.release import MakeRelease
from coprod_survey.services.share_desk import ShareDesk
from coprod_survey.services.staff import StaffAccounts, Unlocked
from coprod_survey.services.surveys import Surveys

_CHECK_BYTES = 3


@dataclass(frozen=True)
class Operations:
    """What an administrator, an organiser and holders do at the command line."""

    config: Config
    accounts: StaffAccounts
    surveys: Surveys
    invite: Invite
    hand_out: HandOut
    results: OpenResults
    release: MakeRelease
    share_desk: ShareDesk


def wire_operations(folder: Path) -> Operations:
    """Wire the commands of a data folder; migrates its files first, one process at a time."""
    config = load_config(folder)
    _must_be_there(folder)
    prepare_files(folder)
    store, submissions, people = SqliteSurveys(folder), SqliteSubmissions(folder), SqliteStaff(folder)
    secrets, entropy, clock = KeyFiles(folder / "keys"), SystemEntropy(), SystemClock()
    results = OpenResults(store, submissions, WorkingSetFiles(folder / "working"), secrets=secrets, entropy=entropy)
    invite = Invite(store, SqliteInvitations(folder), submissions, entropy)
    return Operations(
        config=config,
        accounts=StaffAccounts(people, secrets, entropy),
        surveys=Surveys(store, people, secrets, clock=clock, entropy=entropy),
        invite=invite,
        hand_out=HandOut(store, invite, CardSheets(), participant_url=config.participant_url),
        results=results,
        release=MakeRelease(store, results, ExportFiles(), clock=clock),
        share_desk=ShareDesk(store, people, secrets, entropy),
    )


def initialise(folder: Path, *, participant_url: str, staff_url: str) -> str:
    """Make a new instance and return its recovery key, spelled for paper; it is kept nowhere.

    Raises Refused where something is already there or an address cannot be used, DataFolderUnusable where the folder
    cannot be made.
    """
    for option, address in (("--participant-url", participant_url), ("--staff-url", staff_url)):
        fault = address_fault(address)
        if fault:
            raise Refused(f"{option} {fault}.")
    if folder.exists() and not (folder.is_dir() and not any(folder.iterdir())):
        raise Refused(f"{folder} is not empty, and nothing is ever overwritten. Choose a new folder.")
    try:
        for part in (folder, folder / "keys", folder / "working"):
            part.mkdir(mode=0o700, parents=True, exist_ok=True)
            part.chmod(0o700)
    except OSError:
        raise DataFolderUnusable(f"{folder} cannot be created. Check the path and who owns its parent.") from None
    entropy = SystemEntropy()
    seed = entropy.token(SEED_BYTES)
    KeyFiles(folder / "keys").create(STAFF_SECRET, entropy.token(32))
    Config(folder, participant_url, staff_url, public_key_of(seed)).save()
    prepare_files(folder)
    return spell_recovery_key(seed)


def prepare_files(folder: Path) -> None:
    """Create or migrate every database file; raises DataFolderUnusable for a newer or damaged one."""
    for file in _files(folder):
        file.prepare()


def _files(folder: Path) -> list[DatabaseFile]:
    return [
        SqliteSurveys(folder).file,
        SqliteInvitations(folder).file,
        SqliteSubmissions(folder).file,
        SqliteDesk(folder).file,
        SqliteStaff(folder).file,
    ]


def _must_be_there(folder: Path) -> None:
    """Refuse an instance that has lost a database: made anew and empty, it would pass for one without answers."""
    for file in _files(folder):
        if not file.path.is_file() or not file.path.stat().st_size:
            raise DataFolderUnusable(f"{file.path.name} is missing from the data folder or empty. Restore it.")


def spell_recovery_key(seed: bytes) -> str:
    """Spell the recovery seed with a checksum (3 bytes of SHA-256) in 14 groups of four characters."""
    return in_groups(crockford(seed + hashlib.sha256(seed).digest()[:_CHECK_BYTES]))


def opened_responses(folder: Path, slug: str, passphrases: Mapping[str, str]) -> list[Answers]:
    """Open every answer of a closed survey for its holders, in an order that tells nothing.

    For checks that compare what was sent with what is stored; no face and no command calls it.
    """
    operations = wire_operations(folder)
    holders = [operations.accounts.unlock(name, passphrase) for name, passphrase in passphrases.items()]
    return operations.results.responses(slug, holders)


def recovery_holder(typed: str) -> Unlocked:
    """Turn the recovery key as printed by `init` into a holder; raises BadInput when it is mistyped."""
    seed = read_recovery_key(typed)
    return Unlocked(Person(RECOVERY, "the recovery key", Role.ADMIN, public_key_of(seed)), seed)


def read_recovery_key(typed: str) -> bytes:
    """Return the 32-byte seed of a recovery key as somebody typed it; raises BadInput when it is mistyped."""
    raw = parse_crockford(typed, SEED_BYTES + _CHECK_BYTES)
    if raw is None or hashlib.sha256(raw[:SEED_BYTES]).digest()[:_CHECK_BYTES] != raw[SEED_BYTES:]:
        raise BadInput("That is not a recovery key: it has 14 groups of four characters. Check each and try again.")
    return raw[:SEED_BYTES]
