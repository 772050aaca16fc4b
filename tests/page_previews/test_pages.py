"""Every page in every state: well-formed, within the content security policy, readable by all."""

import importlib
import json
import pkgutil
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from pathlib import Path

import pytest

from deploy.page_previews import billing, costs, months, operator
from deploy.page_previews.pages import PAGES
from deploy.page_previews.render import render
from services.portal import pages as pages_of
from services.portal.domain.stacks import SERIES_MAX
from services.portal.pages.page import Page as PageClass
from shared.vocabulary.modes import Mode
from tests.html_page import Page

PORTAL = Path(__file__).resolve().parents[2] / "services" / "portal"
TEMPLATES = sorted((PORTAL / "templates").rglob("*.html"))
FRAMES = ("base.html", "bare.html")
# "samples" of lines, and demonstrations, are no words of it.
OF_A_DEMO = re.compile(
    r"\bdemo\b|\bsample (data|compan)|\btake the tour\b|\btour, stop\b|\bno money moves\b"
    r"|change person",
    re.IGNORECASE,
)
HTML = {name: render(name) for name in PAGES}


def page_classes() -> list[type[PageClass]]:
    for module in pkgutil.iter_modules(pages_of.__path__, f"{pages_of.__name__}."):
        importlib.import_module(module.name)
    return PageClass.__subclasses__()


def dicts_in(value: object) -> Iterator[dict[object, object]]:
    if isinstance(value, dict):
        yield value
    elif is_dataclass(value):
        for field in fields(value):
            yield from dicts_in(getattr(value, field.name))
    elif isinstance(value, list | tuple):
        for each in value:
            yield from dicts_in(each)


@pytest.fixture(scope="module")
def pages() -> dict[str, Page]:
    return {name: Page(html) for name, html in HTML.items()}


def test_a_demo_says_on_its_pages_what_it_is() -> None:
    assert sum(bool(OF_A_DEMO.search(html)) for html in HTML.values()) > len(HTML) // 2


@pytest.mark.parametrize("name", PAGES)
class TestEveryPage:
    def test_keeps_the_content_security_policy(self, pages: dict[str, Page], name: str) -> None:
        for tag, attributes in pages[name].tags:
            assert "style" not in attributes
            assert not [key for key in attributes if key.startswith(("on", "hx-on"))]
            assert tag != "style"
            assert tag != "script" or attributes.get("src", "")

    def test_shows_no_python_and_no_template(self, pages: dict[str, Page], name: str) -> None:
        assert not re.search(r"\bNone\b|Decimal\(|\{\{|\{%|datetime", pages[name].words)

    def test_says_nothing_of_a_demo_where_a_stack_is_live(self, name: str) -> None:
        page = Page(render(name, Mode.LIVE))
        titles = " ".join(attributes.get("title") or "" for _, attributes in page.tags)
        assert OF_A_DEMO.findall(f"{page.words} {titles}") == []

    def test_reads_nothing_that_its_context_lacks(self, name: str) -> None:
        assert "(missing:" not in HTML[name]

    def test_has_one_first_heading_and_unique_ids(self, pages: dict[str, Page], name: str) -> None:
        page = pages[name]
        assert len(page.all("h1")) == 1
        ids = Counter(value for _, attributes in page.tags if (value := attributes.get("id")))
        assert [key for key, count in ids.items() if count > 1] == []

    def test_tables_have_captions_and_scopes(self, pages: dict[str, Page], name: str) -> None:
        page = pages[name]
        assert len(page.all("caption")) == len(page.all("table"))
        assert all(heading.get("scope") for heading in page.all("th"))

    def test_forms_that_change_something_carry_a_token(
        self, pages: dict[str, Page], name: str
    ) -> None:
        page = pages[name]
        posts = [form for form in page.all("form") if form.get("method") == "post"]
        tokens = [
            field for field in page.all("input") if field.get("name") == "csrfmiddlewaretoken"
        ]
        assert len(tokens) == len(posts)

    def test_negative_amounts_are_signed_by_a_minus_sign(
        self, pages: dict[str, Page], name: str
    ) -> None:
        assert not re.search(r"(?<![\w.])-\$?\d", pages[name].words.replace("+", ""))


