"""Words about a person's body, face and hair, and what each one says.

Two kinds: nouns name the person ("grandma": female and elderly), adjectives describe. What an adjective says depends
on the thing it stands with, so each gives ``{thing: {address: value}}``: "short" is a length for a skirt, a style for
hair and a stature for a man.
"""

from __future__ import annotations

from personify.wardrobe.attributes import Attributes

Senses = dict[str, Attributes]

_F: Attributes = {"person.sex": "female"}
_M: Attributes = {"person.sex": "male"}


def _each(phrases: str, says: Attributes) -> dict[str, Attributes]:
    return dict.fromkeys(phrases.split(", "), says)


def _group(name: str) -> Attributes:
    return {"person.age_group": name}


PERSON_NOUNS: dict[str, Attributes] = {
    **_each("person, human, character, figure, someone, somebody, individual, people", {}),
    **_each("woman, female, lady, women, she, wife, sister, aunt, girlfriend, miss", _F),
    **_each("mother, mom, mum, mommy, mummy, mrs, gal, madam, chick", _F),
    **_each("man, male, gentleman, men, he, guy, dude, bloke, chap, fellow, lad", _M),
    **_each("father, dad, daddy, husband, brother, uncle, boyfriend, mister, mr, sir", _M),
    **_each("girl, daughter, schoolgirl, lass", _F | _group("child")),
    **_each("boy, son, schoolboy", _M | _group("child")),
    **_each("child, kid, youngster, schoolchild", _group("child")),
    **_each("toddler, baby, infant", {"person.age": 4.0}),
    **_each("teen, teenager, adolescent", _group("teenager")),
    **_each("teenage girl, teen girl, teenaged girl", _F | _group("teenager")),
    **_each("teenage boy, teen boy, teenaged boy", _M | _group("teenager")),
    **_each("little girl, young girl, small girl", _F | {"person.age": 7.0}),
    **_each("little boy, young boy, small boy", _M | {"person.age": 7.0}),
    **_each("adult, grown up, young adult", _group("young adult")),
    **_each("senior, pensioner, elder, senior citizen, retiree", _group("elderly")),
    **_each("grandma, grandmother, granny, nan, nana, crone", _F | _group("elderly")),
    **_each("grandpa, grandfather, grandad, granddad, gramps", _M | _group("elderly")),
    **_each("little old lady", _F | _group("elderly") | {"person.stature": "short"}),
    "redhead": {"hair.color": "red"},
    "hunk": _M | {"person.build": "muscular"},
    "bodybuilder": {"person.build": "muscular"},
    **_each("beanpole, string bean", {"person.stature": "tall", "person.build": "slim"}),
    "giant": {"person.stature": "very tall"},
    "dwarf": {"person.stature": "very short"},
}
PRONOUNS: dict[str, Attributes] = {"his": _M, "him": _M, "himself": _M, "her": _F, "hers": _F, "herself": _F}

