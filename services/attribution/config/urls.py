from django.urls import include, path

from services.attribution.api import questions, views
from services.attribution.operations.change_ruleset import RULESET
from services.attribution.operations.reattribute_period import PERIOD_RULESET
from services.attribution.queries.troubles import read_troubles
from shared.audit.api import AuditView
from shared.health.api import health_paths
from shared.proposals.api import proposal_paths
from shared.runtime import problems
from shared.runtime.schema import SchemaView

urlpatterns = [
    path("", include("shared.runtime.health")),
    path("api/v1/schema", SchemaView.as_view(), name="schema"),
    path("api/v1/audit", AuditView.as_view(), name="audit"),
    *health_paths(read_troubles),
    path("api/v1/ruleset", views.RulesetView.as_view(), name="ruleset"),
    *proposal_paths([RULESET, PERIOD_RULESET], "api/v1/ruleset"),
    path("api/v1/periods", views.PeriodsView.as_view(), name="periods"),
    path("api/v2/periods/<str:period>", views.PeriodView.as_view(), name="period"),
    path(
        "api/v2/periods/<str:period>/ruleset",
        views.PeriodRuleset.as_view(),
        name="period-ruleset",
    ),
    path("api/v2/periods/<str:period>/close", views.PeriodClose.as_view(), name="period-close"),
    path(
        "api/v1/periods/<str:period>",
        views.PeriodView.as_view(answer_version=1),
        name="period-v1",
    ),
    path(
        "api/v1/periods/<str:period>/close",
        views.PeriodClose.as_view(answer_version=1),
        name="period-close-v1",
    ),
    path(
        "api/v1/periods/<str:period>/statements/<str:tenant>",
        views.StatementView.as_view(),
        name="statement",
    ),
    path(
        "api/v1/periods/<str:period>/explanations",
        questions.Explanation.as_view(),
        name="explanation",
    ),
    path("api/v1/questions/<str:question_id>", questions.Question.as_view(), name="question"),
    path("api/v1/what-if", questions.WhatIf.as_view(), name="what-if"),
    path("api/v1/runs/<str:run_id>/focus", questions.FocusCharges.as_view(), name="focus"),
    path("api/v1/runs/<str:run_id>/replays", questions.Replay.as_view(), name="replay"),
]
handler400 = problems.bad_request
handler404 = problems.not_found
handler500 = problems.broken
handler503 = problems.database_away
