"""Staff accounts in staff.db; see ports.StaffStore."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from sqlite_utils import Database, Migrations

from coprod_survey.adapters.sqlite.database import DatabaseFile
from coprod_survey.crypto.wraps import Wrap
from coprod_survey.domain.errors import Refused
from coprod_survey.domain.staff import Person, Role

_migrations = Migrations("staff")


@_migrations(name="001_people")
def _people(db: Database) -> None:
    db.table("people").create(
        {"id": str, "name": str, "folded_name": str, "role": str, "public_key": bytes, "wrap": str}, pk="id"
    )
    db.table("people").create_index(["folded_name"], unique=True)


class SqliteStaff:
    """Keep accounts; the passphrase itself is nowhere."""

    def __init__(self, folder: Path) -> None:
        self.file = DatabaseFile(folder / "staff.db", _migrations)

    def add(self, person: Person, wrap: Wrap) -> None:
        """See ports.StaffStore."""
        with self.file.writing() as db:
            if db.execute("SELECT 1 FROM people WHERE folded_name = ?", (person.name.casefold(),)).fetchone():
                raise Refused(f"There is already an account named {person.name}. Choose another name.")
            row = (person.id, person.name, person.name.casefold(), person.role.value, person.public_key)
            db.execute("INSERT INTO people VALUES (?, ?, ?, ?, ?, ?)", (*row, json.dumps(wrap.to_json())))

    def find(self, name: str) -> tuple[Person, Wrap] | None:
        """See ports.StaffStore."""
        with self.file.reading() as db:
            row = db.execute(
                "SELECT * FROM people WHERE folded_name = ?", (" ".join(name.split()).casefold(),)
            ).fetchone()
        return (_person(row), Wrap.from_json(json.loads(row[5]))) if row else None

    def all(self) -> Sequence[Person]:
        """See ports.StaffStore."""
        with self.file.reading() as db:
            return [_person(row) for row in db.execute("SELECT * FROM people ORDER BY folded_name")]


def _person(row: tuple[Any, ...]) -> Person:
    return Person(id=row[0], name=row[1], role=Role(row[3]), public_key=bytes(row[4]))