# Said of the person whatever stands next to them.
PERSON_ADJECTIVES: dict[str, Attributes] = {
    **_each(
        "overweight, obese, tubby, portly, rotund, curvy, plus size, potbellied, pot bellied, with a pot belly, "
        "big bellied, heavyset, heavy set, big boned, full figured, voluptuous, roly poly, hefty, corpulent, podgy, "
        "pudgy, round bodied, apple shaped",
        {"person.build": "heavy"},
    ),
    **_each(
        "burly, stocky, buff, jacked, "
        "well built, broad shouldered, toned, sporty, beefy, musclebound, chiselled, chiseled, herculean, "
        "barrel chested, built like a tank, built like an ox, built like a bull, strong as an ox",
        {"person.build": "muscular"},
    ),
    **_each(
        "bony, underweight, frail, slight, wiry, gaunt, emaciated, scrawny, spindly, waifish, "
        "thin as a rake, skin and bones, sylphlike",
        {"person.build": "slim"},
    ),
    **_each("willowy, gangly, gangling, rangy", {"person.stature": "tall", "person.build": "slim"}),
    **_each("diminutive, pint sized, miniature", {"person.stature": "very short"}),
    "hulking": {"person.stature": "very tall", "person.build": "muscular"},
    "of average build": {"person.build": "average"},
    "lanky": {"person.stature": "tall", "person.build": "slim"},
    "petite": {"person.stature": "short", "person.build": "slim"},
    "of average height": {"person.stature": "average"},
    "gigantic": {"person.stature": "very tall"},
    **_each("teenage, teenaged, adolescent, pubescent", _group("teenager")),
    **_each("adult, grown", _group("young adult")),
    **_each("middle aged, mature", _group("middle-aged")),
    **_each("cheerful, jolly, joyful, friendly, beaming, with a smile", {"person.expression": "smile"}),
    **_each("crying, tearful, gloomy, miserable, depressed", {"person.expression": "sad"}),
    **_each("grumpy, scowling, frowning, mad, enraged, cross", {"person.expression": "angry"}),
    **_each("shocked, amazed, startled", {"person.expression": "surprised"}),
    **_each("solemn, grim, unsmiling", {"person.expression": "serious"}),
    "emotionless": {"person.expression": "neutral"},
    "neutral expression": {"person.expression": "neutral"},
    "blue eyed": {"person.eyes": "blue"},
    **_each("bald, bald headed, hairless, shaved head, shaven headed, bald head, balding", {"hair.style": "bald"}),
    **_each("bearded, unshorn", {"hair.beard": "full beard"}),
    **_each("clean shaven, cleanly shaven, freshly shaved, beardless", {"hair.beard": "none"}),
    **_each(
        "unshaven, stubbly, stubble, "
        "three day beard, 5 o'clock shadow, five o'clock shadow",
        {"hair.beard": "stubble"},
    ),
    **_each("moustached, mustached, mustachioed, moustachioed", {"hair.beard": "moustache"}),
    **_each("barefoot, barefooted, shoeless, bare feet", {"feet.kind": "none"}),
    **_each("hatless, bareheaded", {"head.kind": "none"}),
    **_each("shirtless, bare chested, topless", {"top.kind": "none"}),
    **_each("african, african american, nigerian, kenyan, ethiopian, afro caribbean", {"person.ancestry": "african"}),
    **_each("asian, east asian, chinese, japanese, korean, vietnamese, thai", {"person.ancestry": "east asian"}),
    **_each("indian, south asian, pakistani, bengali, tamil", {"person.ancestry": "south asian"}),
    **_each("latin, latino, latina, hispanic, mexican, brazilian", {"person.ancestry": "latin"}),
    **_each("arab, arabic, middle eastern, persian, turkish", {"person.ancestry": "middle eastern"}),
    **_each("caucasian, european, scandinavian, nordic, irish, british, russian", {"person.ancestry": "european"}),
}  # fmt: skip

HAIR_NOUNS: dict[str, Attributes] = {
    **_each("hair, hairs, haired, hairdo, hairstyle, haircut", {}),
    **_each("buzz cut, buzzcut, crew cut, buzz", {"hair.style": "buzz"}),
    **_each("pixie cut, pixie, bowl cut", {"hair.style": "short"}),
    **_each("quiff, pompadour, slicked back, spiky, spikes", {"hair.style": "quiff"}),
    **_each("side part, side parting, side parted, comb over", {"hair.style": "side part"}),
    **_each("curls, ringlets", {"hair.style": "curly"}),
    "afro": {"hair.style": "afro"},
    **_each("bob, bob cut, pageboy", {"hair.style": "bob"}),
    "waves": {"hair.style": "wavy"},
    **_each("ponytail, pony tail", {"hair.style": "ponytail"}),
    **_each("bun, topknot, top knot, chignon, man bun, updo", {"hair.style": "bun"}),
    **_each("braid, braids, plait, plaits, cornrows", {"hair.style": "braids"}),
    **_each("pigtails, pigtail, pig tails, bunches", {"hair.style": "pigtails"}),
    **_each("mohawk, mohican", {"hair.style": "mohawk"}),
    **_each("dreadlocks, dreads, locs, dreadlock", {"hair.style": "locs"}),
}
BEARD_NOUNS: dict[str, Attributes] = {
    **_each("beard, whiskers, facial hair", {"hair.beard": "full beard"}),
    **_each("moustache, mustache, mustaches, handlebar moustache", {"hair.beard": "moustache"}),
    **_each("goatee, chin beard, soul patch", {"hair.beard": "goatee"}),
}


