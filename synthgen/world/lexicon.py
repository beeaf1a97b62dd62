"""The words, tags, places and syllables that a simulated world is made of."""

from __future__ import annotations

from typing import NamedTuple


class Topic(NamedTuple):
    """What a community talks about."""

    name: str
    words: tuple[str, ...]
    tags: tuple[str, ...]


class City(NamedTuple):
    """A place to live in; the offset is to UTC, in minutes, the same all year."""

    country: str
    city: str
    offset: int
    share: float


def _topic(name: str, words: str, tags: str) -> Topic:
    return Topic(name, tuple(words.split()), tuple(tags.split()))


TOPICS = (
    _topic(
        "football",
        "derby penalty striker keeper cup league referee goal stadium transfer corner season",
        "football matchday derby cupfinal goaloftheday transfers keeper fans",
    ),
    _topic(
        "music",
        "album chorus guitar concert vinyl melody drummer festival bassline encore playlist ballad",
        "music nowplaying vinyl livemusic newalbum festival guitar indie",
    ),
    _topic(
        "cooking",
        "sourdough risotto oven saffron dumpling broth skillet marinade pastry lentils market basil",
        "cooking recipe sourdough foodie dinner vegan baking streetfood",
    ),
    _topic(
        "games",
        "boss quest patch speedrun controller level loot co-op server sidequest console update",
        "games speedrun indiegame retrogaming patchnotes coop esports loot",
    ),
    _topic(
        "travel",
        "harbour train passport mountain ferry hostel island backpack sunset border market village",
        "travel wanderlust byrail islandlife hiking backpacking sunset slowtravel",
    ),
    _topic(
        "gardening",
        "tomato compost seedling rose greenhouse beehive pruning tulip mulch orchard frost meadow",
        "garden growyourown tomatoes compost bees roses seedswap allotment",
    ),
    _topic(
        "cinema",
        "trailer director sequel screenplay premiere matinee thriller montage cameo score remake projector",
        "film nowwatching filmnoir premiere boxoffice directorscut shortfilm cinema",
    ),
    _topic(
        "science",
        "telescope genome reactor fossil comet vaccine dataset laser enzyme glacier orbit preprint",
        "science space openscience climate genomics physics astronomy preprint",
    ),
    _topic(
        "cycling",
        "climb derailleur peloton gravel sprint saddle tailwind descent puncture helmet velodrome cobbles",
        "cycling gravel roadbike climbing bikecommute velo tourlife cobbles",
    ),
    _topic(
        "books",
        "novel chapter poet library paperback memoir translator epilogue bookshop draft essay saga",
        "books amreading poetry bookclub library memoir translation novel",
    ),
    _topic(
        "finance",
        "dividend yield ledger bond inflation earnings hedge portfolio audit invoice budget index",
        "finance investing markets bonds earnings inflation budgeting dividends",
    ),
    _topic(
        "pets",
        "puppy kitten whiskers leash vet parrot hamster paw kennel aquarium treat shelter",
        "pets dogs cats puppylove catsofsynth rescue vetlife aquarium",
    ),
)
"""One for each community that there can be."""

COMMON_TAGS = ("monday", "throwback", "news", "goodmorning", "weekend", "photooftheday")
"""Used in every community."""

FRAMES = {
    "en": (
        ("Just finished with the ", ", now the ", "!"),
        ("Nobody told me about the ", " and the ", "."),
        ("The ", " was better than any ", " this year."),
        ("Can we talk about the ", "? And that ", "?"),
        ("Another day, another ", ", and still no ", "."),
    ),
    "de": (
        ("Gerade fertig mit: ", ", jetzt kommt ", "!"),
        ("Niemand hat mir von ", " und ", " erzählt."),
        ("Heute nur ", " und etwas ", "."),
        ("Wer mag ", "? Ich nehme ", "."),
        ("Schon wieder ", ", aber kein ", "."),
    ),
    "es": (
        ("Por fin el ", ", ahora el ", "!"),
        ("Nadie me habló del ", " ni del ", "."),
        ("Hoy solo ", " y un poco de ", "."),
        ("¿Quién quiere ", "? Yo prefiero ", "."),
        ("Otro día de ", ", pero sin ", "."),
    ),
    "fr": (
        ("Enfin fini avec ", ", maintenant ", " !"),
        ("Personne ne m'a parlé de ", " ou de ", "."),
        ("Aujourd'hui juste ", " et un peu de ", "."),
        ("Qui veut ", " ? Moi je prends ", "."),
        ("Encore ", ", mais pas de ", "."),
    ),
    "pt": (
        ("Finalmente o ", ", agora o ", "!"),
        ("Ninguém me falou do ", " nem do ", "."),
        ("Hoje só ", " e um pouco de ", "."),
        ("Quem quer ", "? Eu prefiro ", "."),
        ("Mais um dia de ", ", mas sem ", "."),
    ),
}
"""Language -> what stands before, between and after two words of the community."""

BIOS = {
    "en": ("I live for ", " and ", "."),
    "de": ("Ich lebe für ", " und ", "."),
    "es": ("Vivo para ", " y ", "."),
    "fr": ("Je vis pour ", " et ", "."),
    "pt": ("Vivo para ", " e ", "."),
}
"""The same for what an account says of itself."""

SLOGANS = (
    ("Everyone is switching to ", " because of the ", ", see for yourself"),
    ("They do not want you to know about ", " and the ", ", share before it is gone"),
    ("Win a ", " today: follow, repost and name your ", " now"),
    ("Shocking truth about the ", " that every ", " hides"),
)
"""What a campaign posts, with two words of the community that it is after."""

LANGUAGE_OF = {
    "US": "en",
    "GB": "en",
    "DE": "de",
    "ES": "es",
    "FR": "fr",
    "BR": "pt",
    "PT": "pt",
    "MX": "es",
    "IN": "en",
    "AU": "en",
}
CITIES = (
    City("US", "New York", -300, 0.5),
    City("US", "Chicago", -360, 0.2),
    City("US", "Los Angeles", -480, 0.3),
    City("GB", "London", 0, 0.7),
    City("GB", "Leeds", 0, 0.3),
    City("DE", "Berlin", 60, 0.6),
    City("DE", "Hamburg", 60, 0.4),
    City("ES", "Madrid", 60, 0.7),
    City("ES", "Las Palmas", 0, 0.3),
    City("FR", "Paris", 60, 0.8),
    City("FR", "Lyon", 60, 0.2),
    City("BR", "São Paulo", -180, 0.7),
    City("BR", "Manaus", -240, 0.3),
    City("PT", "Lisbon", 0, 0.6),
    City("PT", "Ponta Delgada", -60, 0.4),
    City("MX", "Mexico City", -360, 0.8),
    City("MX", "Tijuana", -480, 0.2),
    City("IN", "Mumbai", 330, 0.5),
    City("IN", "Delhi", 330, 0.5),
    City("AU", "Sydney", 600, 0.7),
    City("AU", "Perth", 480, 0.3),
)
"""A city belongs to one country, and has one share of those who live there."""

GENRES = ("action", "comedy", "crime", "documentary", "drama", "fantasy", "horror", "musical", "romance", "western")

ONSETS = tuple("b d f g h j k l m n p r s t v z br dr kl st".split())
VOWELS = tuple("a e i o u ai ea oo".split())
SYLLABLES = tuple(onset + vowel for onset in ONSETS for vowel in VOWELS)
"""160 sounds; a made-up name has two or three."""
