"""Wire what the staff face needs: accounts, the desk, and releases that were made."""

from dataclasses import dataclass
from pathlib import Path

from coprod_survey.adapters.sqlite.desk import SqliteDesk
from coprod_survey.adapters.sqlite.staff import SqliteStaff
from coprod_survey.adapters.sqlite.submissions import SqliteSubmissions
from coprod_survey.adapters.sqlite.surveys import SqliteSurveys
from coprod_survey.adapters.system import KeyFiles, SystemClock, SystemEntropy
from coprod_survey.config import Config, load_config
from coprod_survey.ports import Entropy, Secrets, SurveyStore
from coprod_survey.services.read_flags import ReadFlags
from coprod_survey.services.staff import StaffAccounts

STAFF_SECRET = "staff-face"  # noqa: S105 - the name of a key file


@dataclass(frozen=True)
class StaffServices:
    """What the staff face may do."""

    config: Config
    surveys: SurveyStore
    accounts: StaffAccounts
    flags: ReadFlags
    secrets: Secrets
    entropy: Entropy


def wire_staff(folder: Path) -> StaffServices:
    """Wire the staff face of a data folder; raises DataFolderUnusable or BadInput when it cannot serve."""
    config = load_config(folder)
    surveys, secrets, entropy = SqliteSurveys(folder), KeyFiles(folder / "keys"), SystemEntropy()
    accounts = StaffAccounts(SqliteStaff(folder), secrets, entropy)
    flags = ReadFlags(surveys, SqliteSubmissions(folder), SqliteDesk(folder), secrets=secrets, clock=SystemClock())
    return StaffServices(config, surveys, accounts, flags, secrets, entropy)
