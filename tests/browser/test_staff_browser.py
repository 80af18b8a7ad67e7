"""The staff desks in a real browser."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import PASSPHRASE, PHONE, Site, coprod, open_survey
from tests.browser.test_participant_browser import axe_findings, overflow


@pytest.fixture(params=["phone-light", "phone-dark", "desktop-light"])
def page(request: pytest.FixtureRequest, chromium: Browser) -> Iterator[Page]:
    """Open a page in each size and scheme that staff use."""
    size, scheme = request.param.split("-")
    viewport = PHONE if size == "phone" else {"width": 1280, "height": 800}
    context = chromium.new_context(viewport=viewport, color_scheme=scheme)  # type: ignore[arg-type]  # plain values
    yield context.new_page()
    context.close()


def sign_in(page: Page, site: Site, name: str) -> None:
    """Sign in as somebody."""
    page.goto(f"{site.staff}/sign-in")
    page.get_by_label("Your name").fill(name)
    page.get_by_label("Your passphrase").fill(PASSPHRASE)
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_selector("text=Sign out")


def clean(page: Page) -> None:
    """Assert that a page has no accessibility finding and does not scroll sideways."""
    assert axe_findings(page) == []
    assert overflow(page) == 0


@pytest.fixture(scope="module")
def disclosed(chromium: Browser, site: Site) -> str:
    """Send one answer that a lead should read, and return its words."""
    words = "He said he would hurt me again tonight and I am scared to go home."
    context = chromium.new_context()
    phone = context.new_page()
    phone.goto(f"{site.survey}#{site.code()}")
    phone.locator("#i-tell_us").fill(words)
    phone.get_by_text("Yes, please read it").click()
    phone.get_by_role("button", name="Send my answers").click()
    phone.wait_for_selector("main[data-outcome=received]")
    context.close()
    return words


@pytest.fixture(scope="module")
def released(site: Site, tmp_path_factory: pytest.TempPathFactory, chromium: Browser) -> str:
    """Close and release a second survey that twelve people answered."""
    folder = tmp_path_factory.mktemp("released")
    slug, codes = open_survey(site, folder, "autumn-views")
    context = chromium.new_context(java_script_enabled=False)
    phone = context.new_page()
    for number, code in enumerate(codes[:24]):
        phone.goto(f"{site.participant}/s/{slug}")
        phone.get_by_label("Ash" if number % 2 else "Birch").check()
        phone.locator("input[name=listened]").nth(number % 11).check()
        phone.locator("#code").fill(code)
        phone.get_by_role("button", name="Send my answers").click()
        phone.wait_for_selector("main[data-outcome=received]")
    context.close()
    data = str(site.folder)
    coprod("survey", "close", slug, "--data", data)
    coprod("release", slug, "--data", data, "--holder", "Mo", "--out", str(folder / "out"), typed=PASSPHRASE)
    assert Path(folder / "out" / "publication.json").is_file()
    return slug


def test_the_lead_reads_and_closes_an_item(page: Page, site: Site, disclosed: str) -> None:
    """The lead sees the words in their sentence, and every page of the desk is clean in each size and scheme."""
    page.goto(f"{site.staff}/sign-in")
    clean(page)
    sign_in(page, site, "Lea")
    clean(page)
    page.locator(".flags li", has_text="scared to go home").locator("h2 a").first.click()
    assert disclosed in page.locator(".written").first.inner_text()
    clean(page)
    if page.get_by_role("button", name="Acknowledge").count():
        page.get_by_role("button", name="Acknowledge").click()
        expect(page.get_by_text("Marked as acknowledged.")).to_be_visible()


def test_a_wrong_passphrase_is_said_in_one_sentence(page: Page, site: Site) -> None:
    """A wrong passphrase gives one sentence that has the focus, and the name is kept."""
    page.goto(f"{site.staff}/sign-in")
    page.get_by_label("Your name").fill("Mo")
    page.get_by_label("Your passphrase").fill("not the passphrase")
    page.get_by_role("button", name="Sign in").click()
    expect(page.get_by_text("do not go together")).to_be_visible()
    assert page.get_by_label("Your name").input_value() == "Mo"
    clean(page)
    sign_in(page, site, "Mo")


def test_the_organiser_sees_released_results(page: Page, site: Site, released: str) -> None:
    """The results page shows charts with tables, and is clean in each size and scheme."""
    sign_in(page, site, "Olu")
    clean(page)
    page.goto(f"{site.staff}/surveys/{released}/results")
    assert page.locator("svg").count() > 0
    assert page.locator("table").count() > 0
    clean(page)
    with page.expect_download() as download:
        page.locator("a[href$='results.csv']").first.click()
    assert download.value.suggested_filename == f"{released}-results.csv"


def test_an_organiser_cannot_open_the_inbox(page: Page, site: Site) -> None:
    """The inbox is another role's."""
    sign_in(page, site, "Olu")
    response = page.goto(f"{site.staff}/inbox")
    assert response is not None
    assert response.status == 403
    clean(page)
