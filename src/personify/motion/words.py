"""Words of motion texts: their stems, and the small ones that adjust or only glue."""

from __future__ import annotations

import re

# Words that describe a person, or glue words: neither asks for a motion.
IGNORED = frozenset(
    (
        "a", "an", "the", "and", "or", "of", "to", "in", "on", "at", "with", "his", "her", "their", "its", "my",
        "your", "for", "is", "are", "be", "being", "was", "were", "do", "does", "doing", "did", "who", "that", "this",
        "these", "while", "as", "he", "she", "they", "it", "i", "you", "we", "me", "him", "them", "man",
        "woman", "person", "people", "guy", "girl", "boy", "lady", "someone", "somebody", "character", "avatar",
        "figure", "human", "animation", "motion", "movement", "very", "really", "just", "some", "one", "two",
        "way", "from", "into", "up", "down", "out", "there", "here", "s", "t", "am", "by", "like", "then", "so",
        "own", "if", "no", "make", "making", "makes", "perform", "performing", "performs", "action", "pose", "start",
        "begin", "begins", "starts", "again", "after", "before", "next", "finally", "first", "please", "let", "us",
        "using",
        "himself", "herself", "itself", "themselves", "yourself", "oneself", "bit", "little", "because", "has", "have",
        "having", "over", "across", "along", "his", "something", "somewhere", "towards", "toward", "back", "off",
    )
)  # fmt: skip

SLOW = frozenset(
    (
        "slow", "slowly", "leisurely", "calm", "calmly", "gentle", "gently", "lazily", "lazy", "careful",
        "carefully", "softly", "slower",
    )
)  # fmt: skip
FAST = frozenset(
    (
        "fast", "quick", "quickly", "rapid", "rapidly", "swift", "swiftly", "energetic", "energetically",
        "wildly", "frantically", "hastily", "faster", "briskly", "brisk", "hurriedly",
    )
)  # fmt: skip
VERY = frozenset(("very", "extremely", "really", "super", "so", "incredibly"))
NUMBERS = {
    "once": 1, "twice": 2, "thrice": 3, "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7,
    "eight": 8, "nine": 9, "ten": 10, "twelve": 12, "twenty": 20,
}  # fmt: skip
LOOPING = frozenset(("loop", "looped", "looping", "endlessly", "forever", "repeatedly", "continuously", "nonstop"))
BODY_PARTS = frozenset(
    ("hand", "hands", "arm", "arms", "head", "leg", "legs", "foot", "feet", "palm", "fist", "knee", "side", "fingers",
     "finger", "shoulder", "shoulders")
)  # fmt: skip

IRREGULAR = {
    "ran": "run", "sat": "sit", "thought": "think", "knelt": "kneel", "stood": "stand", "shook": "shake",
    "spun": "spin", "crept": "creep", "swung": "swing", "went": "go", "came": "come", "spoke": "speak", "told":
    "tell", "drank": "drink", "fought": "fight", "leapt": "leap", "hid": "hide", "won": "win", "threw": "throw",
    "wept": "weep", "held": "hold", "sitting": "sit", "lying": "lie", "feet": "foot", "happily": "happi",
    "happy": "happi", "swam": "swim", "swum": "swim", "fell": "fall", "fallen": "fall", "lay": "lie", "laid": "lie",
    "lain": "lie", "drove": "drive", "driven": "drive", "rode": "ride", "ridden": "ride", "rowed": "row", "ate": "eat",
    "eaten": "eat", "swept": "sweep", "dug": "dig", "wrote": "write", "written": "write", "sang": "sing",
    "sung": "sing",
    "slept": "sleep", "asleep": "sleep", "flew": "fly", "flown": "fly", "froze": "freez", "frozen": "freez", "teeth":
    "tooth", "got": "get", "gotten": "get", "rose": "rise", "woke": "wake", "drew": "draw", "drawn": "draw", "shot":
    "shoot", "hung": "hang", "blew": "blow", "caught": "catch", "bent": "bend", "hit": "hit", "cried": "cri",
    "crying": "cri", "dying": "die", "tying": "tie",
}  # fmt: skip


def words_of(text: str) -> list[str]:
    """Lower-case words and numbers.

    >>> words_of("Don't stop -- jump 3 times!")
    ["don't", 'stop', 'jump', '3', 'times']
    """
    return re.findall(r"[a-z0-9']+", text.lower())


def stem(word: str) -> str:
    """The part of a word that inflection leaves alone.

    >>> [stem(word) for word in ("wave", "waving", "waves", "running", "ran", "jumped")]
    ['wav', 'wav', 'wav', 'run', 'run', 'jump']
    """
    word = IRREGULAR.get(word, word).replace("'", "")
    for ending in ("ingly", "ing", "edly", "ed", "ily", "ly", "es", "s"):
        if word.endswith(ending) and len(word) - len(ending) >= 3 and not word.endswith("ss"):
            word = word[: -len(ending)] + ("i" if ending == "ily" else "")
            break
    if len(word) > 3 and word[-1] == word[-2] and word[-1] not in "sl":
        word = word[:-1]
    if word.endswith("y") and len(word) > 3:
        word = word[:-1] + "i"
    return word[:-1] if word.endswith("e") and len(word) > 3 else word
