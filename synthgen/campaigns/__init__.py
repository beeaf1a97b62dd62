"""Farms of accounts: found among the rows of a user table, kept as kinds with laws, made when asked for."""

from __future__ import annotations

from synthgen.campaigns.accounts import Accounts
from synthgen.campaigns.asking import AskedCampaigns, asked_of
from synthgen.campaigns.finding import Found, find_campaigns
from synthgen.campaigns.laws import Kind, kinds_of
from synthgen.campaigns.planting import Planted, plant

__all__ = ["Accounts", "AskedCampaigns", "Found", "Kind", "Planted", "asked_of", "find_campaigns", "kinds_of", "plant"]
