"""The words that a release has for families, levers and verdicts: each list once, with what is said of it on screen."""

FAMILIES = {
    "cover": "Cover",
    "time_and_rest": "Time and rest",
    "absence": "Absence",
    "staying": "Staying",
    "room_to_think": "Room to think",
    "kindness": "Kindness",
    "hinders": "What hinders",
    "helps": "What helps",
}

LEVERS = {
    "organisation": "the organisation",
    "service": "the service",
    "team": "the team",
    "beyond_us": "somebody beyond us",
}
OF_TEAMS = ("service", "team")  # levers that are theirs; the others are the organisation's, or somebody's beyond it

# Where a number stands, in the order in which it is told: the verdicts of a month that is settled, then what has none.
SIGNALS = {
    "improvement": "improvement",
    "concern": "concern",
    "change": "change",
    "common_cause": "within chance",
    "not_judged": "not judged",
    "absent": "no number",
}
UNUSUAL = ("improvement", "concern", "change")  # more than chance would explain
WORTH_A_CONVERSATION = ("concern", "change")

BEYOND = "more than chance, season and what all teams share explain"
STRAIN = {
    "clear_strain": ("Clear strain", f"Conditions have clearly worsened, by {BEYOND}"),
    "likely_strain": ("Likely strain", f"Conditions have probably worsened, by {BEYOND}"),
    "not_clear": ("Not clear", "There is some change, but no more than chance may bring"),
    "steady": ("Steady", "No change has been found beyond chance, season and what all teams share"),
    "likely_easing": ("Likely easing", f"Conditions have probably become lighter, by {BEYOND}"),
    "clear_easing": ("Clear easing", f"Conditions have clearly become lighter, by {BEYOND}"),
}
STRAINED = ("clear_strain", "likely_strain")
EASED = ("clear_easing", "likely_easing")
