"""`python -m deploy.page_previews --out DIR`: every page as a file, the static build beside."""

import argparse
import shutil
from pathlib import Path

from deploy.page_previews.customer_months import write_documents
from deploy.page_previews.pages import PAGES
from deploy.page_previews.render import STATIC_BUILD, render


def main() -> None:
    parser = argparse.ArgumentParser(prog="deploy.page_previews", description=__doc__)
    parser.add_argument("--out", type=Path, required=True)
    out: Path = parser.parse_args().out
    out.mkdir(parents=True, exist_ok=True)
    for name in PAGES:
        (out / name).write_text(render(name), encoding="utf-8")
    write_documents(out)
    if STATIC_BUILD.is_dir():
        shutil.copytree(STATIC_BUILD, out / "static" / "build", dirs_exist_ok=True)
    else:
        print("No static build yet: run `python -m deploy.local.assets`.")
    print(f"{len(PAGES)} pages in {out}; look at them with `python -m http.server -d {out}`")


main()