def _worn_around(place: str) -> list[str]:
    return [
        f"{where} {whose} {place}" for where in ("round", "around", "on") for whose in ("his", "her", "their", "the")
    ]


OTHER_NOUNS: dict[str, dict[str, Attributes]] = {
    "eyes": _each("eyes, eyed, eye", {}),
    "skin": _each("skin, skinned, complexion, complexioned", {}),
    "build": _each("build, figure, body, physique, frame", {}),
    "sleeves": _each("sleeves, sleeve, sleeved", {}),
    "expression": {
        **_each("smile, happy face", {"person.expression": "smile"}),
        "grin": {"person.expression": "grin"},
        **_each("frown, scowl", {"person.expression": "angry"}),
        **_each("expression, face", {}),
    },
    "clothes": _each(
        "clothes, clothing, outfit, attire, garb, costume, uniform, dressed, "
        "clad, wearing, wears, clothed, all in, dressed in, dressed all in, everything, head to toe",
        {},
    ),
    "neck": _each(", ".join(_worn_around("neck")), {}),
    "scalp": _each(", ".join(_worn_around("head")), {}),
}

CONTEXT_ADJECTIVES: dict[str, Senses] = {
    "long": {"hair": {"hair.style": "long"}, "beard": {"hair.beard": "long beard"}, "sleeves": {"sleeves": "long"},
             "garment": {"length": "long"}},
    "full length": {"garment": {"length": "long"}},
    "short": {"hair": {"hair.style": "short"}, "beard": {"hair.beard": "short beard"}, "sleeves": {"sleeves": "short"},
              "garment": {"length": "mini"}, "person": {"person.stature": "short"}},
    "trimmed": {"beard": {"hair.beard": "short beard"}, "hair": {"hair.style": "short"}},
    "rolled up": {"sleeves": {"sleeves": "short"}},
    "full": {"beard": {"hair.beard": "full beard"}},
    "thick": {"beard": {"hair.beard": "full beard"}, "hair": {}},
    "bushy": {"beard": {"hair.beard": "full beard"}, "hair": {}},
    "big": {"beard": {"hair.beard": "full beard"}, "hair": {"hair.style": "afro"}, "garment": {"fit": "loose"},
            "person": {"person.build": "heavy"}, "expression": {}},
    "large": {"garment": {"fit": "loose"}, "person": {"person.build": "heavy"}},
    "huge": {"garment": {"fit": "loose"}, "person": {"person.stature": "very tall"}},
    "small": {"garment": {}, "person": {"person.stature": "short"}},
    "little": {"garment": {}, "person": {"person.stature": "short"}},
    "curly": {"hair": {"hair.style": "curly"}, "beard": {}, "person": {"hair.style": "curly"}},
    "wavy": {"hair": {"hair.style": "wavy"}},
    "straight": {"hair": {}, "garment": {"fit": "regular"}},
    "messy": {"hair": {}},
    "shoulder length": {"hair": {"hair.style": "bob"}},
    "medium length": {"hair": {"hair.style": "bob"}, "garment": {"length": "midi"}},
    "chin length": {"hair": {"hair.style": "bob"}},
    "waist length": {"hair": {"hair.style": "long"}},
    "shaved": {"hair": {"hair.style": "bald"}},
    "braided": {"hair": {"hair.style": "braids"}, "beard": {"hair.beard": "long beard"}, "garment": {}},
    "dark": {"hair": {"hair.color": "dark brown"}, "skin": {"person.skin": "dark"}, "garment": {"color": "charcoal"},
             "eyes": {"person.eyes": "dark brown"}, "beard": {"beard.color": "dark brown"}},
    "light": {"hair": {"hair.color": "light brown"}, "garment": {}},
    "ginger": {"hair": {"hair.color": "red"}, "beard": {"beard.color": "red"}, "person": {"hair.color": "red"}},
    "blond": {"hair": {"hair.color": "blond"}, "beard": {"beard.color": "blond"}, "person": {"hair.color": "blond"}},
    "brunette": {"hair": {"hair.color": "brown"}, "person": {"hair.color": "brown"}},
    "young": {"person": {"person.age_group": "young adult"}},
    "old": {"person": {"person.age_group": "elderly"}, "garment": {}},
    "new": {"garment": {}},
    "ripped": {"garment": {}, "person": {"person.build": "muscular"}},
    "torn": {"garment": {}},
    "shiny": {"garment": {}},
    "shining": {"garment": {}},
    "elegant": {"garment": {}, "person": {}, "clothes": {}},
    "casual": {"garment": {}, "clothes": {}},
    "pleated": {"garment": {}},
    "matching": {"garment": {"color": "matching"}},
    "skinny": {"garment": {"fit": "slim"}, "person": {"person.build": "slim"}, "build": {"person.build": "slim"}},
    "slim": {"garment": {"fit": "slim"}, "person": {"person.build": "slim"}, "build": {"person.build": "slim"}},
    "tight": {"garment": {"fit": "slim"}},
    "form fitting": {"garment": {"fit": "slim"}},
    "tailored": {"garment": {"fit": "slim"}},
    "flowing": {"garment": {"fit": "loose"}, "hair": {"hair.style": "long"}},
    "chunky": {"garment": {"fit": "loose"}, "person": {"person.build": "heavy"}},
    "heavy": {"garment": {}, "person": {"person.build": "heavy"}, "build": {"person.build": "heavy"}},
    "strong": {"person": {"person.build": "muscular"}, "build": {"person.build": "muscular"}},
    "fit": {"person": {"person.build": "muscular"}, "build": {"person.build": "muscular"}},
    "medium": {"build": {"person.build": "average"}, "garment": {"length": "midi"}},
    "average": {"build": {"person.build": "average"}, "person": {"person.build": "average"}},
    "knee high": {"garment": {}},
    "thigh high": {"garment": {}},
    "tweed": {"garment": {"material": "wool"}},
    "woolly": {"garment": {"material": "wool"}},
    "velvet": {"garment": {"material": "silk"}},
    "corduroy": {"garment": {"material": "cotton"}},
    "flannel": {"garment": {"material": "wool"}},
    "suede": {"garment": {"material": "leather"}},
    "plastic": {"garment": {"material": "rubber"}},
    "stripped": {"garment": {"pattern": "striped"}},
    "gingham": {"garment": {"pattern": "checked"}},
    "hawaiian": {"garment": {"pattern": "floral"}},
    "half sleeved": {"garment": {"sleeves": "short"}},
    "bare armed": {"garment": {"sleeves": "none"}},
    "three quarter length": {"garment": {"length": "midi"}},
    "cropped": {"garment": {"length": "midi"}, "hair": {"hair.style": "buzz"}},
    "ankle length": {"garment": {"length": "long"}},
}  # fmt: skip
_FILLERS = """like very really quite rather extremely somewhat slightly pair coloured colored color colour colors
looking style styled hued toned type kind just only also completely entirely mostly some any nice
beautiful pretty handsome cute attractive cool wear put tied worn tucked up pulled back done made
about there please create generate show me i want picture image photo render 3d model avatar view
side behind upper lower front two both head"""
FILLERS = frozenset(_FILLERS.split())  # say nothing
