"""The command `trueback`: one module per command.

`attribute`, `explain`, `what-if` and `export` work on files with the services' engines alone. What
needs the local stack comes with the extra `local`; `extra.py` says how it is found.
"""
