from shared.jobs.lanes import LONG, SHORT, Lane

QUESTIONS = Lane(
    "questions",
    {"explain_amount": SHORT, "export_focus": LONG, "try_ruleset": LONG, "replay_run": LONG},
)
LANES = (Lane("periods", {"attribute_period": LONG}), QUESTIONS)
