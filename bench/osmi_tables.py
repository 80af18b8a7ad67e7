"""Tables for the published OSMI surveys of 2014 and 2016: by column number, what is asked and how it is coded.

Only column numbers and short option labels stand here. Question texts and answers are read from the data folder
at run time and are never copied. Columns are counted from 0; the routing is that of the published data.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

Condition = Mapping[str, object]


@dataclass(frozen=True)
class Column:
    """How one column becomes one item; `options` maps the value that is posted to the label in the data."""

    kind: str  # "choice" | "multiple" | "scale" | "number" | "text"
    options: Mapping[str, str] = field(default_factory=dict)
    other: bool = False  # an unlisted label becomes the option `other`
    spellings: Mapping[str, str] = field(default_factory=dict)  # lower-cased, stripped spelling → value
    max_chars: int = 1000  # Unicode code points
    route: Condition | None = None


@dataclass(frozen=True)
class Year:
    """One published survey: `sections` holds (id, title, first column, last column), both included."""

    name: str
    columns: Mapping[int, Column]
    sections: Sequence[tuple[str, str, int, int]]
    groupings: Sequence[str]
    two_way: tuple[str, str]
    sensitive: frozenset[str] = frozenset()


def item_id(column: int) -> str:
    """Return the item id of a column number."""
    return f"q{column:02d}"


def _routed(column: Column, **condition: object) -> Column:
    return Column(**{**vars(column), "route": condition})


def _choice(*options: Mapping[str, str], other: bool = False) -> Column:
    return Column("choice", {value: label for part in options for value, label in part.items()}, other)


AGE_BINS = ((16, 24), (25, 29), (30, 34), (35, 39), (40, 44), (45, 54), (55, 100))  # years, both ends included
DECLINED = "declined"
OTHER = "other"

YES, NO, MAYBE = {"yes": "Yes"}, {"no": "No"}, {"maybe": "Maybe"}
UNKNOWN, UNKNOWN_2014 = {"unknown": "I don't know"}, {"unknown": "Don't know"}
NA, NOT_ME = {"na": "N/A"}, {"na": "Not applicable to me"}
YES_NO, YES_NO_MAYBE = YES | NO, YES | NO | MAYBE
SIZE = {
    "s1": "1-5",
    "s6": "6-25",
    "s26": "26-100",
    "s100": "100-500",
    "s500": "500-1000",
    "s1000": "More than 1000",
}
EASE = {
    "very_easy": "Very easy",
    "easy": "Somewhat easy",
    "difficult": "Somewhat difficult",
    "very_difficult": "Very difficult",
}
REVEAL = {
    "always": "Yes, always",
    "sometimes": "Sometimes, if it comes up",
    "no_matter": "No, because it doesn't matter",
    "no_impact": "No, because it would impact me negatively",
}
HARMED = YES_NO | {"unsure": "I'm not sure"}
DID = {"all": "Yes, they all did", "some": "Some did", "none": "None did"}
OF_THEM = {"all": "Yes, all of them", "some": "Some of them", "none": "None of them"}
AT_EMPLOYERS = {
    "all": "Yes, at all of my previous employers",
    "some": "Some of my previous employers",
    "none": "No, at none of my previous employers",
}
HOW_OFTEN = {"never": "Never", "rarely": "Rarely", "sometimes": "Sometimes", "often": "Often"}
CONDITIONS = {
    "mood": "Mood Disorder (Depression, Bipolar Disorder, etc)",
    "anxiety": "Anxiety Disorder (Generalized, Social, Phobia, etc)",
    "attention": "Attention Deficit Hyperactivity Disorder",
    "ptsd": "Post-traumatic Stress Disorder",
    "ocd": "Obsessive-Compulsive Disorder",
    "stress": "Stress Response Syndromes",
    "personality": "Personality Disorder (Borderline, Antisocial, Paranoid, etc)",
    "substance": "Substance Use Disorder",
    "addictive": "Addictive Disorder",
    "eating": "Eating Disorder (Anorexia, Bulimia, etc)",
    "dissociative": "Dissociative Disorder",
    "psychotic": "Psychotic Disorder (Schizophrenia, Schizoaffective, etc)",
}
ROLES = {
    "back_end": "Back-end Developer",
    "front_end": "Front-end Developer",
    "devops": "DevOps/SysAdmin",
    "team_lead": "Supervisor/Team Lead",
    "support": "Support",
    "one_person": "One-person shop",
    "designer": "Designer",
    "executive": "Executive Leadership",
    "advocate": "Dev Evangelist/Advocate",
    "sales": "Sales",
    "hr": "HR",
    "other": "Other",
}
COUNTRIES = {
    "gb": "United Kingdom",
    "ca": "Canada",
    "de": "Germany",
    "nl": "Netherlands",
    "au": "Australia",
    "ie": "Ireland",
    "fr": "France",
}
COUNTRIES_2014 = {"us": "United States"} | COUNTRIES | {"in": "India"}
COUNTRIES_2016 = {"us": "United States of America"} | COUNTRIES | {"se": "Sweden", "br": "Brazil", "ch": "Switzerland"}
_CODES_2014 = "CA WA NY TN TX OH IL PA OR IN MI MN MA FL NC VA WI MO GA UT"
STATES_2014 = {code.lower(): code for code in _CODES_2014.split()}
STATES_2016 = {
    "ca": "California",
    "il": "Illinois",
    "mi": "Michigan",
    "ny": "New York",
    "wa": "Washington",
    "tx": "Texas",
    "mn": "Minnesota",
    "or": "Oregon",
    "pa": "Pennsylvania",
    "co": "Colorado",
    "tn": "Tennessee",
    "in": "Indiana",
    "oh": "Ohio",
    "ma": "Massachusetts",
    "fl": "Florida",
    "nc": "North Carolina",
    "md": "Maryland",
    "va": "Virginia",
    "ga": "Georgia",
    "ks": "Kansas",
    "wi": "Wisconsin",
    "ok": "Oklahoma",
    "ne": "Nebraska",
    "mo": "Missouri",
}

GENDERS = {"woman": "Woman", "man": "Man", "another": "Another gender"}
# Whole spellings only, nothing inferred from any other column; every spelling not listed is `another`.
_SPELLINGS = {
    "woman": "female; f; woman; fem; femail; femake; cis female; female (cis); cisgender female; cis-female/femme; "
    "cis-woman; female/woman; i identify as female.; female (trans); trans-female; trans woman; transgender woman; "
    "mtf; transitioned, m2f",
    "man": "male; m; man; mail; maile; make; mal; malr; msle; m|; male.; dude; cis male; male (cis); cis man; cisdude; "
    "sex is male; male (trans, ftm)",
    DECLINED: "n/a; nah; none of your business",
}
GENDER_SPELLINGS = {spelling: value for value, joined in _SPELLINGS.items() for spelling in joined.split("; ")}
GENDER = Column("choice", GENDERS, spellings=GENDER_SPELLINGS)

YEAR_2014 = Year(
    "2014",
    {
        1: Column("number"),
        2: GENDER,
        3: _choice(COUNTRIES_2014, other=True),
        4: _choice(STATES_2014, other=True),
        5: _choice(YES_NO),
        6: _choice(YES_NO),
        7: _choice(YES_NO),
        8: Column("scale", {"1": "Never", "2": "Rarely", "3": "Sometimes", "4": "Often"}),
        9: _choice(SIZE),
        10: _choice(YES_NO),
        11: _choice(YES_NO),
        12: _choice(YES_NO, UNKNOWN_2014),
        13: _choice(YES_NO, {"unsure": "Not sure"}),
        14: _choice(YES_NO, UNKNOWN_2014),
        15: _choice(YES_NO, UNKNOWN_2014),
        16: _choice(YES_NO, UNKNOWN_2014),
        17: _choice(EASE, UNKNOWN_2014),
        18: _choice(YES_NO_MAYBE),
        19: _choice(YES_NO_MAYBE),
        20: _choice(YES_NO, {"some": "Some of them"}),
        21: _choice(YES_NO, {"some": "Some of them"}),
        22: _choice(YES_NO_MAYBE),
        23: _choice(YES_NO_MAYBE),
        24: _choice(YES_NO, UNKNOWN_2014),
        25: _choice(YES_NO),
        26: Column("text", max_chars=4000),
    },
    (
        ("about", "About you", 1, 5),
        ("health", "Your health", 6, 8),
        ("workplace", "Your workplace", 9, 17),
        ("talking", "Talking at work", 18, 26),
    ),
    groupings=("q02", "q01", "q09", "q10"),
    two_way=("q02", "q10"),
    sensitive=frozenset({"health"}),
)

EMPLOYED: dict[int, Column] = {
    1: _choice(SIZE),
    2: _choice(YES_NO),
    4: _choice(YES_NO, UNKNOWN, {"not_eligible": "Not eligible for coverage / N/A"}),
    5: _choice(YES_NO, {"unsure": "I am not sure"}, NA),
    6: _choice(YES_NO, UNKNOWN),
    7: _choice(YES_NO, UNKNOWN),
    8: _choice(YES_NO, UNKNOWN),
    9: _choice(EASE, {"neither": "Neither easy nor difficult"}, UNKNOWN),
    10: _choice(YES_NO_MAYBE),
    11: _choice(YES_NO_MAYBE),
    12: _choice(YES_NO_MAYBE),
    13: _choice(YES_NO_MAYBE),
    14: _choice(YES_NO, UNKNOWN),
    15: _choice(YES_NO),
}
SELF_EMPLOYED: dict[int, Column] = {
    16: _choice(YES_NO),
    17: _choice({"several": "Yes, I know several", "some": "I know some", "none": "No, I don't know any"}),
    18: _choice(REVEAL, NOT_ME),
    19: _choice(HARMED, NA),
    20: _choice(REVEAL, NOT_ME),
    21: _choice(HARMED, NOT_ME),
    22: _choice(YES_NO, {"unsure": "Unsure"}, NOT_ME),
}
FORMERLY_EMPLOYED: dict[int, Column] = {
    25: _choice(DID, {"none": "No, none did"}, UNKNOWN),
    26: _choice(
        {
            "all": "Yes, I was aware of all of them",
            "some": "I was aware of some",
            "later": "No, I only became aware later",
            "na": "N/A (not currently aware)",
        }
    ),
    27: _choice(DID, UNKNOWN),
    28: _choice(DID),
    29: _choice({"always": "Yes, always", "sometimes": "Sometimes"}, NO, UNKNOWN),
    30: _choice(OF_THEM, UNKNOWN),
    31: _choice(OF_THEM),
    32: _choice(AT_EMPLOYERS),
    33: _choice(AT_EMPLOYERS, UNKNOWN),
    34: _choice(DID, UNKNOWN),
    35: _choice(OF_THEM),
}
LISTED_CONDITIONS = Column("multiple", CONDITIONS, other=True)
STATE_2016 = _choice(STATES_2016, other=True)

COLUMNS_2016: dict[int, Column] = {
    0: _choice(YES_NO),
    **{number: _routed(column, item="q00", any=["no"]) for number, column in EMPLOYED.items()},
    3: _routed(_choice(YES_NO), item="q02", any=["no"]),
    **{number: _routed(column, item="q00", any=["yes"]) for number, column in SELF_EMPLOYED.items()},
    23: _routed(Column("scale", {"1": "1-25%", "2": "26-50%", "3": "51-75%", "4": "76-100%"}), item="q22", any=["yes"]),
    24: _choice(YES_NO),
    **{number: _routed(column, item="q24", any=["yes"]) for number, column in FORMERLY_EMPLOYED.items()},
    36: _choice(YES_NO_MAYBE),
    37: Column("text", max_chars=2500),
    38: _choice(YES_NO_MAYBE),
    39: Column("text", max_chars=2500),
    40: _choice(
        {
            "has": "Yes, it has",
            "would": "Yes, I think it would",
            "would_not": "No, I don't think it would",
            "has_not": "No, it has not",
        },
        MAYBE,
    ),
    41: _choice(
        {
            "do": "Yes, they do",
            "would": "Yes, I think they would",
            "would_not": "No, I don't think they would",
            "do_not": "No, they do not",
        },
        MAYBE,
    ),
    42: _choice(
        {
            "not_at_all": "Not open at all",
            "somewhat_not": "Somewhat not open",
            "neutral": "Neutral",
            "somewhat": "Somewhat open",
            "very": "Very open",
            "na": "Not applicable to me (I do not have a mental illness)",
        }
    ),
    43: _choice(
        NO, {"maybe": "Maybe/Not sure", "observed": "Yes, I observed", "experienced": "Yes, I experienced"}, NA
    ),
    44: _routed(_choice(YES_NO_MAYBE, NA), item="q43", none=["no", "na"]),
    45: _choice(YES_NO, UNKNOWN),
    46: _choice(YES_NO_MAYBE),
    47: _choice(YES_NO_MAYBE),
    48: _routed(LISTED_CONDITIONS, item="q47", any=["yes"]),
    49: _routed(LISTED_CONDITIONS, item="q47", any=["maybe"]),
    50: _choice(YES_NO),
    51: _routed(LISTED_CONDITIONS, item="q50", any=["yes"]),
    52: _choice(YES_NO),
    53: _choice(HOW_OFTEN, NOT_ME),
    54: _choice(HOW_OFTEN, NOT_ME),
    55: Column("number"),
    56: GENDER,
    57: _choice(COUNTRIES_2016, other=True),
    58: _routed(STATE_2016, item="q57", any=["us"]),
    59: _choice(COUNTRIES_2016, other=True),
    60: _routed(STATE_2016, item="q59", any=["us"]),
    61: Column("multiple", ROLES, other=True),
    62: _choice({"always": "Always", "sometimes": "Sometimes", "never": "Never"}),
}

YEAR_2016 = Year(
    "2016",
    COLUMNS_2016,
    (
        ("work", "Your work", 0, 15),
        ("self_employed", "Working for yourself", 16, 23),
        ("before", "Earlier work", 24, 35),
        ("talking", "Talking at work", 36, 44),
        ("health", "Your health", 45, 54),
        ("about", "About you", 55, 62),
    ),
    groupings=("q56", "q55", "q62", "q57"),
    two_way=("q56", "q62"),
    sensitive=frozenset({"health"}),
)

YEARS = {year.name: year for year in (YEAR_2014, YEAR_2016)}
