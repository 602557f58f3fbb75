"""One text said of every part of a person: what a guide compares a close-up of the face or a view from behind with."""

from __future__ import annotations

import itertools
import re
from collections.abc import Mapping

from personify.errors import PersonifyError
from personify.perception.pretrained import SHIPPED
from personify.text.reader import check_text
from personify.wardrobe.caption import VIEWS, article

PARTS = tuple(VIEWS)
"""Parts that a picture can show: ``full``, ``face``, ``upper``, ``side``, ``back`` and ``nape``."""
RENDERING = "a 3D rendering of {} in unreal engine"
"""AvatarCLIP's words around every prompt, for models that know all kinds of pictures."""
_CLAUSES = re.compile(r",?\s+(?=(?:dressed in|clad in|wearing|in|with)\b)")
_HEAD = re.compile(
    r"\b(hair|haired|bald|ponytail|braids?|bun|afro|beard|moustache|mustache|stubble|eyes?|glasses|sunglasses|goggles|"
    r"hat|cap|helmet|hood|crown|beanie|beret|turban|headscarf|mask|face|skin|smile|horns|ears)\b"
)
_CLAUSE = re.compile(r",|\s+(?:in|with|wearing|who|made|dressed|of)\b", re.IGNORECASE)
_ARTICLE = re.compile(r"(a|an|the|some|one|two|his|her|their)\b", re.IGNORECASE)


def style_for(model_name: str) -> str:
    """The words around a prompt that suit a model: none for ours, whose captions have none."""
    return "{}" if model_name.startswith(SHIPPED) else RENDERING


def part_prompts(text: str, style: str = "{}", overrides: Mapping[str, str] | None = None) -> dict[str, str]:
    """The text said of every part.

    Args:
        text: of the whole person; an article is added where there is none.
        style: words around each prompt, with ``{}`` for it.
        overrides: part -> what to say of it instead, whole; ``{look}`` in it stands for ``text``.

    Raises:
        PersonifyError: empty or over-long text, an unknown part, or a style without ``{}``.

    Example:
        >>> prompts = part_prompts("bearded man in jeans", RENDERING)
        >>> prompts["back"]
        'a 3D rendering of the back of a bearded man in jeans in unreal engine'
        >>> prompts["face"]
        'a 3D rendering of the face of a bearded man in unreal engine'
    """
    text = check_text("look", text)
    if "{}" not in style:
        raise PersonifyError(f"style: {style!r} has no {{}}; expected one where the text goes")
    said = with_article(text)
    prompts = {
        part: style.replace("{}", VIEWS[part][0][0] + (about_head(said) if part in ("face", "nape") else said))
        for part in PARTS
    }
    for part, prompt in (overrides or {}).items():
        if part not in PARTS:
            raise PersonifyError(f"prompt of {part!r}: is no part; expected one of {', '.join(PARTS)}")
        prompts[part] = check_text(f"prompt of the {part}", prompt).replace("{look}", said)
    return prompts


def with_article(text: str) -> str:
    """The text, with "a" or "an" before it if it has none.

    >>> with_article("iron knight"), with_article("the knight")
    ('an iron knight', 'the knight')
    """
    if _ARTICLE.match(text):
        return text
    person = _CLAUSE.split(text, maxsplit=1)[0]  # "man in jeans" is no plural
    return article(person) + text[len(person) :]


def about_head(text: str) -> str:
    """The text without clauses about clothes, which a close-up of the face does not show.

    >>> about_head("a woman with red hair in a blue dress, wearing glasses")
    'a woman with red hair, wearing glasses'
    """
    starts = [0, *(match.start() for match in _CLAUSES.finditer(text)), len(text)]
    subject, *clauses = (text[a:b] for a, b in itertools.pairwise(starts))
    return subject + "".join(clause for clause in clauses if _HEAD.search(clause))
