"""`trueback.yaml`: tenants, labels, rules, pools, plans and contracts in one file."""

from shared.configuration.digest import ruleset_digest
from shared.configuration.loading import load_configuration, parse_configuration
from shared.configuration.models import Configuration

__all__ = ["Configuration", "load_configuration", "parse_configuration", "ruleset_digest"]
