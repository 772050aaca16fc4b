"""A stranger's way in: an address with a typo, a month copied by hand, a file that is refused."""

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from deploy.local.lake import connect
from deploy.local.provision import EXPORT_BUCKET
from shared.identifiers import uuid7
from shared.lake.storage import Storage
from shared.periods import Month
from tests.bills import cur_line, write_delivery, write_workloads
from tests.e2e.running_demo import RunningDemo

# Before the months of the demo, so that none of them is changed.
MONTHS_BEFORE = 4
READ_MS = 180_000
_POD_TEXTS = ("task", "volume_id", "claim", "storage_gib_hours")
_POD_AMOUNTS = (
    *("cpu_request_core_hours", "cpu_used_core_hours"),
    *("memory_request_gib_hours", "memory_used_gib_hours"),
)
_POD_LABELS = (
    *("labels", "annotations", "namespace_labels", "namespace_annotations"),
    *("tags", "service_tags", "capacity_provider_tags"),
)


@pytest.fixture
def storage(demo: RunningDemo) -> Iterator[Storage]:
    storage = connect(demo.stack.servers)
    yield storage
    storage.close()


@pytest.fixture
def month(demo: RunningDemo) -> Month:
    month = Month.parse(demo.subjects["month"])
    for _ in range(MONTHS_BEFORE):
        month = month.previous
    return month


def line_of(month: Month) -> dict[str, Any]:
    return cur_line(
        12.5,
        bill_billing_period_start_date=f"{month}-01 00:00:00",
        bill_billing_period_end_date=f"{month.following}-01 00:00:00",
        line_item_usage_start_date=f"{month}-03 04:00:00",
        line_item_usage_end_date=f"{month}-03 05:00:00",
        tags={"customer": "globex"},
    )


def pod_of(month: Month) -> dict[str, Any]:
    """With every column that the demo's ruleset reads."""
    empty = dict.fromkeys((*_POD_TEXTS, *_POD_LABELS), "")
    used = dict.fromkeys(_POD_AMOUNTS, 1)
    whole = {"node_cpu_core_hours": 2, "node_memory_gib_hours": 8}
    named = {"cluster": "prod", "provider_id": "i-1", "namespace": "web", "pod": "web-1"}
    return {"start": f"{month}-03T04:00:00Z", **empty, **named, **used, **whole}


def until(page: Page, path: str, shown: Callable[[], bool]) -> None:
    """Loads it again and again, as a person does."""
    for _ in range(READ_MS // 1000):
        page.goto(path)
        if shown():
            return
        page.wait_for_timeout(1000)
    pytest.fail(f"{path} has not come to what was waited for: {page.inner_text('main')}")


def test_a_stranger_brings_a_month_in(
    demo: RunningDemo, browser: Browser, storage: Storage, month: Month, tmp_path: Path
) -> None:
    name = f"by-hand-{uuid7().hex[:8]}"
    prefix = f"s3://{EXPORT_BUCKET}/{name}/exports/"
    folder = write_delivery(
        tmp_path / "bill", [[line_of(month)], [line_of(month)]], period=str(month)
    )
    pods = write_workloads(tmp_path / "pods.csv", [pod_of(month)])
    storage.put(pods, f"s3://{EXPORT_BUCKET}/workloads/period={month}/pods.csv")
    files = [path for path in folder.rglob("*") if path.is_file()]
    for path in sorted(files, key=lambda path: not path.name.endswith("Manifest.json")):
        storage.put(path, f"{prefix}{path.relative_to(folder)}")
    with demo.visit(browser, "olivia") as visit:
        page = visit.page
        page.goto("/sources")
        page.get_by_label("Address").fill(prefix.replace("exports", "exprots"))
        page.get_by_label("Name").fill(name)
        page.get_by_role("button", name="Try and add it").click()
        expect(page.get_by_role("alert").filter(has_text="nothing lies there")).to_be_visible()
        expect(page.get_by_label("Address")).to_have_value(prefix)
        visit.troubles.clear()  # the browser says that it got a 409
        page.get_by_role("button", name="Try and add it").click()
        expect(page.get_by_role("heading", level=1)).to_contain_text(name)
        source = f"/sources/{name}"
        chips = page.locator("td .chip")
        until(page, source, lambda: chips.get_by_text("Read", exact=True).count() == 1)
        margins = f"/margins?period={month}"
        reconciled = page.get_by_text("Reconciles to the provider bill, difference 0")
        until(page, margins, lambda: reconciled.count() > 0)


def test_a_refused_file_is_replaced(
    demo: RunningDemo, browser: Browser, month: Month, tmp_path: Path
) -> None:
    name = f"hand-{uuid7().hex[:8]}"
    bad, good = tmp_path / "bad.csv", tmp_path / "good.csv"
    bad.write_text("meter,start,quantity\n")
    good.write_text(f"meter,start,consumer,quantity\nnat_bytes,{month}-03T04:00:00Z,acme,5\n")
    with demo.visit(browser, "olivia") as visit:
        page = visit.page
        page.goto("/sources")
        page.get_by_label("Address").fill("upload:")
        page.get_by_label("Name").fill(name)
        page.get_by_label("What lies there").select_option("signals")
        page.get_by_role("button", name="Try and add it").click()
        page.get_by_text("Give a file").click()
        page.get_by_label("File").set_input_files(bad)
        page.get_by_label("Month").fill(str(month))
        page.get_by_label("Reason").first.fill("a first try")
        page.get_by_role("button", name="Give this file").click()
        expect(page).to_have_url(re.compile("/deliveries/dlv_"))
        refused = page.url
        until(page, refused, lambda: page.get_by_text("Why it was refused").count() > 0)
        expect(page.get_by_role("main")).to_contain_text("consumer")
        place = page.get_by_role("listitem").filter(has_text="Give a file in its place")
        place.get_by_label("File").set_input_files(good)
        place.get_by_label("Reason").fill("with its consumers")
        place.get_by_role("button", name="Give this file").click()
        replaced = page.url
        assert replaced != refused
        until(page, replaced, lambda: page.get_by_text("It was read as a whole.").count() > 0)
        page.goto("/audit?action=file.given")
        expect(page.get_by_role("main")).to_contain_text("with its consumers")
