"""All months of the sample company, in the three formats.

python -m deploy.sample_company --anchor 2026-10 --out DIR
"""

import argparse
from pathlib import Path

from deploy.sample_company import write_everything
from shared.periods import Month


def main() -> None:
    parser = argparse.ArgumentParser(prog="deploy.sample_company", description=__doc__)
    parser.add_argument("--anchor", type=Month.parse, required=True, help="such as 2026-10")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--seed", type=int, default=1)
    chosen = parser.parse_args()
    for sample in write_everything(root=chosen.out, anchor=chosen.anchor, seed=chosen.seed):
        print(
            f"{sample.period}{' restated' if sample.month.is_restated else ''}:"
            f" {sample.line_count:,} bill lines, {sample.bill_total:,.2f} USD,"
            f" {sample.signal_count:,} signals"
        )
    print(f"in {chosen.out}")


main()
