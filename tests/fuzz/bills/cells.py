"""What stands in single cells of bills that went through other tools, or that somebody made up."""

from typing import Final

NUMBERS: Final = (
    *("", "NULL", "null", "NaN", "inf", "-Infinity", "N/A", "true"),
    *("1,50", "1.234,50", "1,000.00", "$5.00", "5 USD", "(5.00)", "-5.00-", "'5"),
    *("1e3", "1E+3", "1e-12", ".5", "5.", "+7", "--7", "1e", "1e400", "0x10", "1_000"),
    *("-0", " 5 ", "5\u00a0", "\u0661\u0662"),
    *("99999999999999.99", "250000000", "1000000000000001", "12345678901234567890"),
    "0.00000000005",
)
TIMES: Final = (
    *("2026-10-03", "2026-10-03 04:00:00", "2026-10-03 04:00:00.000 UTC", "2026-10-03T04:00Z"),
    *("2026-10-03T04:00:00+02:00", "2026/10/03 04:00", "20261003T040000Z", "10/3/26", "3-10-26"),
    *("10/13/2026", "10/03/2026", "03.10.2026", "26-10-03", "2026-W40-6"),
    *("infinity", "-infinity", "epoch", "now", "today", ""),
    *("1790812800", "1790812800000", "46298.17"),
    *("2026-13-03", "2026-10-32", "2026-02-30T00:00:00Z", "0010-03-26", "0044-03-15 (BC)"),
    *("9999-12-31T00:00:00Z", "294247-01-10T04:00:54Z"),
    *("2026-10-03T24:00:00Z", "2026-10-03T04:00:60Z", "2026-10-03T04:00:00 PST"),
)
TAGS: Final = (
    *("", "NULL", "{}", "[]", "acme", "{customer=acme}", "{'customer': 'acme'}"),
    *('{"customer":"acme"', '"acme"', '[{"customer":"acme"}]'),
    *('{"customer":5}', '{"customer":null}', '{"customer":["acme"]}', '{"customer":{"a":"b"}}'),
)
TAG_OBJECTS: Final = (
    *('{"customer":"acme","customer":"globex"}', '{"user_customer":"acme","user_customer":"x"}'),
    *('{"Customer":"globex"}', '{"customer ":"acme"}', '{"user_customer":"globex"}'),
    *('{"customer":"acme\\u200b"}', '{"customer":"\\uff41cme"}', '{"customer":"ACME "}'),
    *('{"customer":"=1+1"}', '{"user_customer":"acme\\u0000"}', '{"":"acme"}'),
)
"""Those that a map of Parquet can hold as well."""
TEXTS: Final = (
    *("", "NULL", "null", "=1+1", "\u202eemca", "x" * 5_000, "a\nb", 'a"b', "a,b", "\u00a0"),
    *("USD", "usd", "EUR", "222222222222.0", "2.22E+11"),
    *("usage", "USAGE", "Usage ", "Bogus", "Refund", "Purchase"),
    *("SavingsPlanNegation", "DiscountedUsage"),
    *("a\u0301", "\U0001f600", "'", "\\", "acme", "globex"),
)
