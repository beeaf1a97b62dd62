"""Farms of accounts: found among the rows of a user table, kept as kinds with laws, made when asked for."""

from __future__ import annotations

from synthgen.campaigns.accounts import Accounts
from synthgen.campaigns.finding import Found, find_campaigns

__all__ = ["Accounts", "Found", "find_campaigns"]
