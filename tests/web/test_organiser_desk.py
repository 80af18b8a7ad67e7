"""The organiser's desk: states of surveys and released results, and nothing about any one person."""

import io
import json
from contextlib import redirect_stdout
from pathlib import Path

import pytest
from auditing import texts
from instances import CLOSED, DRAFT, OPEN, PASSPHRASE, Instance, document, new_instance

from coprod_survey.cli import main

FILES = {
    "results.csv": "text/csv",
    "results.xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "results.json": "application/json",
    "publication.json": "application/json",
}


@pytest.fixture(scope="module")
def released(tmp_path_factory: pytest.TempPathFactory) -> Instance:
    """Return an instance with a released survey of 36 answers, and one that was released with three."""
    made = new_instance(tmp_path_factory.mktemp("released") / "data")
    for slug, answers in ((OPEN, 36), ("few-views", 3)):
        made.add_survey(document(slug, title={"en": "Views & <b>more</b>"}))
        for number in range(answers):
            sent = {"came": "yes" if number % 2 else "no", "rate": str(number % 5), "words": "The blue bicycle"}
            assert made.send(slug, **sent).status_code == 200
        made.operations.surveys.close(slug)
        made.operations.release.make(slug, [made.operations.accounts.unlock("Mo", PASSPHRASE)])
    return made


def test_the_list_shows_every_survey_with_its_state(instance: Instance) -> None:
    """Each survey is listed with its state; results are linked where it is closed, the page where it has opened."""
    page = instance.signed_in("Olu").get("/surveys")
    states = " ".join(texts(page.text, ".survey p"))
    assert "State: draft" in states
    assert "State: open, opened on" in states
    assert "closed on" in states
    assert f'href="/surveys/{CLOSED}/results"' in page.text
    assert f'href="/surveys/{OPEN}/results"' not in page.text
    assert f'/s/{DRAFT}"' not in page.text


def test_the_list_shows_no_count_of_answers(fresh: Instance) -> None:
    """The organiser's list is the same before and after somebody answered."""
    client = fresh.signed_in("Olu")
    before = client.get("/surveys").data
    fresh.send(words="Hello")
    assert client.get("/surveys").data == before


def test_an_empty_list_says_how_to_begin(tmp_path: Path) -> None:
    """Where there is no survey the page says which command makes one."""
    page = new_instance(tmp_path / "data", ("Olu",)).signed_in("Olu").get("/surveys")
    assert "There is no survey yet." in page.text


@pytest.mark.parametrize("slug", [OPEN, DRAFT, CLOSED])
def test_before_a_release_there_is_nothing_to_see(instance: Instance, slug: str) -> None:
    """The results of a survey that is not released are one sentence without a figure or a file."""
    client = instance.signed_in("Olu")
    page = client.get(f"/surveys/{slug}/results")
    assert page.status_code == 200
    assert "Results appear" in page.text
    assert client.get(f"/surveys/{slug}/results/results.csv").status_code == 404


@pytest.mark.parametrize("name", ["Olu", "Lea", "Mo", "Ada"])
@pytest.mark.parametrize("slug", [OPEN, "few-views"])
def test_everybody_on_the_staff_reads_a_release(released: Instance, name: str, slug: str) -> None:
    """A release is public by nature: every role reads its page, and it holds no word that somebody wrote."""
    page = released.signed_in(name).get(f"/surveys/{slug}/results")
    assert page.status_code == 200
    assert "Released on" in page.text
    assert "bicycle" not in page.text
    assert "Views &amp; &lt;b&gt;more&lt;/b&gt;" in page.text


def test_the_page_shows_only_figures_of_the_publication(released: Instance) -> None:
    """Every table of the release is on the page, and its fingerprints are those of the publication."""
    client = released.signed_in("Olu")
    page = client.get(f"/surveys/{OPEN}/results").text
    published = json.loads(client.get(f"/surveys/{OPEN}/results/publication.json").data)
    assert published["release_id"] in page
    assert "How good was it?" in page
    assert str(released.operations.surveys.get(OPEN).plan_hash) in page


def test_too_few_answers_publish_no_figure(released: Instance) -> None:
    """With three answers the page says that nothing is shown, and why."""
    page = released.signed_in("Olu").get("/surveys/few-views/results").text
    assert "at least 10" in page or "fewer than 10" in page


def test_downloads_are_the_files_of_the_release(
    released: Instance, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each download is byte for byte the file that `release --out` writes, with a name and a type."""
    monkeypatch.setattr("sys.stdin", io.StringIO(f"{PASSPHRASE}\n"))
    with redirect_stdout(io.StringIO()):
        where = ["--data", str(released.folder), "--out", str(tmp_path)]
        assert main(["release", OPEN, *where, "--holder", "Mo"]) == 0
    client = released.signed_in("Olu")
    for name in FILES:
        response = client.get(f"/surveys/{OPEN}/results/{name}")
        assert response.data == (tmp_path / name).read_bytes()
        assert response.headers["Content-Disposition"] == f'attachment; filename="{OPEN}-{name}"'
        assert response.mimetype == FILES[name]
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(FILES)


@pytest.mark.parametrize("name", ["x", "results.csv.bak", "..%2Fconfig.json", "%00", "publication"])
def test_no_other_file_can_be_downloaded(released: Instance, name: str) -> None:
    """A name that is no file of the release gives 404."""
    assert released.signed_in("Olu").get(f"/surveys/{OPEN}/results/{name}").status_code == 404


def test_an_unknown_survey_is_said_plainly(instance: Instance) -> None:
    """The results of a survey that does not exist give one sentence with 404."""
    page = instance.signed_in("Olu").get("/surveys/no-such-views/results")
    assert page.status_code == 404
    assert "There is no survey at this address." in page.text
