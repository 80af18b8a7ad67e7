"""Turn an instrument into the table plan that disclosure control works from: what may ever be published."""

from coprod_survey.disclosure.plan import Plan, PlanError, Variable
from coprod_survey.domain.answers import tabulated_values
from coprod_survey.domain.errors import Fault, InstrumentFaults
from coprod_survey.domain.instrument import Choice, Instrument, Item, Multiple, Scale


def checked_plan(instrument: Instrument) -> Plan:
    """Return the declared plan; raises InstrumentFaults where the instrument cannot be tabulated."""
    try:
        return plan_of(instrument)
    except PlanError as error:
        mend = "choose other option values, or take the question out of the groupings"
        raise InstrumentFaults((Fault("table_plan", str(error).rstrip("."), mend),)) from None


def plan_of(instrument: Instrument) -> Plan:
    """Return the declared plan: every closed item, its groupings, and at most one crossed pair. Texts never enter."""
    variables = tuple(_variable(item) for item in instrument.items() if tabulated_values(item))
    known = {variable.name for variable in variables}
    marked = [item.id for item in instrument.items() if item.grouping]
    groupings = dict.fromkeys([*instrument.table_plan.groupings, *marked])
    return Plan(
        variables=variables,
        groupings=tuple(name for name in groupings if name in known),
        two_way=tuple(pair for pair in instrument.table_plan.two_way if set(pair) <= known),
    )


def _variable(item: Item) -> Variable:
    values = tabulated_values(item)
    return Variable(
        name=item.id,
        values=values,
        ordered=not isinstance(item, Choice | Multiple),
        multiple=isinstance(item, Multiple),
        scores={value: float(value) for value in values} if isinstance(item, Scale) else None,
    )
