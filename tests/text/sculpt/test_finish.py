"""Before and after the steps: folds, clothes made of what the words say, a step back where nothing was won."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from personify.perception.portraits import take_portraits
from personify.text.create import create_with_story
from personify.text.sculpt.creation import sculpted
from personify.text.sculpt.finish import best, finish, layer_tones, step_back
from personify.text.sculpt.folds import fold, fold_height, folds
from personify.text.sculpt.grains import GRAINS
from personify.text.sculpt.painting import paint
from personify.text.sculpt.presets import PRESETS
from personify.text.sculpt.restraint import RestrainedField
from personify.text.sculpt.solid import Solid
from personify.text.sculpt.substances import SUBSTANCES, find_substance
from personify.text.sculpt.tailoring import tailor
from personify.wardrobe.vocabulary import COLORS

from . import sitters


@pytest.fixture(scope="module")
def knight():
    return create_with_story(look="a knight with a red cape made of lava", seed=2, texture_size=64)


@pytest.fixture(scope="module")
def dressed():
    return create_with_story(look="a woman in a blue dress", seed=1, texture_size=64).avatar


def part(avatar, name):
    return next(part for part in avatar.parts if part.name == name)


class Reddish:
    """Likes red pictures, whatever the words."""

    name, image_size = "reddish", 48

    def encode_text(self, texts):
        return torch.tensor([[1.0, 0.0]]).repeat(len(texts), 1)

    def encode_image(self, images):
        red = (images[..., 0] - images[..., 1:].mean(-1)).mean((1, 2))
        return torch.stack([red, 1 - red], 1)


def test_cloth_folds_and_armour_does_not():
    assert folds("dress")
    assert folds("jeans")
    assert not folds("armour")
    assert not folds("skin")
    assert not folds("dress buttons")


def test_folds_change_light_and_nothing_else(dressed):
    before = part(dressed, "dress")
    after = fold(before, dressed.skeleton, seed=3)
    assert after.vertices is before.vertices
    assert after.material.roughness == before.material.roughness
    old, new = before.material.texture.astype(int), after.material.texture.astype(int)
    assert (new <= old).all()  # creases are darker, nothing is brighter
    assert new.mean() > 0.8 * old.mean()
    normals = after.material.normal_map.astype(np.float32) / 127.5 - 1
    assert np.allclose(np.linalg.norm(normals, axis=-1), 1, atol=0.02)
    assert (normals[..., 2] > 0).all()
    turned = np.abs(after.material.normal_map.astype(int) - before.material.normal_map).max(-1)
    assert (turned > 8).mean() > 0.2


def test_folds_are_seeded_and_can_be_left_out(dressed):
    dress = part(dressed, "dress")
    first, again, other = (fold(dress, dressed.skeleton, seed=seed).material for seed in (1, 1, 2))
    assert np.array_equal(first.normal_map, again.normal_map)
    assert not np.array_equal(first.normal_map, other.normal_map)
    assert fold(dress, dressed.skeleton, 0) is dress
    bare = replace(dress, material=replace(dress.material, normal_map=None))
    assert fold(bare, dressed.skeleton) is bare


def test_normals_lean_away_from_rising_cloth(dressed):
    """Where the relief rises along u, the map's red is under the middle (glTF's convention)."""
    dress = part(dressed, "dress")
    flat = np.full((64, 64, 3), (128, 128, 255), np.uint8)
    plain = replace(dress, material=replace(dress.material, normal_map=flat))
    red = fold(plain, dressed.skeleton, seed=1).material.normal_map[..., 0].astype(int) - 128
    points = torch.from_numpy(dress.vertices)
    height = fold_height(points.numpy(), np.zeros(len(points), np.float32), dressed.skeleton, 1)
    a, b = dress.faces[:, 0], dress.faces[:, 1]
    middle = np.floor(64 * (dress.uvs[a] + dress.uvs[b]) / 2).clip(0, 63).astype(int)
    du = dress.uvs[b, 0] - dress.uvs[a, 0]
    along = np.abs(du) > 2 * np.abs(dress.uvs[b, 1] - dress.uvs[a, 1])
    rise = ((height[b] - height[a]) * np.sign(du))[along]
    assert np.corrcoef(rise, red[middle[along, 1], middle[along, 0]])[0, 1] < -0.3


def test_words_name_substances():
    names = {
        "a knight made of red hot lava": "red hot lava",
        "an ice queen": "ice",
        "a wizard of the night sky": "night sky",
    }
    grains = [find_substance(text, [unread]).grain for text, unread in names.items()]
    assert grains == ["cracks", "facets", "stars"]
    assert find_substance("a robot made of polished silver", ["polished"]).metallic > 0.5
    assert find_substance("a man in a gold coat", []) is None
    assert find_substance("an iceland fisherman", ["iceland"]) is None
    assert find_substance("a king", ["gobbledygook"]) is None


def test_every_substance_has_colours_and_a_grain():
    places = np.random.default_rng(0).uniform(-1, 1, (500, 3)).astype(np.float32)
    words = [word for substance in SUBSTANCES for word in substance.words.split(", ")]
    assert len(words) == len(set(words))
    for substance in SUBSTANCES:
        named = [color for version in (*substance.versions, (substance.trim, substance.edge)) for color in version]
        assert all(color in COLORS or (color[0] == "#" and len(color) == 7) for color in named)
        level = GRAINS[substance.grain](places, 3)
        assert level.shape == (500,)
        assert np.isfinite(level).all()
        assert level.std() > 0.02


def test_paint_keeps_geometry_and_alpha(dressed):
    dress = part(dressed, "dress")
    lava = find_substance("made of lava", [])
    painted = paint(dress, lava, seed=4)
    assert painted.vertices is dress.vertices
    assert painted.material.texture.shape == dress.material.texture.shape
    red, green, blue = painted.material.texture.reshape(-1, 3).mean(0)
    assert red > 1.5 * green > blue
    assert np.array_equal(paint(dress, lava, seed=4).material.texture, painted.material.texture)
    assert not np.array_equal(paint(dress, lava, seed=5).material.texture, painted.material.texture)


def test_finish_paints_what_is_open_in_the_version_the_guide_likes(knight):
    avatar = knight.avatar
    done = finish(avatar, "a knight made of lava", Reddish(), {"armour", "gloves", "boots sole"}, seed=1)
    assert (done.painted, done.stuff) == ({"armour", "gloves"}, "lava")
    for before, after in zip(avatar.parts, done.avatar.parts, strict=True):
        if before.name in ("skin", "hair", "boots sole", "helmet"):
            assert after is before
    red = part(done.avatar, "armour").material.texture.reshape(-1, 3).mean(0)
    lava = find_substance("made of lava", [])
    tone = layer_tones(avatar.parts)["armour"]
    painted = [paint(part(avatar, "armour"), lava, k, 1, tone=tone) for k in (0, 1)]
    versions = [one.material.texture.reshape(-1, 3).mean(0) for one in painted]
    assert np.allclose(red, max(versions, key=lambda color: color[0] - color[1:].mean()))


def test_settled_colours_stay_while_shapes_may_move(knight):
    solid = Solid.of(knight.avatar.parts, knight.avatar.skeleton)
    names = [one.name for one in knight.avatar.parts]
    field = RestrainedField(solid, {"armour", "cape"}, settled={"armour"})
    assert names.index("cape") in field.painted
    assert names.index("armour") not in field.painted
    assert float(field.movable[field.part_of == names.index("armour")].min()) == 1


def test_a_step_back_is_taken_where_nothing_was_won():
    avatar = sitters.avatar()
    blue = tuple(
        replace(one, material=replace(one.material, texture=None, base_color=(0, 0, 1, 1))) for one in avatar.parts
    )
    red = tuple(replace(one, material=replace(one.material, base_color=(1, 0, 0, 1))) for one in blue)
    assert best(Reddish(), avatar.skeleton, "a ball", [blue, red]) == 1
    assert best(Reddish(), avatar.skeleton, "a ball", [blue, red], margin=10) == 0
    assert step_back(Reddish(), avatar.skeleton, "a ball", red, blue) is red
    kept = step_back(Reddish(), avatar.skeleton, "a ball", blue, red)
    assert kept[1].material.base_color == (1, 0, 0, 1)


def test_what_was_read_keeps_its_colours():
    start = create_with_story(look="a woman in a blue dress", seed=1, texture_size=64)
    end = sculpted(start, replace(PRESETS["draft"], steps=1, views=1, size=48), guide=sitters.guide())
    before, after = part(start.avatar, "dress"), part(end.avatar, "dress")
    expected = tailor(fold(before, start.avatar.skeleton, seed=1)).material
    assert np.array_equal(after.material.texture, expected.texture)
    assert np.array_equal(after.material.normal_map, expected.normal_map)


def test_colours_that_were_said_stay_beside_words_that_nobody_understood():
    start = create_with_story(look="a dragon knight in golden armour", seed=6, texture_size=64)
    assert start.reading.not_understood == ["dragon"]
    end = sculpted(start, replace(PRESETS["draft"], steps=1, views=1, size=48), guide=sitters.guide())
    before, after = (part(one.avatar, "armour").material.texture for one in (start, end))
    assert np.array_equal(before, after)


def test_dressed_in_gold_means_golden_cloth_and_a_gold_dress_the_colour():
    few = replace(PRESETS["draft"], steps=1, views=1, size=48)
    for look, stuff in (("a woman dressed in gold", "gold"), ("a woman in a gold dress", "")):
        start = create_with_story(look=look, seed=1, texture_size=64)
        end = sculpted(start, few, guide=sitters.guide()).avatar
        assert end.provenance["sculpted"]["made_of"] == stuff
        cloth = [one.material for one in end.parts if folds(one.name)]
        assert cloth
        assert all((0.2 < material.metallic < 0.5) is bool(stuff) for material in cloth)
        assert any(not np.array_equal(cloth[0].normal_map, one.material.normal_map) for one in start.avatar.parts)


def test_metal_is_smooth_where_cloth_folds(knight):
    """Sheets with seams between: most of the surface stays as it was."""
    done = finish(knight.avatar, "a knight made of polished silver", Reddish(), {"cape"}, seed=1).avatar
    cloth = part(finish(knight.avatar, "a knight", Reddish()).avatar, "cape").material.normal_map
    start = part(knight.avatar, "cape").material.normal_map
    silver = part(done, "cape").material
    assert silver.metallic > 0.9
    turned = [(np.abs(one.astype(int) - start).max(-1) > 8).mean() for one in (silver.normal_map, cloth)]
    assert turned[0] < 0.7 * turned[1]


def test_made_of_means_the_body_too_and_a_queen_of_something_stays_a_queen():
    for look, body in (("a queen of ice", False), ("a queen made of ice", True)):
        avatar = create_with_story(look=look, seed=4, texture_size=64).avatar
        garments = {one.name for one in avatar.parts if one.name not in ("skin", "eyes", "lashes", "mouth", "hair")}
        done = finish(avatar, look, Reddish(), garments, ["ice"], seed=1)
        changed = {
            after.name
            for before, after in zip(avatar.parts, done.avatar.parts, strict=True)
            if after.material is not before.material
        }
        assert {"dress", "cape"} <= changed
        assert "eyes" not in changed
        assert ({"skin", "hair"} <= changed) is body
        assert ("crown" in changed) is body  # hers is of gold
        assert {"dress", "crown"} <= done.painted  # and both keep their colours in the steps


def test_layers_of_one_substance_are_told_apart(knight):
    tones = layer_tones(knight.avatar.parts)
    assert set(tones) == {"armour", "gloves", "boots", "helmet", "cape", "trousers", "turtleneck"} & set(tones)
    assert tones["cape"] < tones["armour"]
    lava = find_substance("made of lava", [])
    light = [
        paint(part(knight.avatar, "cape"), lava, tone=tone).material.texture[..., :3].mean() for tone in (-1, 0, 1)
    ]
    assert light[0] < light[1] < light[2]


def test_a_field_that_took_no_step_gives_back_the_same_pictures(dressed):
    """What a sculpture loses by being one: nothing."""
    solid = Solid.of(dressed.parts, dressed.skeleton)
    same = RestrainedField(solid, {"dress"}).sculpted_parts()
    before, after = (take_portraits(dressed.skeleton, parts, size=64).astype(int) for parts in (dressed.parts, same))
    assert np.abs(before - after).max() <= 1
    guide = sitters.guide()
    pictures = [torch.from_numpy(x[..., :3]).float() / 255 for x in (before, after)]
    first, second = (guide.encode_image(x) for x in pictures)
    assert float((first - second).abs().max()) < 1e-3
