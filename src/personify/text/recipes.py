"""Recipes: ready looks as TOML files, with everything a run needs to be repeated.

A recipe has ``look`` and, all optional, ``shape``, ``motion``, ``seed`` and ``guide``; a table ``[prompts]`` says what
to tell the guide of a part (``full``, ``face``, ``back`` ...; ``{look}`` stands for the look); a table ``[sculpt]``
names a ``preset`` of sculpting and changes its numbers (``steps``, ``size``, ``textureless`` ...).
"""

from __future__ import annotations

import dataclasses
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from personify.errors import PersonifyError
from personify.files import ASSETS
from personify.text.sculpt.presets import SculptPreset, find_preset

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

FOLDER = ASSETS / "recipes"


@dataclass(frozen=True)
class Recipe:
    """A run by name.

    Attributes:
        look: person and clothes in words.
        name: of the file.
        shape: the body in words.
        motion: what they do, in words.
        seed: varies what the words do not say.
        guide: an image-text model for sculpting; the shipped one if empty.
        prompts: part -> what to tell the guide.
        sculpt: ``preset`` and changes to it; empty = the person is dressed, not sculpted.
    """

    look: str
    name: str = "own"
    shape: str | None = None
    motion: str | None = None
    seed: int = 0
    guide: str | None = None
    prompts: Mapping[str, str] = field(default_factory=dict)
    sculpt: Mapping[str, Any] = field(default_factory=dict)

    def sculpt_preset(self) -> SculptPreset | None:
        """How to sculpt, or None.

        Raises:
            PersonifyError: an unknown preset or number.
        """
        return sculpt_settings(self.sculpt, f"recipe {self.name!r}") if self.sculpt else None


def sculpt_settings(values: Mapping[str, Any], owner: str) -> SculptPreset:
    """A preset with changes, e.g. ``{"preset": "draft", "steps": 80}``; ``weights`` are changed one by one."""
    changes = dict(values)
    base = find_preset(changes.pop("preset", "standard"))
    fields = {each.name: getattr(base, each.name) for each in dataclasses.fields(base)}
    for name, value in changes.items():
        if name not in fields:
            raise PersonifyError(f"{owner}: sculpt.{name} is not known; expected one of preset, {', '.join(fields)}")
        try:
            changes[name] = _like(fields[name], value)
        except TypeError:
            wanted = f"expected a value like {fields[name]!r}"
            raise PersonifyError(f"{owner}: sculpt.{name} is {value!r}; {wanted}") from None
    return dataclasses.replace(base, **changes)


def _like(default: Any, value: Any) -> Any:
    """The value as TOML gives it, as the type of a default; `TypeError` where it does not fit."""
    if isinstance(default, Mapping) and isinstance(value, Mapping):
        return {**default, **value}
    if isinstance(default, tuple) and isinstance(value, list) and len(value) == len(default):
        return tuple(value)
    if type(default) is float and type(value) in (int, float):
        return float(value)
    if type(default) is type(value):
        return value
    raise TypeError


def recipe_names() -> list[str]:
    """Names of the shipped recipes, in alphabetical order."""
    return sorted(path.stem for path in FOLDER.glob("*.toml"))


def load_recipe(name: str | Path | None, changes: Sequence[str] = (), **given: Any) -> Recipe:
    """A shipped recipe by name, one of your own by the path of its ``.toml`` file, or an empty one.

    Args:
        name: e.g. ``"firefighter"`` or ``"my/recipe.toml"``; None = nothing but what follows.
        changes: e.g. ``"seed=3"`` or ``"sculpt.steps=80"``: a key, and its value as TOML or plain text.
        given: keys of a recipe that replace those of the file, where they are not None; ``sculpt`` is a preset's name.

    Raises:
        PersonifyError: there is none, it cannot be read, or a key or value is not known.

    Example:
        >>> load_recipe("firefighter", ["sculpt.steps=80"], look="a fire chief", sculpt="draft").sculpt
        {'preset': 'draft', 'steps': 80}
    """
    values: dict[str, Any] = {"look": ""} if name is None else _read(Path(name))
    owner = "recipe" if name is None else str(name)
    if (preset := given.pop("sculpt", None)) is not None:
        values["sculpt"] = {**values.get("sculpt", {}), "preset": preset}
    values |= {key: value for key, value in given.items() if value is not None}
    for change in changes:
        _apply(values, change)
    return _checked(values, owner)


def _read(name: Path) -> dict[str, Any]:
    path = name if name.suffix == ".toml" else FOLDER / f"{name}.toml"
    if not path.is_file():
        known = ", ".join(recipe_names())
        raise PersonifyError(f"recipe {str(name)!r}: no such file; expected a .toml file or one of {known}")
    try:
        return {"name": path.stem, **tomllib.loads(path.read_text(encoding="utf-8"))}
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise PersonifyError(f"{path}: not readable as TOML ({error})") from error


def _apply(values: dict[str, Any], change: str) -> None:
    key, separator, text = change.partition("=")
    if not separator or not key.strip():
        raise PersonifyError(f"set {change!r}: expected KEY=VALUE, e.g. seed=3 or sculpt.steps=80")
    try:
        value = tomllib.loads(f"value = {text}")["value"]
    except tomllib.TOMLDecodeError:
        value = text
    *tables, last = key.strip().split(".")
    for table in tables:
        values = values.setdefault(table, {})
        if not isinstance(values, dict):
            raise PersonifyError(f"set {change!r}: {table!r} is no table; expected prompts or sculpt")
    values[last] = value


def _checked(values: dict[str, Any], owner: str) -> Recipe:
    kinds = {
        "name": str, "look": str, "shape": str, "motion": str, "seed": int, "guide": str,
        "prompts": dict, "sculpt": dict,
    }  # fmt: skip
    if "look" not in values:
        raise PersonifyError(f'{owner}: has no look; expected e.g. look = "a firefighter"')
    for key, value in values.items():
        if key not in kinds:
            raise PersonifyError(f"{owner}: {key!r} is not known; expected one of {', '.join(list(kinds)[1:])}")
        if not isinstance(value, kinds[key]) or isinstance(value, bool):
            raise PersonifyError(f"{owner}: {key} is {value!r}; expected a {kinds[key].__name__}")
    if any(not isinstance(prompt, str) for prompt in values.get("prompts", {}).values()):
        raise PersonifyError(f"{owner}: prompts must be texts")
    recipe = Recipe(**values)
    recipe.sculpt_preset()
    return recipe
