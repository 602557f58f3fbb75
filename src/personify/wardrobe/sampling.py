"""People nobody described in full: the prior that fills in what is not said.

There is one prior, `tasteful`: given some attributes it returns a whole, plausible, well-dressed person with exactly
those. Training data comes from the same place: `sample_outfit` says many random things and lets the prior finish.
Every attribute is drawn from its own stream of the seed, so a word more changes what it is about and little else.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from random import Random

from personify.wardrobe import vocabulary as words
from personify.wardrobe.attributes import Attributes, Value, outfit_from, typical_height
from personify.wardrobe.clothing import clothe
from personify.wardrobe.outfit import Outfit

Draw = Callable[[str], Random]  # an independent stream for each thing decided

AGES = {
    "child": (6, 11.5),
    "teenager": (14, 18.5),
    "young adult": (20, 38),
    "middle-aged": (43, 58),
    "elderly": (66, 82),
}
DEVIATIONS = {"very short": (-3.0, -2.4), "short": (-1.9, -1.25), "average": (-0.8, 0.8), "tall": (1.25, 1.9),
              "very tall": (2.4, 3.2)}  # fmt: skip
# ancestry: its usual skins, hair colours and eyes
ANCESTRIES: dict[str, tuple[str, str, str]] = {
    "european": ("pale fair light", "dark_brown brown light_brown blond red", "brown blue green grey hazel"),
    "east asian": ("fair light olive", "black dark_brown", "dark_brown brown"),
    "south asian": ("tan brown dark", "black dark_brown", "dark_brown brown"),
    "middle eastern": ("light olive tan", "black dark_brown", "brown dark_brown hazel"),
    "latin": ("light olive tan", "black dark_brown brown", "brown dark_brown"),
    "african": ("brown dark very_dark", "black", "dark_brown brown"),
}
FEMININE = ("dress", "skirt", "blouse", "heels", "stockings")
STYLES = {  # hair style: weight for women, for men
    "buzz": (0, 8), "short": (4, 34), "side part": (0, 18), "quiff": (0, 12), "curly": (7, 9), "afro": (2, 2),
    "bob": (16, 0), "long": (25, 2), "wavy": (22, 2), "ponytail": (13, 1), "bun": (7, 1), "braids": (3, 0),
    "bald": (0, 6),
}  # fmt: skip
BEARDS = {"none": 52, "stubble": 16, "moustache": 3, "goatee": 4, "short beard": 17, "full beard": 8}


def tasteful(said: Mapping[str, Value], seed: int = 0, look: str = "") -> Outfit:
    """A whole person with the attributes said and plausible, harmonious others; the same input gives the same person.

    Args:
        said: attributes in the form of `wardrobe.attributes`, plus ``person.ancestry``, ``clothes.color`` and
            ``<slot>.worn`` (something is worn there, whatever fits).
        seed: 0 to 2**32 - 1; varies everything that was not said.
        look: name of the look being filled in, so that the pirate and the nurse of one seed are different people.

    Example:
        >>> tasteful({"person.sex": "male", "top.color": "red"}, seed=3).worn("top").color
        'red'
    """
    chosen: Attributes = dict(said)

    def draw(name: str) -> Random:
        return Random(f"{seed}/{look}/{name}")

    chosen.setdefault("person.sex", likely_sex(chosen, seed, look))
    _choose_body(chosen, draw)
    _choose_colouring(chosen, draw)
    _choose_hair(chosen, draw)
    clothe(chosen, draw)
    return outfit_from({address: value for address, value in chosen.items() if not _steers(address)}, seed)


def _steers(address: str) -> bool:
    """Whether an address only steers the prior and is no attribute of an outfit."""
    return address == "person.ancestry" or address.startswith("clothes.") or address.endswith(".worn")


def likely_sex(said: Mapping[str, Value], seed: int, look: str = "") -> str:
    """The sex that what was said suggests (a beard, a skirt), else a drawn one."""
    if said.get("hair.beard", "none") != "none" or said.get("top.kind") == "none":
        return "male"
    if any(value in FEMININE for address, value in said.items() if address.endswith(".kind")):
        return "female"
    return Random(f"{seed}/{look}/sex").choice(words.SEXES)


def _weighted(random: Random, weights: Mapping[str, float]) -> str:
    return random.choices(list(weights), list(weights.values()))[0]


def _choose_body(chosen: Attributes, draw: Draw) -> None:
    if "person.age" not in chosen:
        grown = {"young adult": 62, "middle-aged": 28, "elderly": 10}
        group = str(chosen.get("person.age_group") or _weighted(draw("age group"), grown))
        chosen["person.age"] = round(draw("age").uniform(*AGES[group]), 1)
    if "person.height" not in chosen:
        mean, spread = typical_height(str(chosen["person.sex"]), float(chosen["person.age"]))
        low, high = DEVIATIONS[str(chosen.get("person.stature", "average"))]
        height = mean + spread * draw("height").uniform(low, high)
        chosen["person.height"] = round(min(max(height, 90.0), 230.0), 1)
    chosen.setdefault("person.build", _weighted(draw("build"), {"average": 60, "slim": 25, "muscular": 8, "heavy": 7}))
    chosen.setdefault("person.expression", _weighted(draw("expression"), {"neutral": 40, "smile": 60}))


def _choose_colouring(chosen: Attributes, draw: Draw) -> None:
    """Skin, hair and eyes that occur together, given whatever of them was said."""
    columns = ("person.skin", "hair.color", "person.eyes")
    tables = {name: [text.replace("_", " ") for text in " ".join(sets).split()] for name, sets in ANCESTRIES.items()}

    def agreement(name: str) -> int:
        return sum(chosen[column] in tables[name] for column in columns if column in chosen)

    best = max(map(agreement, ANCESTRIES))
    fitting = [name for name in ANCESTRIES if agreement(name) == best]
    ancestry = str(chosen.get("person.ancestry") or draw("ancestry").choice(fitting))
    for column, values in zip(columns, ANCESTRIES[ancestry], strict=True):
        choices = [value.replace("_", " ") for value in values.split()]
        if column == "hair.color":
            choices = _with_age(choices, float(chosen["person.age"]), draw)
        chosen.setdefault(column, draw(column).choice(choices))


def _with_age(colors: list[str], age: float, draw: Draw) -> list[str]:
    greying = (age - 42.0) / 25.0  # nobody at 42, nearly everybody at 67
    if draw("greying").random() >= greying:
        return colors
    return ["grey"] if age < 62 else ["grey", "white"]


def _choose_hair(chosen: Attributes, draw: Draw) -> None:
    age, male = float(chosen["person.age"]), chosen["person.sex"] == "male"
    weights = {style: both[male] for style, both in STYLES.items()}
    if age < 30:
        weights["bald"] = 0
    if chosen["person.skin"] not in ("brown", "dark", "very dark"):
        weights["afro"] = 0
    if age < 14:
        weights |= {"buzz": 0} | ({} if male else {"pigtails": 20, "braids": 12, "bun": 0, "short": 1, "curly": 4})
    if age > 62:
        weights |= {"long": 0, "afro": 0, "braids": 0, "quiff": 0} | ({"short": 20} if not male else {"bald": 25})
    chosen.setdefault("hair.style", _weighted(draw("hair"), weights))
    beard = _weighted(draw("beard"), BEARDS | ({"full beard": 18} if age > 62 else {}))
    chosen.setdefault("hair.beard", beard if male and age >= 20 else "none")


def sample_outfit(random: Random) -> Outfit:
    """A random person from the broad distribution that training needs: every value of the vocabulary occurs.

    >>> sample_outfit(Random(1)) == sample_outfit(Random(1))
    True
    """
    sex = random.choice(words.SEXES)
    said: Attributes = {"person.sex": sex, "person.age_group": random.choice(list(words.AGE_GROUPS))}
    said["person.build"] = random.choice(words.BUILDS)
    said["person.stature"] = random.choice(list(DEVIATIONS))
    said["person.expression"] = random.choice(words.EXPRESSIONS)
    _sample_head(said, random)
    for slot in _sample_slots(random):
        _sample_garment(said, slot, random)
    return tasteful(said, random.getrandbits(32))


def _sample_head(said: Attributes, random: Random) -> None:
    if random.random() < 0.5:  # half of the colouring stays natural
        said["person.skin"] = random.choice(list(words.SKIN_TONES))
        said["person.eyes"] = random.choice(list(words.EYE_COLORS))
        said["hair.color"] = random.choice(list(words.HAIR_COLORS))
    male, grown = said["person.sex"] == "male", said["person.age_group"] not in ("child", "teenager")
    styles = [style for style in words.HAIR_STYLES if male or style != "bald"]
    said["hair.style"] = random.choice(styles)
    said["hair.beard"] = random.choice(words.BEARDS) if male and grown and random.random() < 0.7 else "none"


_OFTEN = {"outer": 0.35, "head": 0.3, "eyes": 0.2, "neck": 0.15, "waist": 0.15, "legs": 0.12, "hands": 0.1,
          "back": 0.07, "front": 0.07}  # fmt: skip


def _sample_slots(random: Random) -> list[str]:
    body = ["full"] if random.random() < 0.28 else ["top", "bottom"]
    return [*body, "feet", *(slot for slot, often in _OFTEN.items() if random.random() < often)]


def _sample_garment(said: Attributes, slot: str, random: Random) -> None:
    kinds = [kind for kind, entry in words.GARMENTS.items() if entry.slot == slot]
    if said["person.sex"] == "male" and random.random() < 0.9:
        kinds = [kind for kind in kinds if kind not in FEMININE] or kinds
    if slot == "feet" and random.random() < 0.05:
        said["feet.kind"] = "none"
        return
    kind = random.choice(kinds)
    said |= {f"{slot}.kind": kind, f"{slot}.color": random.choice(list(words.COLORS))}
    for name, value in _sample_details(kind, slot, random):
        said[f"{slot}.{name}"] = value


def _sample_details(kind: str, slot: str, random: Random) -> Sequence[tuple[str, str]]:
    usual = words.GARMENTS[kind]
    patterned = slot in ("top", "bottom", "full", "outer", "back", "front", "neck", "head", "legs")
    details = [("pattern", random.choice(words.PATTERNS) if patterned and random.random() < 0.5 else "plain")]
    if random.random() < 0.15:
        details.append(("material", random.choice(words.MATERIALS)))
    if slot in ("top", "bottom", "full", "outer") and random.random() < 0.4:
        details.append(("fit", random.choice(words.FITS)))
    if usual.length and random.random() < 0.4:
        details.append(("length", random.choice(words.LENGTHS)))
    if usual.sleeves and random.random() < 0.3:
        details.append(("sleeves", random.choice(words.SLEEVES)))
    return details
