"""Say what is wrong with an answer and how to mend it, in the reader's language."""

from coprod_survey.domain.answers import AnswerFault, FaultKind
from coprod_survey.domain.instrument import Answered, Between, Chosen, Condition, Either, Every, Instrument, Item
from coprod_survey.domain.routing import controlling_items
from coprod_survey.web.i18n import _, spoken


def fault_sentence(instrument: Instrument, fault: AnswerFault) -> str:
    """Return one plain sentence for a fault; it names the question, never what was answered."""
    if fault.kind is FaultKind.ROUTED_AWAY:
        return _routed_away(instrument, fault)
    odd = _("This question was answered in a way that this page does not offer. Please answer it again.")
    sentences = {
        FaultKind.NOT_AN_OPTION: _("Choose one of the answers listed for this question, or skip it."),
        FaultKind.NOT_A_WHOLE_NUMBER: _("Give a whole number, such as 42, or leave this empty to skip it."),
        FaultKind.OUT_OF_RANGE: _("Give a number from %(min)s to %(max)s, or leave this empty to skip it."),
        FaultKind.NOT_A_MONTH: _("Give a month as year and month, such as 2026-03, or leave this empty to skip it."),
        FaultKind.MONTH_OUT_OF_RANGE: _(
            "This month is outside the time that we ask about. Give another, or leave this empty to skip it."
        ),
        FaultKind.TOO_LONG: _("This is too long: it has %(length)s characters and %(limit)s fit. Please shorten it."),
        FaultKind.BOTH_VALUE_AND_DECLINED: _(
            "You answered this and also chose “Prefer not to say”. Please keep only one of the two."
        ),
    }
    return sentences.get(fault.kind, odd) % fault.detail


def _routed_away(instrument: Instrument, fault: AnswerFault) -> str:
    because = instrument.item(str(fault.detail["because"]))
    return _(
        "“%(question)s” is not asked after your answer to “%(because)s”. Clear it, or change the earlier answer.",
        question=instrument.item(fault.item_id).text.in_language(spoken()),
        because=because.text.in_language(spoken()),
    )


def when_asked(instrument: Instrument, condition: Condition | None) -> str | None:
    """Say for whom a question is, so that the page makes sense without script; None when it is for everybody."""
    match condition:
        case None:
            return None
        case Chosen(how="any"):
            item = instrument.item(condition.item)
            options = _(" or ").join(f"“{_option(item, value)}”" for value in condition.values)
            question = item.text.in_language(spoken())
            return _("Only if you answered %(options)s to “%(question)s”.", options=options, question=question)
        case Answered():
            return _("Only if you answered “%(question)s”.", question=_question(instrument, condition.item))
        case Chosen() | Between() | Every() | Either():
            questions = _(" and ").join(f"“{_question(instrument, item)}”" for item in controlling_items(condition))
            return _("Only for some people, depending on the answer to %(questions)s.", questions=questions)


def _question(instrument: Instrument, item_id: str) -> str:
    return instrument.item(item_id).text.in_language(spoken())


def _option(item: Item, value: str) -> str:
    for option in getattr(item, "options", ()):
        if option.value == value:
            return str(option.text.in_language(spoken()))
    return value
