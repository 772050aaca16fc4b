"""Addresses of sources, and what may have been meant by a wrong one."""

from pathlib import PurePosixPath

import pytest

from services.ingestion.domain.addresses import (
    BadAddress,
    Readable,
    nearest_name,
    other_bucket,
    parse_address,
    s3_address_meant,
)
from services.ingestion.domain.refusals import UnableToDo

LAKE = "s3://lake/trueback"
ROOT = PurePosixPath("/srv/bills")


def parsed(text, *, buckets=("*",), root=ROOT):
    return parse_address(text, key="aws", readable=Readable(LAKE, buckets, root))


def refused(text, **readable):
    with pytest.raises(BadAddress) as caught:
        parsed(text, **readable)
    return caught.value


@pytest.mark.parametrize(
    ("text", "uri"),
    [
        ("s3://bucket/prefix/", "s3://bucket/prefix/"),
        (" s3://bucket ", "s3://bucket"),
        ("upload:", "upload:aws"),
        ("upload:aws", "upload:aws"),
        ("file:///srv/bills/aws", "file:///srv/bills/aws/"),
        ("/srv/bills/aws/", "file:///srv/bills/aws/"),
    ],
)
def test_an_address_is_kept_in_one_form(text, uri):
    assert parsed(text).uri == uri


def test_an_address_has_a_bucket_or_a_folder():
    assert parsed("s3://bucket/a/b").bucket == "bucket"
    assert parsed("/srv/bills/aws").folder == PurePosixPath("/srv/bills/aws")


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("bucket/prefix", "not_an_address"),
        ("upload:other", "not_an_address"),
        ("", "not_an_address"),
        ("s3://", "bad_bucket_name"),
        ("s3://UPPER/x", "bad_bucket_name"),
        ("s3://lake", "in_the_lake"),
        ("s3://lake/trueback/bills", "in_the_lake"),
        ("/srv/bills", "outside_the_root"),
        ("/srv/bills/../x", "outside_the_root"),
        ("/srv/bills2", "outside_the_root"),
        ("/etc/passwd", "outside_the_root"),
        ("file:///srv/bills/a\0", "outside_the_root"),
    ],
)
def test_an_address_is_refused_with_why(text, code):
    assert refused(text).reason["code"] == code


def test_a_folder_is_refused_where_none_may_be_read():
    assert "TRUEBACK_SOURCE_ROOT" in str(refused("/srv/bills/aws", root=None))


def test_a_bucket_is_one_that_may_be_read():
    assert parsed("s3://a-bills/x", buckets=["*-bills"]).bucket == "a-bills"
    told = refused("s3://exprot/x", buckets=["export", "*-bills"])
    assert told.reason == {"code": "bucket_not_allowed", "nearest": "s3://export/x"}
    assert "(none)" in str(refused("s3://bucket/x", buckets=[]))


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("arn:aws:s3:::bucket/a/b", "s3://bucket/a/b"),
        ("s3:/bucket/a", "s3://bucket/a"),
        ("S3://bucket/a", "s3://bucket/a"),
        ("s3a://bucket/a", "s3://bucket/a"),
        ("https://bucket.s3.eu-west-1.amazonaws.com/a/b%20c", "s3://bucket/a/b c"),
        (
            "https://eu-west-1.console.aws.amazon.com/s3/buckets/bucket?region=x&prefix=a/b/",
            "s3://bucket/a/b/",
        ),
        ("https://s3.console.aws.amazon.com/s3/buckets/bucket", "s3://bucket/"),
        ("https://example.com/s3/buckets/bucket", ""),
        ("https://example.com/x", ""),
        ("https://[x/", ""),
        ("bucket", ""),
    ],
)
def test_another_spelling_of_an_address_is_understood(text, meant):
    assert s3_address_meant(text) == meant
    assert refused(text).nearest == meant


def test_the_nearest_name_is_like_it_and_another():
    assert nearest_name("exprots", ["exports", "logs"]) == "exports"
    assert nearest_name("Exports", ["exports", "Exports"]) == "exports"
    assert nearest_name("cur", ["logs", "cur"]) == ""
    assert other_bucket("s3://exprots/a/b", ["exports"]) == "s3://exports/a/b"
    assert other_bucket("s3://zzz/a/b", ["exports"]) == ""


def test_a_refusal_says_why_as_data():
    assert UnableToDo("no.", code="source_retired").reason == {"code": "source_retired"}
