"""What may be asked of campaigns, checked before anything is drawn."""

from __future__ import annotations

from dataclasses import dataclass

from synthgen.errors import ConfigError

SIZE, DIFFICULTY = 40, 0.5
FEWEST = 2


@dataclass(frozen=True)
class AskedCampaigns:
    """So many campaigns of one size.

    Attributes:
        campaigns: how many.
        size: accounts of each.
        difficulty: 0: every account bears every mark of its campaign; 1: none does. In between each mark is
            missing with this chance, independently.
        label_noise: the share of fake accounts that are labelled genuine; as many genuine ones are labelled fake.

    Example:
        >>> AskedCampaigns(5, 40).accounts
        200
    """

    campaigns: int
    size: int = SIZE
    difficulty: float = DIFFICULTY
    label_noise: float = 0.0

    def __post_init__(self) -> None:
        if self.campaigns < 0:
            raise ConfigError(f"campaigns: {self.campaigns}; a number of campaigns, 0 or more, was expected")
        if self.size < FEWEST:
            raise ConfigError(f"campaign-size: {self.size}; a campaign has {FEWEST} accounts at least")
        for name, value in (("difficulty", self.difficulty), ("label-noise", self.label_noise)):
            if not 0 <= value <= 1:
                raise ConfigError(f"{name}: {value:g}; a number from 0 to 1 was expected")

    @property
    def accounts(self) -> int:
        """In all campaigns."""
        return self.campaigns * self.size

    @property
    def noisy(self) -> int:
        """Fake accounts whose label is turned round; so many genuine ones have theirs turned too."""
        return round(self.label_noise * self.accounts)

    def check(self, users: int) -> None:
        """Whether so many users can hold them.

        Raises:
            ConfigError: they cannot.

        Example:
            >>> AskedCampaigns(5, 40).check(150)
            Traceback (most recent call last):
            synthgen.errors.ConfigError: campaigns: 5 of 40 accounts are 200 fakes among 150 users; at most half of \
the users may be. Ask for fewer or smaller campaigns, or for more users
        """
        if 2 * self.accounts > users:
            raise ConfigError(
                f"campaigns: {self.campaigns:,} of {self.size:,} accounts are {self.accounts:,} fakes among {users:,} "
                "users; at most half of the users may be. Ask for fewer or smaller campaigns, or for more users"
            )


def asked_of(
    campaigns: int | None, size: int | None, difficulty: float | None, label_noise: float | None
) -> AskedCampaigns | None:
    """What was asked for; None: nothing was.

    Raises:
        ConfigError: a number is out of range, or says more of campaigns that nobody asked for.

    Example:
        >>> asked_of(None, None, 0.5, None)
        Traceback (most recent call last):
        synthgen.errors.ConfigError: difficulty: of which campaigns? Say how many with campaigns, or leave it out
    """
    if campaigns is None:
        others = {"campaign-size": size, "difficulty": difficulty, "label-noise": label_noise}
        if given := next((name for name, value in others.items() if value is not None), None):
            raise ConfigError(f"{given}: of which campaigns? Say how many with campaigns, or leave it out")
        return None
    return AskedCampaigns(
        campaigns,
        SIZE if size is None else size,
        DIFFICULTY if difficulty is None else difficulty,
        0.0 if label_noise is None else label_noise,
    )
