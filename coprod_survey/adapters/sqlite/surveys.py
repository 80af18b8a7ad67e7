"""Surveys, their public keys, sealed seeds and releases in surveys.db; see ports.SurveyStore."""

import json
from collections.abc import Mapping, Sequence
from datetime import date
from functools import lru_cache
from pathlib import Path
from typing import Any

from sqlite_utils import Database, Migrations

from coprod_survey.adapters.sqlite.database import DatabaseFile
from coprod_survey.domain.errors import Refused, UnknownSurvey
from coprod_survey.domain.instrument import Instrument
from coprod_survey.domain.instrument_file import load_instrument
from coprod_survey.domain.survey import Sealing, State, Survey
from coprod_survey.ports import SealedSeed, StoredRelease

_migrations = Migrations("surveys")


@_migrations(name="001_surveys")
def _surveys(db: Database) -> None:
    survey = {"slug": str, "document": str, "state": str, "demonstration": int, "plan_hash": str}
    sealing = {"answer_key": bytes, "answer_bucket": int, "block_key": bytes, "block_bucket": int}
    db.table("surveys").create({**survey, **sealing, "opened_on": str, "closed_on": str}, pk="slug")
    db.table("seeds").create(
        {"slug": str, "holder_id": str, "slot": str, "sealed": bytes}, pk=("slug", "holder_id", "slot")
    )
    db.table("releases").create({"id": str, "slug": str, "made_on": str}, pk="id")
    db.table("release_files").create({"release_id": str, "name": str, "content": bytes}, pk=("release_id", "name"))


class SqliteSurveys:
    """Keep surveys; an opened instrument is stored once and never written again."""

    def __init__(self, folder: Path) -> None:
        self.file = DatabaseFile(folder / "surveys.db", _migrations)

    def add(self, survey: Survey, document: Mapping[str, Any]) -> None:
        """See ports.SurveyStore."""
        with self.file.writing() as db:
            if db.execute("SELECT 1 FROM surveys WHERE slug = ?", (survey.slug,)).fetchone():
                raise Refused(f"There is already a survey with the address {survey.slug}. Choose another slug.")
            stored = json.dumps(document, ensure_ascii=False, sort_keys=True)
            db.table("surveys").insert({"slug": survey.slug, "document": stored, **_columns(survey)})

    def get(self, slug: str) -> Survey:
        """See ports.SurveyStore."""
        with self.file.reading() as db:
            row = next(db.query("SELECT * FROM surveys WHERE slug = ?", (slug,)), None)
        if row is None:
            raise UnknownSurvey
        return _survey(row)

    def all(self) -> Sequence[Survey]:
        """See ports.SurveyStore."""
        with self.file.reading() as db:
            return [_survey(row) for row in db.query("SELECT * FROM surveys ORDER BY slug")]

    def change(self, before: Survey, after: Survey, seeds: Sequence[SealedSeed] = ()) -> None:
        """See ports.SurveyStore."""
        with self.file.writing() as db:
            stored = db.execute("SELECT state FROM surveys WHERE slug = ?", (before.slug,)).fetchone()
            if stored is None or stored[0] != before.state.value:
                raise Refused(f"The survey {before.slug} was changed by somebody else just now. Look again and repeat.")
            db.table("surveys").update(before.slug, _columns(after))
            rows = [(before.slug, seed.holder_id, seed.slot, seed.sealed) for seed in seeds]
            db.conn.executemany("INSERT INTO seeds VALUES (?, ?, ?, ?)", rows)

    def add_seed(self, slug: str, seed: SealedSeed) -> None:
        """See ports.SurveyStore."""
        with self.file.writing() as db:
            row = (slug, seed.holder_id, seed.slot, seed.sealed)
            db.execute("INSERT OR IGNORE INTO seeds VALUES (?, ?, ?, ?)", row)

    def seeds(self, slug: str) -> Sequence[SealedSeed]:
        """See ports.SurveyStore."""
        with self.file.reading() as db:
            query = "SELECT holder_id, slot, sealed FROM seeds WHERE slug = ? ORDER BY holder_id, slot"
            return [SealedSeed(holder, slot, bytes(sealed)) for holder, slot, sealed in db.execute(query, (slug,))]

    def add_release(self, release: StoredRelease) -> None:
        """See ports.SurveyStore."""
        with self.file.writing() as db:
            row = (release.id, release.survey_slug, release.made_on.isoformat())
            if not db.execute("INSERT OR IGNORE INTO releases VALUES (?, ?, ?)", row).rowcount:
                return
            files = [(release.id, name, content) for name, content in release.files.items()]
            db.conn.executemany("INSERT INTO release_files VALUES (?, ?, ?)", files)

    def releases(self, slug: str) -> Sequence[StoredRelease]:
        """See ports.SurveyStore."""
        with self.file.reading() as db:
            rows = db.execute(
                "SELECT id, made_on FROM releases WHERE slug = ? ORDER BY made_on, id", (slug,)
            ).fetchall()
            return [StoredRelease(rid, slug, date.fromisoformat(made_on), _files(db, rid)) for rid, made_on in rows]


def _files(db: Database, release_id: str) -> dict[str, bytes]:
    query = "SELECT name, content FROM release_files WHERE release_id = ? ORDER BY name"
    return {name: bytes(content) for name, content in db.execute(query, (release_id,))}


def _columns(survey: Survey) -> dict[str, Any]:
    sealing = survey.sealing
    return {
        "state": survey.state.value,
        "demonstration": int(survey.demonstration),
        "plan_hash": survey.plan_hash,
        "answer_key": sealing.answer_key if sealing else None,
        "answer_bucket": sealing.answer_bucket if sealing else None,
        "block_key": sealing.block_key if sealing else None,
        "block_bucket": sealing.block_bucket if sealing else None,
        "opened_on": survey.opened_on.isoformat() if survey.opened_on else None,
        "closed_on": survey.closed_on.isoformat() if survey.closed_on else None,
    }


def _survey(row: Mapping[str, Any]) -> Survey:
    sealed = row["answer_key"] is not None
    sealing = (
        Sealing(bytes(row["answer_key"]), row["answer_bucket"], bytes(row["block_key"]), row["block_bucket"])
        if sealed
        else None
    )
    return Survey(
        slug=row["slug"],
        instrument=_instrument(row["document"]),
        state=State(row["state"]),
        demonstration=bool(row["demonstration"]),
        sealing=sealing,
        plan_hash=row["plan_hash"],
        opened_on=date.fromisoformat(row["opened_on"]) if row["opened_on"] else None,
        closed_on=date.fromisoformat(row["closed_on"]) if row["closed_on"] else None,
    )


@lru_cache(maxsize=64)
def _instrument(document: str) -> Instrument:
    """Read a stored instrument; kept in memory, because every page needs it and it never changes."""
    return load_instrument(json.loads(document))
