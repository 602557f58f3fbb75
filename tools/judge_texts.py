"""Texts as strangers type them, for a known outfit: what the judge learns to read from.

Another writer than the caption grammar: keyword lists, roles, ages in years, things that are absent, words that imply
more than a kind (a cardigan is a woollen jacket). A word is used only where everything it implies is true, so the
tables of synonyms and of the reader serve as plain data. People made of lava or ice (`judge_materials`) are told so,
and nothing is said of the colours below.
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from judge_materials import STUFFS, Made

from personify.perception.labels import FINE_FIELDS, fine_attributes
from personify.text import words
from personify.text.clothes import IMPLIED
from personify.text.people import BEARD_NOUNS, HAIR_NOUNS, PERSON_ADJECTIVES, PERSON_NOUNS
from personify.wardrobe import synonyms
from personify.wardrobe.attributes import Attributes
from personify.wardrobe.caption import article
from personify.wardrobe.looks import find_look
from personify.wardrobe.outfit import Garment, Outfit
from personify.wardrobe.vocabulary import GARMENTS

ADJECTIVES = (("fit", synonyms.FITS), ("length", synonyms.LENGTHS), ("sleeves", synonyms.SLEEVES),
              ("pattern", synonyms.PATTERNS), ("color", synonyms.COLORS), ("material", synonyms.MATERIALS))  # fmt: skip
ABSENT = {
    "feet": "shoes footwear sneakers boots",
    "head": "hat cap helmet headgear",
    "eyes": "glasses sunglasses spectacles",
    "neck": "tie scarf",
    "waist": "belt",
    "hands": "gloves",
    "outer": "jacket coat",
    "back": "cape",
}
BESIDES = (  # said of people and nothing the wardrobe has
    "holding a guitar", "with an umbrella", "carrying a book", "with a backpack", "holding a sword", "with a bouquet",
    "carrying a briefcase", "with a dog", "red lipstick", "pink nail polish", "freckles", "tattoos", "gold earrings",
    "a pearl necklace", "a wristwatch", "standing", "looking at the camera", "full body", "photorealistic",
    "highly detailed", "on a beach", "in the snow", "walking to work", "with big pockets", "a friendly face", "tired",
    "elegant", "from the nineties", "medieval style", "game character", "3d model", "ready for a party",
    "on a cold day",
)  # fmt: skip
BEINGS = ("spirit", "elemental", "golem", "creature", "demon", "giant", "guardian", "god", "goddess", "being", "statue")
DECADES = dict(enumerate(["twenties", "thirties", "forties", "fifties", "sixties", "seventies", "eighties"], 2))
NUMBERS = {value: word for word, value in words.NUMBERS.items()}


@dataclass
class Text:
    """A text under way and the addresses it speaks of."""

    outfit: Outfit
    rng: random.Random
    attributes: Attributes  # that can be seen
    chance: float  # of each thing to be said
    made: Made
    told: set[str] = field(default_factory=set)

    def maybe(self, chance: float | None = None) -> bool:
        return self.rng.random() < (self.chance if chance is None else chance)

    def tell(self, *addresses: str) -> None:
        self.told.update(address for address in addresses if address in FINE_FIELDS and address not in self.made.hidden)

    def true(self, says: Attributes) -> bool:
        return all(self.attributes.get(address) == value for address, value in says.items())

    def word(self, table: synonyms.Phrases, value: object) -> str:
        words = table.get(str(value), (str(value),))
        return words[0] if self.maybe(0.4) else self.rng.choice(words)

    def one_of(self, table: dict[str, Attributes]) -> str:
        """A phrase whose every claim is true; told. Empty where there is none."""
        found = [phrase for phrase, says in table.items() if says and self.true(says)]
        if not found:
            return ""
        phrase = self.rng.choice(found)
        self.tell(*table[phrase])
        return phrase


def write(outfit: Outfit, look: str, rng: random.Random, made: Made | None = None) -> tuple[str, set[str], bool]:
    """A text for an outfit.

    Args:
        look: name of the look the person wears, or empty.
        rng: what is said, and how.
        made: what of, if of anything.

    Returns:
        (text, addresses it speaks of, whether it names the look).
    """
    role = look if look and rng.random() < 0.75 else ""
    chance = rng.choice((0.0, 0.15, 0.3) if role else (0.15, 0.35, 0.6, 0.85))
    made = made or Made()
    visible = {name: value for name, value in fine_attributes(outfit).items() if name not in made.hidden}
    text = Text(outfit, rng, visible, chance, made)
    subject = person(text, role)
    things = [thing for thing in features(text) + garments(text) if thing]
    if text.maybe(0.12):
        things.append(rng.choice(BESIDES))
    rng.shuffle(things)
    things += [thing for thing in absent(text) if thing]
    if not subject and not things:
        subject = _noun(text, 1.0)
    return join(subject, things, rng), text.told, bool(role)


def join(subject: str, things: Sequence[str], rng: random.Random) -> str:
    """One of the ways people line things up."""
    things, style = list(things), rng.random()
    if not things:
        return subject
    if not subject or style < 0.35:
        things.insert(0 if rng.random() < 0.85 else len(things), subject)
        return ", ".join(thing for thing in things if thing)
    link = rng.choice((" in ", " wearing ", " with ", ", ", ": ", " dressed in ", "; "))
    return subject + link + (", ".join(things) if style < 0.6 or len(things) == 1 else _series(things, rng))


def _series(things: list[str], rng: random.Random) -> str:
    return ", ".join(things[:-1]) + rng.choice((" and ", ", ", " with ", " over ", " plus ")) + things[-1]


def person(text: Text, role: str) -> str:
    """The subject: adjectives, and a noun, a role or both."""
    told = [make(text) for make in (_build, _stature, _age, _expression, _claim) if text.maybe(0.3)]
    before = [phrase for phrase in told if phrase and not phrase.startswith("|")]
    after = [phrase[1:] for phrase in told if phrase.startswith("|")]
    being = text.made.of and not role and text.maybe(0.25)
    noun = "" if being else _role(text, role) if role else _noun(text, 0.75)
    if text.made.of and text.maybe(0.9):
        noun = _made(text, noun, role)
    text.rng.shuffle(before)
    phrase = " ".join([*before, noun]).strip()
    if not noun:
        phrase = ", ".join(before)
    elif text.maybe(0.6):
        phrase = article(phrase)
    return ", ".join(part for part in (phrase, *after) if part)


def _made(text: Text, noun: str, role: str) -> str:
    """The noun with what the person is made of before or after it."""
    stuff, rng = STUFFS[text.made.of], text.rng
    text.tell("made of")
    if not noun or (not role and text.maybe(0.15)):
        noun = f"{noun} {rng.choice(BEINGS)}".strip()
    if text.maybe(0.4):
        return f"{rng.choice(stuff.adjectives.split(', '))} {noun}"
    if text.maybe(0.35):
        return f"{noun} of {rng.choice(stuff.places.split(', '))}"
    return f"{noun} {_of(text)}"


def _of(text: Text) -> str:
    made = ("made of", "made of", "made of", "made out of", "made from", "covered in", "covered with", "dressed in",
            "clad in", "wrapped in", "formed from")  # fmt: skip
    return f"{text.rng.choice(made)} {text.rng.choice(STUFFS[text.made.of].things.split(', '))}"


def _role(text: Text, role: str) -> str:
    look, sex = find_look(role), text.outfit.person.sex
    sexed = look.male if sex == "male" else look.female
    name = text.rng.choice([look.name, look.name, *look.also, *sexed])
    text.tell(*look.attributes(text.outfit.seed, sex))
    if name in sexed or look.person.get("sex"):
        text.tell("person.sex")
        return name
    if text.maybe(0.4):
        text.tell("person.sex")
        words = ("male", "man", "guy") if sex == "male" else ("female", "woman", "girl", "lady")
        word = text.rng.choice(words[:1] if text.maybe(0.4) else words)
        return f"{word} {name}" if text.maybe(0.6) else f"{name} {word}" if word != "female" else f"{name}, {word}"
    return name


def _noun(text: Text, chance: float) -> str:
    if not text.maybe(chance):
        return text.rng.choice(("person", "", "somebody", "character"))
    sex, group = text.outfit.person.sex, text.outfit.person.age_group
    text.tell("person.sex")
    if text.maybe(0.35) and (phrase := text.one_of(PERSON_NOUNS)):
        if "person.sex" in PERSON_NOUNS[phrase]:
            return phrase
        return f"{'male' if sex == 'male' else 'female'} {phrase}"
    if group in ("child", "teenager"):
        text.tell("person.age_group")
        teen = "teenage " if group == "teenager" else text.rng.choice(("", "little ", "young ", "small "))
        return teen + ("boy" if sex == "male" else "girl")
    nouns = ("man", "man", "guy", "gentleman") if sex == "male" else ("woman", "woman", "lady", "female")
    return text.rng.choice(nouns)


def _build(text: Text) -> str:
    build = text.outfit.person.build
    text.tell("person.build")
    if text.maybe(0.3) and build == "average":
        return "|" + text.rng.choice(("of average build", "medium build", "average build"))
    return text.word(synonyms.BUILDS, build)


def _stature(text: Text) -> str:
    stature, height = str(text.attributes["person.stature"]), text.outfit.person.height
    if stature == "average" and text.maybe(0.8):
        return ""
    text.tell("person.stature")
    if text.maybe(0.25):
        measure = f"{round(height)} cm" if text.maybe(0.7) else f"{height / 100:.2f} m"
        return text.rng.choice((f"{measure} tall", f"|{measure} tall", f"|{measure}", f"{measure}"))
    return text.word(synonyms.STATURES, stature) if stature != "average" else "|of average height"


def _age(text: Text) -> str:
    age, group = int(text.outfit.person.age), text.outfit.person.age_group
    text.tell("person.age_group")
    if text.maybe(0.3):
        number = NUMBERS[age] if age in NUMBERS and text.maybe(0.5) else str(age)
        he = "he" if text.outfit.person.sex == "male" else "she"
        if text.maybe(0.3):
            text.tell("person.sex")
            return f"|{he} is {text.rng.choice(('', 'about '))}{number} years old"
        return text.rng.choice((f"{number}-year-old", f"{number} year old", f"|aged {number}", f"|{number} years old"))
    if text.maybe(0.2) and age // 10 in DECADES:
        text.tell("person.sex")
        return f"|in {'his' if text.outfit.person.sex == 'male' else 'her'} {DECADES[age // 10]}"
    if group == "young adult":
        return text.rng.choice(("young", "young", "young adult"))
    if group == "middle-aged":
        return text.rng.choice(("middle-aged", "middle aged", "mature"))
    return text.word(synonyms.AGE_GROUPS, group)


def _expression(text: Text) -> str:
    if text.outfit.person.expression == "neutral" and text.maybe(0.8):
        return ""
    text.tell("person.expression")
    return text.rng.choice(("", "|")) + text.word(synonyms.EXPRESSIONS, text.outfit.person.expression)


def _claim(text: Text) -> str:
    return text.one_of(PERSON_ADJECTIVES)


def features(text: Text) -> list[str]:
    """Hair, beard, skin and eyes."""
    makers: tuple[Callable[[Text], str], ...] = (_hair, _beard, _skin, _eyes)
    chances = (0.7, 0.8 if text.outfit.hair.beard != "none" else 0.15, 0.3 * ("person.skin" in text.attributes), 0.12)
    return [make(text) for make, chance in zip(makers, chances, strict=True) if text.maybe() and text.maybe(chance)]


def _hair(text: Text) -> str:
    hair, rng = text.outfit.hair, text.rng
    if hair.style == "bald":
        text.tell("hair.style")
        return rng.choice(("bald", "bald head", "shaved head", "no hair"))
    shade = text.word(synonyms.HAIR_COLORS, hair.color) if "hair.color" in text.attributes and text.maybe(0.65) else ""
    if shade:
        text.tell("hair.color")
    if shade and text.maybe(0.3):
        return rng.choice((f"{shade} hair", f"{shade}-haired", f"hair {shade}"))
    text.tell("hair.style")
    nouns = [phrase for phrase, says in HAIR_NOUNS.items() if says.get("hair.style") == hair.style]
    if nouns and text.maybe(0.4):
        noun = rng.choice(nouns)
        return rng.choice((f"{shade} {noun}", f"{shade} hair in a {noun}", f"{shade} hair tied in a {noun}")).strip()
    phrase = text.word(synonyms.HAIR_STYLES, hair.style).format(shade)
    return article(" ".join(phrase.split())) if text.maybe(0.5) else " ".join(phrase.split())


def _beard(text: Text) -> str:
    beard, rng = text.outfit.hair.beard, text.rng
    text.tell("hair.beard")
    if beard == "none":
        return rng.choice(("clean-shaven", "clean shaven", "no beard", "beardless", "without a beard", "no moustache"))
    nouns = [phrase for phrase, says in BEARD_NOUNS.items() if says["hair.beard"] == beard]
    phrase = rng.choice(nouns) if nouns and text.maybe(0.3) else text.word(synonyms.BEARDS, beard).removeprefix("a ")
    if "hair.color" in text.attributes and text.maybe(0.35):
        text.tell("hair.color")
        shade = text.word(synonyms.HAIR_COLORS, text.outfit.hair.color)
        long = phrase.startswith(("long ", "short ", "full ")) and text.maybe(0.7)
        phrase = phrase.replace(" ", f" {shade} ", 1) if long else f"{shade} {phrase}"
    if "beard" in phrase and text.maybe(0.15):
        phrase = text.rng.choice(("thick ", "bushy ", "braided ")) + phrase
    return article(phrase) if text.maybe(0.6) else phrase


def _skin(text: Text) -> str:
    text.tell("person.skin")
    tone = text.word(synonyms.SKIN_TONES, text.outfit.person.skin)
    return text.rng.choice((f"{tone} skin", f"{tone}-skinned", f"{tone} complexion"))


def _eyes(text: Text) -> str:
    text.tell("person.eyes")
    color = text.word(synonyms.EYE_COLORS, text.outfit.person.eyes)
    return text.rng.choice((f"{color} eyes", f"{color}-eyed"))


def garments(text: Text) -> list[str]:
    """Some of what is worn; sometimes a word for several pieces at once."""
    worn = [garment for garment in text.outfit.garments if text.maybe(max(0.25, text.chance) if text.chance else 0.0)]
    things = []
    sets = [phrase for phrase, pieces in IMPLIED.items() if len(pieces) > 1 and _wears(text, pieces, set())]
    if sets and worn and text.maybe(0.5):
        phrase = text.rng.choice(sets)
        kinds = {piece["kind"] for piece in IMPLIED[phrase]}
        worn = [garment for garment in worn if garment.kind not in kinds]
        things.append(_whole_set(text, phrase))
    return things + [_garment(text, garment) for garment in worn]


def _wears(text: Text, pieces: Sequence[dict[str, str]], said: set[str]) -> bool:
    """Whether everything is worn as implied, but for a colour that an adjective says anyway."""
    for piece in pieces:
        slot = GARMENTS[piece["kind"]].slot if "kind" in piece else piece["slot"]
        if text.attributes[f"{slot}.kind"] in ("none", None):
            return False
        if any(text.attributes.get(f"{slot}.{name}") != value for name, value in piece.items()
               if name != "slot" and not (name == "color" and name in said)):  # fmt: skip
            return False
    return True


def _whole_set(text: Text, phrase: str) -> str:
    slots = [GARMENTS[piece["kind"]].slot for piece in IMPLIED[phrase]]
    for slot, piece in zip(slots, IMPLIED[phrase], strict=True):
        text.tell(*(f"{slot}.{name}" for name in piece))
    colors = {text.attributes.get(f"{slot}.color") for slot in slots[:2]}
    if len(colors) == 1 and None not in colors and text.maybe(0.7):
        text.tell(*(f"{slot}.color" for slot in slots[:2]))
        pattern = text.attributes.get(f"{slots[0]}.pattern", "plain")
        color, extra = text.word(synonyms.COLORS, colors.pop()), ""
        if pattern != "plain" and text.maybe(0.7):
            text.tell(f"{slots[0]}.pattern")
            extra = text.word(synonyms.PATTERNS, pattern)
        phrase = " ".join(part for part in (color, extra, phrase) if part)
    return article(phrase) if text.maybe(0.6) else phrase


def _garment(text: Text, garment: Garment) -> str:
    slot, rng = garment.slot, text.rng
    chances = {"color": 0.75, "pattern": 0.75, "material": 0.3, "length": 0.35, "sleeves": 0.2, "fit": 0.3}
    if garment.pattern == "plain":
        chances["pattern"] = 0.04
    if garment.fit == "regular":
        chances["fit"] = 0.0
    if garment.material is None:
        chances["material"] = 0.05
    said = {name: text.word(table, text.attributes[f"{slot}.{name}"]) for name, table in ADJECTIVES
            if f"{slot}.{name}" in text.attributes and text.maybe(chances[name])}  # fmt: skip
    text.tell(*(f"{slot}.{name}" for name in said))
    noun = _thing(text, garment, set(said))
    said = {name: word for name, word in said.items() if not (name == "material" and word in noun)}
    trim, after = _accent(text, garment, said), ""
    if said.get("pattern") in ("logo", "graphic"):
        said.pop("pattern")
        after = f" with {article(f'{trim} logo'.strip())}"
    elif trim and "color" in said and garment.pattern != "plain" and "pattern" in said:
        said["color"] += f" and {trim}"
    elif trim:
        after = f" with {trim} {rng.choice(('trim', 'details', 'accents', 'edges'))}"
    if slot in text.made.slots and text.maybe(0.3):
        text.tell("made of")
        after = f" {_of(text)}"
    words = list(said.values())
    if text.maybe(0.3):
        rng.shuffle(words)
    if words and text.maybe(0.08):
        return f"{noun} {' '.join(words)}{after}"  # "jeans blue"
    if "color" in said and text.maybe(0.05):
        return f"{noun} that {'are' if noun.endswith('s') else 'is'} {said['color']}"
    phrase = " ".join([*words, noun]) + after
    return article(phrase) if text.maybe(0.6) else phrase


def _thing(text: Text, garment: Garment, said: set[str]) -> str:
    """A name for a garment."""
    slot, usual = garment.slot, synonyms.GARMENTS[garment.kind]
    if text.maybe(0.4):
        found = [phrase for phrase, pieces in IMPLIED.items() if len(pieces) == 1
                 and pieces[0].get("slot", garment.slot) == slot
                 and pieces[0].get("kind", garment.kind) == garment.kind and _wears(text, pieces, said)]  # fmt: skip
        if found:
            phrase = text.rng.choice(found)
            text.tell(*(f"{slot}.{name}" for name in IMPLIED[phrase][0]))
            return phrase
    text.tell(f"{slot}.kind")
    return usual[0] if text.maybe(0.5) else text.rng.choice(usual)


def _accent(text: Text, garment: Garment, said: dict[str, str]) -> str:
    slot = garment.slot
    if f"{slot}.accent" not in text.attributes or garment.accent == garment.color or not said or not text.maybe(0.5):
        return ""
    text.tell(f"{slot}.accent")
    return text.word(synonyms.COLORS, garment.accent)


def absent(text: Text) -> list[str]:
    """Things somebody does not wear."""
    missing = [slot for slot in ABSENT if text.attributes[f"{slot}.kind"] == "none" and text.maybe(text.chance / 6)]
    phrases = []
    for slot in missing:
        text.tell(f"{slot}.kind")
        thing = text.rng.choice(ABSENT[slot].split())
        bare = {"feet": "barefoot", "head": "hatless"}.get(slot)
        singular = thing if thing.endswith("s") or text.maybe(0.3) else f"a {thing}"
        phrases.append(bare if bare and text.maybe(0.4) else text.rng.choice((f"no {thing}", f"without {singular}")))
    return phrases


def roughen(text: str, rng: random.Random) -> str:
    """The text as people type it: sometimes with mistakes, without articles, with capitals."""
    if rng.random() < 0.15:
        text = re.sub(r"\b(a|an|the) ", "", text)
    return mistyped(text, rng.choice((0, 0, 0, 0, 0, 0, 1, 1, 2, 3)), rng)


def mistyped(text: str, count: int, rng: random.Random) -> str:
    """The text with typing mistakes in long words: letters swapped, left out or doubled."""
    for _ in range(count):
        long = list(re.finditer(r"[a-z]{4,}", text))
        if long:
            match = rng.choice(long)
            k = rng.randrange(match.start(), match.end() - 1)
            mistakes = (text[k + 1] + text[k], text[k], text[k + 1], text[k] * 2 + text[k + 1])
            text = text[:k] + rng.choice(mistakes) + text[k + 2 :]
    return text
