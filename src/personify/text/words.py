"""Plain text handling: tokens, numbers in words, typing mistakes."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection
from functools import lru_cache

_TOKEN = re.compile(r"3d\b|\d+(?:\.\d+)?|[a-z]+(?:'[a-z]+)?|[,;:.()!?&/\n]")
_ONES = """zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen
seventeen eighteen nineteen"""
_TENS = "twenty thirty forty fifty sixty seventy eighty ninety"
NUMBERS = {word: value for value, word in enumerate(_ONES.split())}
NUMBERS |= {word: 10 * value for value, word in enumerate(_TENS.split(), 2)}
_NUMBER = re.compile(
    rf"\b((?:(?:{'|'.join(NUMBERS)})[ -])?(?:{'|'.join(NUMBERS)}))(?=[ -](?:years?|yrs?|feet|foot|ft)\b)"
)
# Everyday words one keystroke away from a word of the lexicon; they are not typing mistakes.
_EVERYDAY_TEXT = """
back bank bark bath bead beach bean bear beast beat bell best bird blank block blow blur boat bold bolt bone book
boost born boss both bowl brow brew bring build bull bunch burn bush cafe cake call calm came camp cane card care
case cast cave chair chain check cheek chief chin class clean clear clock clone close cloud coast coal cold come
cone cook cool core corn count course court cow cream crew cross crowd dance dare dart dash deep desk door down draw
dream drew drink drop each east easy fail fairy fall farm fast feel fell fight fill film find fine fire flat floor
flow food foot form frog from game give glad glass globe glove glow goal goat going gone good grab grand grass great
green greet grew grip ground grow guitar half hall hand hard have head hear heart heat held hell help here hero hill
hold hole holy home hope horn horse host hour house jump keen keep kick kill kind kiss knee knife knit lake lamb
lamp land lane last late laugh lawn lead leaf lean left lend lens less life lift like lime line link lion list live
load loan lone look lose loss lost love luck lung made magic mail main make mall many mark mask mast meal mean meat
meet melt mess mice mile milk mind mine mint miss mist mode mood moon more most move much must neat neck need nest
next nice night nose note obey only open oven over pace pack page pain paint pair palm park part pass past path
phone pick pile pill pine pipe place plan plane plant plate play plot plug plus poem poet poke pole poll pond pony
pool poor port pose post press price pull pure purse push quick quiet race rack rain rank rare rate read real rest
rice rich ride ring rise risk road rock role roll roof room root rope rose round rule rush safe sale salt same sand
save scar scare school seal seat seed seek seem seen self sell send shade shake shape share shark sharp sheep sheet
shelf shell shift shine ship shock shoot shop shore shot show shut sick side sigh sight sign silk sing sink site
size skill skip slip slow small smell smoke snow soap sock soft soil sold sole some song soon sort soul soup spin
spit spot stage stair stand star start stay steam steel step stick still sting stone stop store storm story street
string suite sure surf sweat sweet swim swing table tail take tale talk tall tank tape task taste team tear tell
tend tent term test text than thank that them then there these they thick thing think this those tide tile till time
tiny tire toad told toll tone tool tour town trail train trap tray tree trick trip truck true tube tune turn type
unit view wait wake walk wall want ward warm wash wave weak wear week well went were west what wheel when whip white
whole whose wife wild will wind wine wing wipe wire wise wish with wolf wood word wore work worm worn yard yeah year
yell your zone wearing working walking running sitting standing holding carrying looking playing dancing waving"""
_EVERYDAY = frozenset(_EVERYDAY_TEXT.split())


def tokenise(text: str) -> list[str]:
    """Lower-case words, numbers and punctuation; accents, hyphens and possessives are gone.

    >>> tokenise("He's in a T-shirt, naïve!")
    ['he', 'in', 'a', 't', 'shirt', ',', 'naive', '!']
    """
    text = unicodedata.normalize("NFKD", text.lower().translate({0x2019: "'", 0x2018: "'"}))
    text = "".join(letter for letter in text if not unicodedata.combining(letter))
    text = re.sub(r"n't\b", " not", text)
    return [re.sub(r"'(s|re|m|ll|ve|d)$", "", token) for token in _TOKEN.findall(text)]


def digits(text: str) -> str:
    """Number words before a unit as digits: "twenty-five years" becomes "25 years", "a one-piece suit" stays.

    >>> digits("about twenty five years old, six feet")
    'about 25 years old, 6 feet'
    """
    return _NUMBER.sub(lambda match: str(sum(NUMBERS[word] for word in re.split("[ -]", match[1]))), text)


def correct(word: str, known: Collection[str]) -> str:
    """The known word a mistyped one stands for, or the word itself.

    Only words of four letters and more are touched, the first letter counts as typed, and one edit (a letter missing,
    added, changed, or two swapped) is allowed; two from eight letters on. Everyday words are never touched.

    >>> correct("swaeter", {"sweater", "water"}), correct("boat", {"boot", "coat"})
    ('sweater', 'boat')
    """
    if len(word) < 4 or word in known or word in _EVERYDAY or not word.isalpha():
        return word
    allowed = 2 if len(word) >= 8 else 1
    near = [one for one in known if one[0] == word[0] and abs(len(one) - len(word)) <= allowed and len(one) >= 4]
    costs = {one: cost for one in near if (cost := edit_distance(word, one)) <= allowed}
    # of several, the swap of two letters is the commonest slip, then the one of the same length
    return min(
        costs, key=lambda one: (costs[one], sorted(one) != sorted(word), abs(len(one) - len(word)), one), default=word
    )


@lru_cache(maxsize=4096)
def edit_distance(a: str, b: str) -> int:
    """Damerau-Levenshtein distance with adjacent swaps (optimal string alignment).

    >>> edit_distance("balck", "black"), edit_distance("jens", "jeans")
    (1, 1)
    """
    before: list[int] = []
    previous = list(range(len(b) + 1))
    for i, left in enumerate(a, 1):
        current = [i] + [0] * len(b)
        for j, right in enumerate(b, 1):
            current[j] = min(previous[j] + 1, current[j - 1] + 1, previous[j - 1] + (left != right))
            if i > 1 and j > 1 and left == b[j - 2] and a[i - 2] == right:
                current[j] = min(current[j], before[j - 2] + 1)
        before, previous = previous, current
    return previous[-1]
