"""What the questionnaire page shows, worked out before the template, which only lays it out."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from coprod_survey.domain.answers import AnswerFault, clean_text
from coprod_survey.domain.instrument import Choice, FreeText, Instrument, Item, Month, Multiple, Number, Scale, Words
from coprod_survey.domain.survey import Survey
from coprod_survey.web.i18n import _, languages, offered, spoken
from coprod_survey.web.participant.messages import fault_sentence, when_asked

CODE, VERSION, PLEASE_READ = "code", "version", "please.read"
OWN_FIELDS = (CODE, VERSION, PLEASE_READ)
Posted = Mapping[str, Sequence[str]]


@dataclass(frozen=True)
class Shown:
    """Text with the language it is in, because a fallback may be in another language than the page."""

    text: str
    lang: str
    direction: str


@dataclass(frozen=True)
class OptionView:
    """One radio button or checkbox."""

    value: str
    label: Shown
    chosen: bool


@dataclass(frozen=True)
class ItemView:
    """One question as it is laid out; `kind` picks the macro."""

    id: str
    kind: str
    number: int
    text: Shown
    hint: Shown | None
    only_if: str | None
    options: tuple[OptionView, ...]
    typed: str = field(repr=False)
    skipped: bool
    declined: bool
    limits: Mapping[str, str | int]
    error: str | None


@dataclass(frozen=True)
class SectionView:
    """One section with its questions."""

    id: str
    title: Shown
    note: Shown | None
    sensitive: bool
    items: tuple[ItemView, ...]


@dataclass(frozen=True)
class Problem:
    """One line of the error summary and the place it leads to."""

    anchor: str
    sentence: str
    question: str = ""


@dataclass(frozen=True)
class PageView:
    """The whole page. `typed_code` is what the participant typed; it goes nowhere but back into their own page."""

    survey: Survey
    sections: tuple[SectionView, ...]
    problems: tuple[Problem, ...]
    typed_code: str = field(repr=False)
    please_read: str
    has_text: bool
    easy: bool

    @property
    def title(self) -> Shown:
        """Return the survey's title."""
        return shown(self.survey.instrument.title)

    @property
    def other_languages(self) -> list[tuple[str, str]]:
        """Return (tag, own name) of every other language this survey is offered in."""
        offers = offered(self.survey.instrument.languages)
        return [(language.tag, language.name) for language in offers if language.tag != spoken()]

    @property
    def has_easy_read(self) -> bool:
        """Whether any question has an easy-read version."""
        return any(item.easy_read for item in self.survey.instrument.items())


def page_view(
    survey: Survey,
    posted: Posted,
    faults: Sequence[AnswerFault] = (),
    *,
    further: Sequence[Problem] = (),
    easy: bool = False,
) -> PageView:
    """Lay out a survey with what was posted kept, and every problem named once."""
    instrument = survey.instrument
    errors = {fault.item_id: fault_sentence(instrument, fault) for fault in faults}
    numbers = {item.id: number for number, item in enumerate(instrument.items(), start=1)}
    sections = tuple(
        SectionView(
            id=section.id,
            title=shown(section.title),
            note=shown(section.note) if section.note else None,
            sensitive=section.sensitive,
            items=tuple(
                _item_view(instrument, item, posted, error=errors.get(item.id), number=numbers[item.id], easy=easy)
                for item in section.items
            ),
        )
        for section in instrument.sections
    )
    return PageView(
        survey=survey,
        sections=sections,
        problems=(*(_problem(instrument, item_id, sentence) for item_id, sentence in errors.items()), *further),
        typed_code=_printable(_first(posted, CODE)),
        please_read=_first(posted, PLEASE_READ),
        has_text=any(isinstance(item, FreeText) for item in instrument.items()),
        easy=easy,
    )


def _problem(instrument: Instrument, item_id: str, sentence: str) -> Problem:
    """Return the problem of an item; it leads to the field where there is one, else to the group."""
    item = instrument.item(item_id)
    place = "i" if isinstance(item, Number | Month | FreeText) else "q"
    return Problem(f"{place}-{item_id}", sentence, item.text.in_language(spoken()))


def shown(words: Words) -> Shown:
    """Return words in the language of the page, or in the fallback with its own tag and direction."""
    used = words.language_used(spoken())
    known = languages().get(used)
    return Shown(words.in_language(spoken()), used, known.direction if known else "auto")


def _item_view(
    instrument: Instrument, item: Item, posted: Posted, *, error: str | None, number: int, easy: bool
) -> ItemView:
    values = list(posted.get(item.id, ()))
    return ItemView(
        id=item.id,
        kind=type(item).__name__,
        number=number,
        text=shown(item.easy_read if easy and item.easy_read else item.text),
        hint=shown(item.hint) if item.hint else None,
        only_if=when_asked(instrument, item.show_if),
        options=_options(item, values),
        typed=_printable(values[0]) if values else "",
        skipped=values == [""],
        declined=posted.get(f"{item.id}.pns") == ["1"],
        limits=_limits(item),
        error=error,
    )


def _options(item: Item, values: list[str]) -> tuple[OptionView, ...]:
    match item:
        case Choice() | Multiple():
            return tuple(OptionView(o.value, shown(o.text), o.value in values) for o in item.options)
        case Scale():
            points = range(item.minimum, item.maximum + 1)
            return tuple(OptionView(str(point), _point(item, point), str(point) in values) for point in points)
    return ()


def _point(item: Scale, point: int) -> Shown:
    label = item.labels.get(point)
    named = shown(label) if label else Shown("", spoken(), languages()[spoken()].direction)
    return Shown(f"{point} – {named.text}" if named.text else str(point), named.lang, named.direction)


def _limits(item: Item) -> Mapping[str, str | int]:
    match item:
        case Number():
            return {"min": item.bins[0][0], "max": item.bins[-1][1]}
        case Month():
            return {name: value for name, value in (("min", item.minimum), ("max", item.maximum)) if value}
        case FreeText():
            return {"max": item.max_chars}
    return {}


def _first(posted: Posted, name: str) -> str:
    return next(iter(posted.get(name, ())), "")


def _printable(typed: str) -> str:
    """Return what was typed as it would be kept: HTML has no way to write a control character."""
    return clean_text(typed)


def code_problem() -> Problem:
    """Return the problem of a missing or malformed code."""
    return Problem("code", _("Type the code from your card or letter: 16 letters and numbers in four groups."))


def refused_problem() -> Problem:
    """Return the problem of a code that gives no turn: one wording for unknown and used."""
    return Problem(
        "code", _("That code did not work. It may be mistyped or already used. What you wrote is still on this page.")
    )


def old_version_problem() -> Problem:
    """Return the problem of a form that was made from another version of the questions."""
    return Problem(
        "start", _("This page was out of date. What you wrote is still here; please look it over and send again.")
    )


def unreadable_problem() -> Problem:
    """Return the problem of a form with fields that this page does not have."""
    return Problem(
        "start", _("The form was not sent the way this page sends it. Please look it over and send it again.")
    )


def busy_problem() -> Problem:
    """Return the problem of a server that has too much to do."""
    return Problem("start", _("This is busy just now, so nothing was stored. Please send again in a moment."))


def failed_problem() -> Problem:
    """Return the problem of a server that could not store the answer."""
    return Problem("start", _("Something went wrong here, not with you. Nothing was stored; please send again later."))