class TestPageClasses:
    """A class per template is the only description of what a template is given."""

    CLASSES = page_classes()

    def test_have_one_template_each_and_every_template_has_one(self) -> None:
        whole = {
            str(path.relative_to(PORTAL / "templates"))
            for path in TEMPLATES
            if path.parent.name != "parts" and path.name not in FRAMES and path.name[0] != "_"
        }
        assert Counter(page.template for page in self.CLASSES) == Counter(whole)

    def test_are_named_by_their_template(self) -> None:
        for page in self.CLASSES:
            text = (PORTAL / "templates" / page.template).read_text(encoding="utf-8")
            assert f"Given {page.__module__}.{page.__name__}." in text

    def test_are_frozen(self) -> None:
        for page in self.CLASSES:
            assert page.__dataclass_params__.frozen, page  # type: ignore[attr-defined]

    def test_are_all_previewed(self) -> None:
        assert {type(make().page) for make in PAGES.values()} == set(self.CLASSES)

    @pytest.mark.parametrize("name", PAGES)
    def test_hold_no_dict_at_any_depth(self, name: str) -> None:
        preview = PAGES[name]()
        assert [*dicts_in(preview.page), *dicts_in(preview.frame)] == []


class TestCustomerPages:
    @pytest.mark.parametrize("name", [name for name in PAGES if name.startswith("customer")])
    def test_never_speak_of_the_margin(self, pages: dict[str, Page], name: str) -> None:
        assert "margin" not in pages[name].words.lower()

    @pytest.mark.parametrize("name", ["customer-invoice-closed.html", "customer-home-closed.html"])
    def test_show_no_cost_under_a_closed_contract(self, pages: dict[str, Page], name: str) -> None:
        assert not re.search(r"\bcost\b|\bshare|pool", pages[name].words.lower())

    def test_show_cost_under_an_open_book(self, pages: dict[str, Page]) -> None:
        assert "our cost for you" in pages["customer-invoice-LF-2026-0134.html"].words

    def test_say_that_a_demo_invoice_is_not_real(self, pages: dict[str, Page]) -> None:
        assert "not a real invoice" in pages["customer-invoice-LF-2026-0134.html"].words


class TestMarginPage:
    def test_revenue_of_a_tenant_without_contract_is_unknown_not_zero(
        self, pages: dict[str, Page]
    ) -> None:
        row = pages["margins.html"].words.partition("Marlow & Finch")[2][:40]
        assert "unknown" in row
        assert "0.00" not in row

    def test_column_of_costs_sums_to_the_bill(self) -> None:
        page = operator.margins()
        others = sum(other.cost.amount for other in page.others)
        assert page.totals is not None
        assert page.bill is not None
        assert page.totals.cost.amount + others == page.bill.amount

    def test_a_broken_proof_is_an_alert_and_names_the_difference(
        self, pages: dict[str, Page]
    ) -> None:
        words = pages["margins-broken.html"].words
        text = (
            "Does not reconcile to the provider bill: $12.40 03000000 off. Nothing can be issued."
        )
        assert text in words

    def test_sorted_column_says_its_direction(self, pages: dict[str, Page]) -> None:
        sorts = [heading.get("aria-sort") for heading in pages["margins.html"].all("th")]
        assert sorts.count("descending") == 1
        assert sorts.count("ascending") == 0


CHARTS = [name for name, html in HTML.items() if "data-chart=" in html]


@pytest.mark.parametrize("name", CHARTS)
class TestEveryChart:
    def test_has_a_sentence_a_table_and_a_place_of_its_own(
        self, pages: dict[str, Page], name: str
    ) -> None:
        tags = [attributes for _, attributes in pages[name].tags]
        charts = [one for one in tags if "data-chart" in one]
        for mark in ("data-chart-takeaway", "data-chart-canvas"):
            assert len([one for one in tags if mark in one]) == len(charts)
        tables = [one for one in pages[name].all("table") if "data-currency" in one]
        assert len(tables) == len(charts)

    def test_shows_its_table_to_those_without_scripts(
        self, pages: dict[str, Page], name: str
    ) -> None:
        tables = [one for one in pages[name].all("details") if one.get("class") == "chart-table"]
        assert tables
        assert all("open" in table for table in tables)

    def test_alone_loads_the_library(self, pages: dict[str, Page], name: str) -> None:
        loading = {other for other, html in HTML.items() if "build/charts.js" in html}
        assert name in loading
        assert loading <= {*CHARTS, "overview-partial.html"}


