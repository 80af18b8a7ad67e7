"""Wire what the participant face needs: public keys, invitations to check, slots to fill; no results, desk or seed."""

from dataclasses import dataclass
from pathlib import Path

from coprod_survey.adapters.sqlite.invitations import SqliteInvitations
from coprod_survey.adapters.sqlite.submissions import SqliteSubmissions
from coprod_survey.adapters.sqlite.surveys import SqliteSurveys
from coprod_survey.adapters.system import KeyFiles, SystemClock, SystemEntropy
from coprod_survey.config import Config, load_config
from coprod_survey.ports import Clock, SurveyStore
from coprod_survey.services.participate import Participate
from safeguarding import screen


@dataclass(frozen=True)
class ParticipantServices:
    """What the participant face may do."""

    config: Config
    surveys: SurveyStore
    participate: Participate
    clock: Clock


def wire_participant(folder: Path) -> ParticipantServices:
    """Wire the participant face of a data folder; raises DataFolderUnusable or BadInput when it cannot serve."""
    config = load_config(folder)
    screen("")  # reads the rules now, or the first participant of each process would wait for them
    participate = Participate(
        SqliteInvitations(folder), SqliteSubmissions(folder), KeyFiles(folder / "keys"), SystemEntropy()
    )
    return ParticipantServices(config, SqliteSurveys(folder), participate, SystemClock())
