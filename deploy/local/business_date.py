"""The date that a demo or a test stands on: kept in its folder, and going on by the real clock."""

import json
from datetime import UTC, date, datetime

from deploy.local.home import Home


def keep_business_date(home: Home, today: date) -> None:
    """That of the first start holds: a stack that is started again has gone on meanwhile."""
    if home.business_date_file.exists():
        return
    home.path.mkdir(parents=True, exist_ok=True)
    kept = {"today": str(today), "since": str(datetime.now(UTC).date())}
    home.business_date_file.write_text(json.dumps(kept), encoding="utf-8")


def business_environment(home: Home) -> dict[str, str]:
    """What every process of a service is told of it; nothing where the real date holds."""
    if not home.business_date_file.exists():
        return {}
    kept = json.loads(home.business_date_file.read_text(encoding="utf-8"))
    return {"TRUEBACK_TODAY": kept["today"], "TRUEBACK_TODAY_SINCE": kept["since"]}
