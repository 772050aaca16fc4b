"""The command `trueback`: one module per command; servers' modules are imported only when used."""
