"""The directory of help, what may be shown of it, and the routes of a lead."""

from datetime import date, timedelta

import pytest

from safeguarding import categories, concerns_staff, label, routes_for, signposts, signposts_for, topics_for
from safeguarding.signposts import NATIONS

TODAY = date(2026, 11, 22)
EVERY_CHECK = {signpost.id: TODAY for signpost in signposts()}


def shown_ids(**changes: object) -> list[str]:
    """List the ids shown, England and no checks unless said otherwise."""
    options = {"nation": "england", "topics": (), "checks": {}, "today": TODAY, **changes}
    return [shown.signpost.id for shown in signposts_for(**options)]  # type: ignore[arg-type]  # spread by name


def test_no_entry_claims_to_be_checked_live() -> None:
    """The directory ships without a single live check."""
    assert {signpost.verification.live_verified_on for signpost in signposts()} == {None}


def test_entries_have_ids_of_their_own_and_serve_the_united_kingdom() -> None:
    """Ids are unique and nations are those of the United Kingdom."""
    assert len({signpost.id for signpost in signposts()}) == len(signposts())
    assert all(signpost.nations <= NATIONS and signpost.nations for signpost in signposts())


def test_unchecked_only_999_and_111_are_shown() -> None:
    """Without checks a page has the emergency numbers and nothing else."""
    shown = signposts_for(nation="england", topics=["suicidal_thoughts"], checks={}, today=TODAY)
    assert {channel.value for entry in shown for channel in entry.channels} == {"999", "111"}
    assert shown[0].signpost.id == "uk-999"


def test_hours_are_not_claimed_without_a_check() -> None:
    """Not even 999 claims hours that nobody compared."""
    shown = signposts_for(nation=None, topics=(), checks={}, today=TODAY)
    assert [entry.hours_claimed for entry in shown] == [False] * len(shown)


def test_every_nation_sees_an_emergency_number_first() -> None:
    """999 leads the list in every nation and for readers who chose none."""
    assert {shown_ids(nation=nation, checks=EVERY_CHECK)[0] for nation in (*NATIONS, None)} == {"uk-999"}


def test_checked_entry_appears_with_its_hours_and_date() -> None:
    """A check makes an entry appear, with what was compared."""
    shown = signposts_for(nation="england", topics=(), checks={"uk-samaritans": TODAY}, today=TODAY)
    entry = next(entry for entry in shown if entry.signpost.id == "uk-samaritans")
    assert (entry.last_checked, entry.overdue, entry.hours_claimed) == (TODAY, False, True)


@pytest.mark.parametrize(("days", "overdue"), [(90, False), (91, True)])
def test_overdue_entry_stays_without_its_hours(days: int, overdue: bool) -> None:
    """After the re-check period an entry stays, says when it was checked and claims no hours."""
    checked = TODAY - timedelta(days=days)
    shown = signposts_for(nation="england", topics=(), checks={"uk-samaritans": checked}, today=TODAY)
    entry = next(entry for entry in shown if entry.signpost.id == "uk-samaritans")
    assert (entry.last_checked, entry.overdue, entry.hours_claimed) == (checked, overdue, not overdue)


def test_check_in_the_future_is_no_check() -> None:
    """A date that has not come yet cannot be the day of a comparison."""
    assert "uk-samaritans" not in shown_ids(checks={"uk-samaritans": TODAY + timedelta(days=1)})


def test_check_of_an_entry_that_left_the_directory_is_ignored() -> None:
    """An old check does not break a page after an update."""
    assert "uk-999" in shown_ids(checks={"no-such-service": TODAY})


def test_topic_brings_its_services() -> None:
    """A service for a topic appears when the topic does, and only then."""
    assert "uk-beat" in shown_ids(topics=["eating_disorders"], checks=EVERY_CHECK)
    assert "uk-beat" not in shown_ids(topics=["gambling"], checks=EVERY_CHECK)


def test_services_of_other_nations_are_left_out() -> None:
    """Wales sees its own 111 and helpline, and no Scottish one."""
    ids = shown_ids(nation="wales", topics=["domestic_abuse"], checks=EVERY_CHECK)
    assert {"wal-nhs111-2", "wal-live-fear-free"} <= set(ids)
    assert not {"sco-nhs24-111", "eng-nhs111-mh", "sco-domestic-abuse"} & set(ids)


def test_reader_without_a_nation_sees_every_111_and_services_for_all() -> None:
    """Without a choice nothing is guessed: all 111 lines, then what serves the whole United Kingdom."""
    ids = shown_ids(nation=None, topics=["domestic_abuse"], checks=EVERY_CHECK)
    assert {"eng-nhs111-mh", "wal-nhs111-2", "sco-nhs24-111", "uk-samaritans"} <= set(ids)
    assert "eng-refuge" not in ids


def test_order_follows_priority_after_the_emergency_numbers() -> None:
    """After 999 and 111 entries follow by priority."""
    shown = signposts_for(nation="england", topics=["suicidal_thoughts"], checks=EVERY_CHECK, today=TODAY)
    later = [entry.signpost.priority for entry in shown if not entry.signpost.ships_with_release]
    assert later == sorted(later)
    assert len(later) > 3


def test_nation_that_is_none_is_refused() -> None:
    """A misspelt nation is an error, not an empty page."""
    with pytest.raises(ValueError, match="northern_ireland"):
        signposts_for(nation="france", topics=(), checks={}, today=TODAY)


@pytest.mark.parametrize("category", categories())
@pytest.mark.parametrize("nation", sorted(NATIONS))
def test_every_category_has_help_and_a_route_in_every_nation(category: str, nation: str) -> None:
    """Whatever is found, somebody can help and somebody can act."""
    topics = topics_for(category)
    assert any(topics & signpost.topics and signpost.serves(nation) for signpost in signposts())
    assert routes_for(category, nation)


def test_routes_are_plain_words_without_telephone_numbers() -> None:
    """Routes name people and bodies; numbers other than 999, 101 and 111 are left to the directory."""
    words = " ".join(f"{route.name} {route.says}" for category in categories() for route in routes_for(category))
    digits = {word.strip(".,;'") for word in words.split() if any(c.isdigit() for c in word)}
    assert {d for d in digits if not (d.isdigit() and len(d) == 4)} <= {"999", "101", "111", "42", "126"}


def test_findings_about_staff_go_to_the_independent_reader() -> None:
    """Ill-treatment, neglect, unsafe wards and whistle-blowing concern staff; suicide does not."""
    concerned = {category for category in categories() if concerns_staff(category)}
    assert {"ill_treatment_by_staff", "neglect", "unsafe_on_ward", "whistleblowing"} == concerned


def test_categories_have_names_in_plain_words() -> None:
    """A lead reads words, not identifiers."""
    assert all("_" not in label(category) and label(category) for category in categories())


def test_category_that_is_none_of_ours_is_refused() -> None:
    """An unknown category raises, so that no finding loses its routes silently."""
    with pytest.raises(KeyError):
        routes_for("parking")
