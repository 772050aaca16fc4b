"""Words that services share, each written once; `docs/glossary.md` explains them."""