class TestATenantsCharts:
    def test_sum_to_the_same_total_by_row_and_by_series(self) -> None:
        for stack in (operator.tenant().by_day, operator.tenant().by_month):
            assert stack is not None
            rows = sum(row.total.amount for row in stack.rows)
            assert rows == sum(total.amount for total in stack.totals) == stack.total.amount
            assert len(stack.heads) <= SERIES_MAX


class TestTheWaterfall:
    def test_ends_where_its_steps_lead(self) -> None:
        first, *falls, last = [step.amount.amount for step in costs.waterfall().steps]
        assert first + sum(falls) == last


class TestTheClose:
    def test_asks_for_a_reason_for_each_failed_check_and_no_other(
        self, pages: dict[str, Page]
    ) -> None:
        names = [field.get("name") or "" for field in pages["close.html"].all("input")]
        reasons = {name for name in names if name.startswith("reason-")}
        failed = {
            f"reason-{check.name}" for check in months.checks(failed=True) if not check.passed
        }
        assert reasons == failed

    def test_is_not_offered_to_a_viewer(self, pages: dict[str, Page]) -> None:
        assert "Close October 2026" not in pages["close-viewer.html"].words
        assert "Close October 2026" in pages["close.html"].words


class TestInvoicePage:
    def test_actions_carry_the_version_they_were_seen_at(self, pages: dict[str, Page]) -> None:
        versions = [
            field["value"]
            for field in pages["invoice-inv-acme.html"].all("input")
            if field.get("name") == "version"
        ]
        assert versions == [str(billing.invoice().invoice.version)] * 2

    def test_refused_actions_say_why(self, pages: dict[str, Page]) -> None:
        assert "Issue It isn't approved yet." in pages["invoice-inv-acme.html"].words

    def test_parked_reasons_say_what_to_do(self, pages: dict[str, Page]) -> None:
        assert "release with a reason" in pages["invoice-inv-globex.html"].words


class TestBuild:
    def test_every_icon_that_is_named_is_in_the_sprite(self) -> None:
        script = (PORTAL / "frontend/build.mjs").read_text(encoding="utf-8")
        built = set(re.findall(r'^  "([a-z0-9-]+)",$', script, re.MULTILINE))
        named: set[str] = set()
        for template in TEMPLATES:
            text = template.read_text(encoding="utf-8")
            named |= set(re.findall(r'{% icon "([a-z0-9-]+)" %}', text))
            named |= set(re.findall(r'sign="([a-z0-9-]+)"', text))
        for html in HTML.values():
            named |= set(re.findall(r"icons\.svg#([a-z0-9-]+)", html))
        assert named
        assert named <= built

    def test_packages_are_pinned_exactly_and_without_addresses(self) -> None:
        wanted = json.loads((PORTAL / "frontend/package.json").read_text())["dependencies"]
        assert all(re.fullmatch(r"\d+\.\d+\.\d+", version) for version in wanted.values())
        lock = json.loads((PORTAL / "frontend/package-lock.json").read_text())
        packages = {key: value for key, value in lock["packages"].items() if key}
        assert packages
        assert all("resolved" not in package for package in packages.values())
        assert all("integrity" in package for package in packages.values())

    def test_templates_load_nothing_from_other_hosts(self) -> None:
        for template in TEMPLATES:
            assert not re.search(r'(src|href)="(https?:)?//', template.read_text(encoding="utf-8"))


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("invoice-steps.html", "cost plus 30% up to 1,000, then 20% up to 5,000, then 10%"),
        ("invoice-groups.html", "cost plus 25%, less 10%, less credits"),
        ("invoice-groups.html", "the rest to a minimum of 12,000.00"),
    ],
)
def test_a_rate_of_many_words_wraps_and_covers_no_amount(name: str, words: str) -> None:
    [cell] = {
        classes
        for classes, text in re.findall(r'<td class="([^"]*)">([^<]*)</td>', HTML[name])
        if text.startswith(words)
    }
    assert "whitespace-normal" in cell.split()
