"""Judging a made network beside the real one: its tables, and what several tables say together."""

from __future__ import annotations

from synthgen.judging.accounts import AccountsSection
from synthgen.judging.base import Section, Sides
from synthgen.judging.behaviour import BehaviourSection
from synthgen.judging.judgement import Judgement
from synthgen.judging.linked import LinkedSection
from synthgen.judging.people import PeopleSection
from synthgen.judging.recommendation import RecommendationSection
from synthgen.judging.tables import judge_tables
from synthgen.judging.texts import TextsSection
from synthgen.judging.ties import TiesSection
from synthgen.metrics.base import Group, Result
from synthgen.seeding import numpy_stream

__all__ = ["SECTIONS", "Judgement", "Section", "Sides", "judge_sections", "judge_tables"]

SECTIONS: tuple[Section, ...] = (
    LinkedSection(),
    TiesSection(),
    BehaviourSection(),
    RecommendationSection(),
    TextsSection(),
    AccountsSection(),
    PeopleSection(),
)
"""In the order in which they are shown."""


def judge_sections(sides: Sides) -> dict[str, list[tuple[Group, Result]]]:
    """By title the figures of every section that applies, each with a random stream of its own.

    Args:
        sides: the three networks.
    """
    found = {
        section.title: section.compute(sides, numpy_stream(sides.config.seed, "section", section.name))
        for section in SECTIONS
    }
    return {title: results for title, results in found.items() if results}
