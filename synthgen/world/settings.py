"""What a user may choose of a simulated world, checked before anything is drawn."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field

from synthgen.errors import ConfigError
from synthgen.world.lexicon import TOPICS

MAX_ROWS = 100_000_000
"""Rows of all tables together: some 70 bytes of memory each (measured at 5 million), 7 GB in all."""
USERS_TO_A_BOT, USERS_TO_AN_ITEM = 10, 4
"""Accounts for each bot and for each item, where the number of campaigns or of items is not given."""
FEWEST_ITEMS = 20
"""Two of each genre."""


class WorldSettings(BaseModel):
    """A simulated world; ``examples/world.md`` has the equation behind each of these.

    Attributes:
        users: accounts, bots included.
        seed: equal ones give equal bytes.
        communities: groups of humans, each with topics, tastes and home countries of its own.
        campaigns: farms of bots; None: as many as make a tenth of the accounts.
        campaign_size: bots of a campaign.
        difficulty: the chance that a mark of a bot is missing; 1: bots are drawn like humans.
        label_noise: the chance that ``is_bot`` is wrong.
        items: what is rated; None: a quarter of the users, 20 at least.
        follows: mean of what an account follows, campaigns aside.
        posts: mean of an account's posts, campaigns aside.
        ratings: mean of an account's ratings, campaigns aside.
        exponent: of the power law of popularity.
        within: the share of follows that are bound to stay in the community.
        reciprocity: the share of follows that are returned.
        closing: the share of follows that close a triangle.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, protected_namespaces=())
    users: int = Field(default=2000, ge=10)
    seed: int = Field(default=0, ge=0)
    communities: int = Field(default=6, ge=1, le=len(TOPICS))
    campaigns: int | None = Field(default=None, ge=0)
    campaign_size: int = Field(default=40, ge=2)
    difficulty: float = Field(default=0.5, ge=0, le=1)
    label_noise: float = Field(default=0.02, ge=0, le=0.5)
    items: int | None = Field(default=None, ge=FEWEST_ITEMS)
    follows: float = Field(default=20, ge=0, le=1000)
    posts: float = Field(default=10, ge=0, le=1000)
    ratings: float = Field(default=20, ge=0, le=1000)
    exponent: float = Field(default=2.5, gt=2, le=6)
    within: float = Field(default=0.6, ge=0, le=1)
    reciprocity: float = Field(default=0.4, ge=0, le=0.9)
    closing: float = Field(default=0.3, ge=0, le=0.9)

    @property
    def farms(self) -> int:
        """How many campaigns there are.

        Example:
            >>> WorldSettings(users=2000).farms, WorldSettings(users=300).farms, WorldSettings(campaigns=3).farms
            (5, 0, 3)
        """
        return self.users // USERS_TO_A_BOT // self.campaign_size if self.campaigns is None else self.campaigns

    @property
    def bots(self) -> int:
        """How many accounts belong to a campaign."""
        return self.farms * self.campaign_size

    @property
    def catalogue(self) -> int:
        """How many items there are."""
        return max(FEWEST_ITEMS, self.users // USERS_TO_AN_ITEM) if self.items is None else self.items


def check_world(settings: WorldSettings) -> None:
    """Whether settings that are each in range go together.

    Raises:
        ConfigError: more bots than half of the accounts, or more rows than can be drawn.

    Example:
        >>> check_world(WorldSettings(users=100, campaigns=2))
        Traceback (most recent call last):
        synthgen.errors.ConfigError: campaigns: 2 of 40 accounts are 80 of 100 users; at most half of the accounts \
may be bots. Ask for fewer or smaller campaigns, or for more users
    """
    if 2 * settings.bots > settings.users:
        raise ConfigError(
            f"campaigns: {settings.farms:,} of {settings.campaign_size:,} accounts are {settings.bots:,} of "
            f"{settings.users:,} users; at most half of the accounts may be bots. Ask for fewer or smaller campaigns, "
            "or for more users"
        )
    each = 1 + settings.follows + settings.posts + settings.ratings
    rows = settings.users * each + settings.bots * settings.campaign_size + settings.catalogue
    if rows > MAX_ROWS:
        raise ConfigError(
            f"users: {settings.users:,} with {each:g} rows each are {rows:,.0f} rows of all tables; at most "
            f"{MAX_ROWS:,} were expected. Ask for fewer users, items, follows, posts, ratings, or smaller campaigns"
        )
