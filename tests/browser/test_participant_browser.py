"""The participant page in a real browser, as a phone shows it."""

import gzip
import re
from contextlib import suppress

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Error, Page

from tests.browser.conftest import PHONE, Site

PAGES = ("", "/help", "/how", "?read=easy")


def axe_findings(page: Page) -> list[str]:
    """Return what axe finds, one line each."""
    report = Axe().run(page).response
    return [f"{v['id']}: {[n['target'] for n in v['nodes']]}" for v in report["violations"]]


def overflow(page: Page) -> int:
    """Return by how many CSS pixels the page is wider than the screen."""
    return int(page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth"))


def test_a_link_fills_the_code_and_clears_it_from_the_address(phone: Page, site: Site) -> None:
    """The code of a link stands in its field at once and in no address or history entry."""
    code = site.code()
    phone.goto(f"{site.survey}#{code}")
    assert phone.input_value("#code") == code
    assert code not in phone.url


def test_a_participant_answers_and_sends(phone: Page, site: Site) -> None:
    """Tapping answers and Send leads to the received page with help on it."""
    phone.goto(f"{site.survey}#{site.code()}")
    phone.get_by_label("Ash").check()
    phone.locator("#i-tell_us").fill("Nobody came at night when I rang the bell.")
    phone.get_by_text("Yes, please read it").click()
    phone.get_by_role("button", name="Send my answers").click()
    phone.wait_for_selector("main[data-outcome=received]")
    assert phone.get_by_role("link", name="Call 999").is_visible()


def test_everything_works_without_javascript(plain_phone: Page, site: Site) -> None:
    """Without JavaScript a typed code, lower case and with spaces, is taken."""
    plain_phone.goto(site.survey)
    plain_phone.get_by_label("Birch").check()
    plain_phone.locator("#code").fill(site.code().lower().replace("-", " "))
    plain_phone.get_by_role("button", name="Send my answers").click()
    plain_phone.wait_for_selector("main[data-outcome=received]")


def test_a_mistake_is_named_and_nothing_is_lost(phone: Page, site: Site) -> None:
    """After a mistake the summary has the focus, links to the question, and every answer is still there."""
    phone.goto(site.survey)
    phone.get_by_label("Cedar").check()
    phone.locator("#i-age").fill("abc")
    phone.locator("#i-matters_most").fill("A garden.")
    phone.get_by_role("button", name="Send my answers").click()
    phone.wait_for_selector("#problems")
    assert phone.title().startswith("Error:")
    assert phone.evaluate("document.activeElement.id") == "problems"
    assert phone.get_by_label("Cedar").is_checked()
    assert phone.input_value("#i-matters_most") == "A garden."
    phone.locator("#problems a").first.click()
    assert phone.evaluate("document.activeElement.id") == "i-age"


@pytest.mark.parametrize("where", PAGES)
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_pages_have_no_accessibility_findings(chromium: Browser, site: Site, where: str, scheme: str) -> None:
    """Axe finds nothing on any participant page, light or dark."""
    context = chromium.new_context(viewport=PHONE, color_scheme=scheme)  # type: ignore[arg-type]  # plain values
    page = context.new_page()
    page.goto(site.survey + where)
    assert axe_findings(page) == []
    context.close()


@pytest.mark.parametrize("colours", ["none", "active"])
def test_a_page_with_mistakes_has_no_accessibility_findings(chromium: Browser, site: Site, colours: str) -> None:
    """Axe finds nothing on the page with an error summary, forced colours included."""
    context = chromium.new_context(viewport=PHONE, forced_colors=colours)  # type: ignore[arg-type]  # plain values
    page = context.new_page()
    page.goto(site.survey)
    page.locator("#i-age").fill("abc")
    page.get_by_role("button", name="Send my answers").click()
    page.wait_for_selector("#problems")
    assert axe_findings(page) == []
    context.close()


@pytest.mark.parametrize("where", PAGES)
def test_nothing_is_wider_than_a_small_phone_with_large_text(chromium: Browser, site: Site, where: str) -> None:
    """At 320 px, and with text at 200 %, no page scrolls sideways."""
    context = chromium.new_context(viewport={"width": 320, "height": 640})
    page = context.new_page()
    page.goto(site.survey + where)
    assert overflow(page) == 0
    page.evaluate("document.documentElement.style.fontSize = '36px'")
    assert overflow(page) == 0
    context.close()


def test_targets_are_large_enough_for_a_thumb(phone: Page, site: Site) -> None:
    """Every option, button, field and bar link is at least 48 CSS pixels high."""
    phone.goto(site.survey)
    heights = phone.eval_on_selector_all(
        ".opt, button, input[type=text], textarea, .bar a, .switch a, .foot a",
        "all => all.map(e => [e.className || e.name, e.getBoundingClientRect().height])",
    )
    assert [found for found in heights if found[1] < 48] == []


def test_the_keyboard_alone_is_enough(phone: Page, site: Site) -> None:
    """With Tab, Space and Enter alone one can answer and send."""
    phone.goto(site.survey)
    phone.locator("#code").fill(site.code())
    phone.locator("input[name=ward]").first.focus()
    phone.keyboard.press("Space")
    assert phone.get_by_label("Ash").is_checked()
    phone.get_by_role("button", name="Send my answers").focus()
    phone.keyboard.press("Enter")
    phone.wait_for_selector("main[data-outcome=received]")


def test_the_first_stop_of_the_keyboard_is_the_way_to_the_page_and_out(phone: Page, site: Site) -> None:
    """Tab reaches the skip link first and a way out second."""
    phone.goto(site.survey)
    phone.keyboard.press("Tab")
    assert phone.evaluate("document.activeElement.getAttribute('href')") == "#main"
    phone.keyboard.press("Tab")
    assert phone.evaluate("document.activeElement.getAttribute('href')") == "/exit"


@pytest.mark.parametrize("way", ["tap", "shift"])
def test_leaving_brings_nothing_back(phone: Page, site: Site, way: str) -> None:
    """After leaving, by a tap or by Shift three times, Back shows no answer; the back/forward cache is on."""
    phone.goto("about:blank")
    phone.goto(site.survey)
    phone.get_by_label("Ash").check()
    phone.locator("#i-tell_us").fill("something private")
    if way == "tap":
        phone.get_by_role("link", name="Leave now", exact=True).click(no_wait_after=True)
    else:
        for _ in range(3):
            phone.keyboard.press("Shift")
    with suppress(Error):  # the neutral site is out of reach here, so the browser shows its own error page
        phone.wait_for_url(re.compile(r"^(?!http://127).*"), wait_until="commit")
    phone.wait_for_timeout(500)
    assert "something private" not in phone.content()
    with suppress(Error):
        phone.go_back(wait_until="commit")
    phone.wait_for_timeout(500)
    assert phone.locator("input:checked").count() == 0
    assert "something private" not in phone.content()
    assert phone.locator("textarea").count() == 0 or phone.input_value("#i-tell_us") == ""


def test_leaving_without_javascript_brings_nothing_back(plain_phone: Page, site: Site) -> None:
    """Without JavaScript too, Back after leaving shows no answer; the back/forward cache is on."""
    plain_phone.goto(site.survey)
    plain_phone.get_by_label("Ash").check()
    plain_phone.locator("#i-tell_us").fill("something private")
    plain_phone.get_by_role("link", name="Leave now", exact=True).click(no_wait_after=True)
    plain_phone.wait_for_timeout(1500)
    plain_phone.go_back(wait_until="commit")
    plain_phone.wait_for_timeout(800)
    assert plain_phone.locator("#i-tell_us").input_value() == ""
    assert plain_phone.locator("input:checked").count() == 0


def test_the_first_visit_is_light(phone: Page, site: Site) -> None:
    """The questionnaire is usable after one document of at most 15 KB compressed."""
    response = phone.goto(site.survey)
    assert response is not None
    assert len(gzip.compress(response.body())) <= 15 * 1024
