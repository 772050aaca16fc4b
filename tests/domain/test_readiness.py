"""Whether the files of a delivery may be taken now."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest

from services.ingestion.domain.readiness import (
    NotYetWhole,
    RefusedDelivery,
    Watch,
    check_listed,
    check_loose,
)
from shared.faults import BadInput

THEN = datetime(2026, 11, 3, 12, tzinfo=UTC)
MINUTES = timedelta(minutes=1)


@dataclass(frozen=True)
class Thing:
    uri: str
    modified_at: datetime = THEN
    etag: str = "e"
    size_bytes: int = 1


MANIFEST = Thing("s3://b/x-Manifest.json")
BEFORE = Thing("s3://b/1.csv", THEN - MINUTES)
AFTER = Thing("s3://b/2.csv", THEN + MINUTES)
ABSENT = BadInput("the manifest lists this file, but it is not there.", file="3.csv")


def watch(minutes, *, settle=5):
    return Watch(THEN + minutes * MINUTES, settle * MINUTES)


def listed(items, absent=(), *, minutes=60, settle=5, is_restated=False, accepted=()):
    check_listed(
        MANIFEST,
        items,
        absent,
        watch=watch(minutes, settle=settle),
        is_restated=is_restated,
        accepted=accepted,
    )


def why(refusal, check, *args, **options):
    with pytest.raises(refusal) as caught:
        check(*args, **options)
    return caught.value.code, str(caught.value)


class TestWhatAManifestLists:
    def test_is_taken_at_once_where_it_was_there_before_the_manifest(self):
        listed([BEFORE], minutes=0)

    def test_waits_while_it_is_being_copied_and_is_refused_when_it_stays_in_part(self):
        code, text = why(NotYetWhole, listed, [BEFORE], [ABSENT], minutes=1)
        assert (code, text.split(":")[0]) == (
            "incomplete",
            "1 of 2 files that the manifest lists are not there",
        )
        code, text = why(RefusedDelivery, listed, [], [ABSENT] * 5, minutes=5)
        assert code == "incomplete"
        assert "5 of 5 files" in text
        assert "3.csv, 3.csv, 3.csv and more." in text

    def test_that_is_newer_waits_until_it_is_quiet(self):
        code, text = why(NotYetWhole, listed, [BEFORE, AFTER], minutes=2)
        assert (code, "for 5 minutes" in text) == ("newer_than_manifest", True)
        listed([BEFORE, AFTER])

    @pytest.mark.parametrize(
        ("settle", "span"), [(0.5, "30 seconds"), (90, "90 minutes"), (360, "6 hours")]
    )
    def test_is_waited_for_as_long_as_is_set(self, settle, span):
        assert f"for {span}" in why(NotYetWhole, listed, [AFTER], minutes=1, settle=settle)[1]

    def test_that_is_newer_is_a_persons_to_accept_where_it_may_be_overwritten(self):
        code, text = why(RefusedDelivery, listed, [AFTER, AFTER], is_restated=True)
        assert (code, "2 files are newer" in text) == ("newer_than_manifest", True)
        listed([AFTER], is_restated=True, accepted=["newer_than_manifest"])
        listed([AFTER], minutes=1, accepted=["newer_than_manifest"])


def loose(files, *, minutes=60 * 25, aws=False, manifests=False, over=True, accepted=()):
    check_loose(
        files,
        place="s3://b/",
        watch=watch(minutes),
        is_as_aws_writes=aws,
        has_manifests=manifests,
        month_is_over=over,
        accepted=accepted,
    )


class TestWhatHasNoManifest:
    @pytest.mark.parametrize(
        "options", [{"minutes": 5}, {"minutes": 60, "aws": True}, {"minutes": 5, "over": False}]
    )
    def test_is_a_month_where_it_is_one_file_that_is_quiet(self, options):
        loose([BEFORE], **options)

    @pytest.mark.parametrize(
        "options",
        [
            {"minutes": 3},
            {"minutes": 58, "aws": True},
            {"minutes": 60 * 23, "aws": True, "manifests": True},
        ],
    )
    def test_waits_longer_where_aws_may_still_be_writing(self, options):
        code, text = why(NotYetWhole, loose, [BEFORE], **options)
        assert (code, "1 file lies here" in text) == ("no_manifest", True)

    @pytest.mark.parametrize(
        ("files", "options"),
        [
            ([BEFORE, AFTER], {}),
            ([BEFORE], {"manifests": True}),
            ([BEFORE], {"aws": True, "over": False}),
        ],
    )
    def test_is_a_persons_to_accept_elsewhere(self, files, options):
        assert why(RefusedDelivery, loose, files, **options)[0] == "no_manifest"
        loose(files, **options, accepted=["no_manifest"])
