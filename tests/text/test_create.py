"""Words to an avatar: what is said holds, what is not said varies with the seed."""

import pytest

from personify.errors import PersonifyError
from personify.files import ASSETS
from personify.motion.locomotion import gait_motion
from personify.perception.towers import SmallImageText
from personify.text.codebook import Codebook
from personify.text.complete import complete
from personify.text.create import MAX_SEED, create, create_with_story, split_texts
from personify.text.reader import read
from personify.wardrobe.outfit import Outfit


def person(**options):
    return create_with_story(**{"preset": "draft", "texture_size": 64, **options})


def glb(avatar, folder):
    return avatar.export(folder / "a.glb").read_bytes()


def test_same_seed_same_bytes_other_seed_others(tmp_path):
    words = {"look": "a woman in a blue dress", "motion": "walking"}
    first, again, other = (person(**words, seed=seed).avatar for seed in (3, 3, 4))
    assert glb(first, tmp_path) == glb(again, tmp_path) != glb(other, tmp_path)


def test_the_seed_varies_only_what_was_not_said():
    reading = read(None, "an old man in a red checked shirt")
    people = [complete(reading, seed) for seed in range(20)]
    for outfit in people:
        shirt = outfit.worn("top")
        assert (outfit.person.sex, shirt.kind, shirt.color, shirt.pattern) == ("male", "shirt", "red", "checked")
        assert outfit.person.age >= 60
    assert len({outfit.worn("bottom") for outfit in people}) > 1


def test_every_text_is_optional():
    creation = person(motion="jumping")
    assert creation.texts == {"shape": "", "look": "", "motion": "jumping"}
    assert creation.understood == ["jumping"]


def test_one_text_is_split_and_single_texts_win():
    text = "a tall bearded man in a red shirt waving"
    texts = split_texts(text, None, None, None)
    assert (texts["shape"], texts["motion"]) == ("tall man", "waving")
    assert "red shirt" in texts["look"]
    assert split_texts(text, None, None, "dancing") == texts | {"motion": "dancing"}


def test_words_without_effect_are_reported():
    creation = person(look="a man in a green coat holding a sword, 300 cm tall", motion="waving grumpily")
    assert any("sword" in phrase for phrase in creation.not_understood)
    assert "grumpily" in creation.not_understood
    assert creation.conflicts == ["person.height 300 is out of range; 230 is used"]
    assert Outfit.from_dict(creation.avatar.outfit).worn("outer").color == "green"
    assert creation.refinement.moves == []  # clothes were understood, so nothing was searched


def test_unread_words_search_where_no_clothes_were_named(tiny_codebook):
    creation = person(look="a man out of some gloomy opera")
    assert creation.not_understood
    assert creation.refinement.scores["end"] >= creation.refinement.scores["start"] - 1e-6
    assert creation.avatar.outfit["person"]["sex"] == "male"


def test_a_motion_of_ones_own_replaces_motion_words():
    clip = gait_motion("walk")
    assert person(look="a boy", motion_clip=clip).avatar.motions == (clip,)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"text": ""}, "text: is empty"),
        ({"look": "   "}, "look: is empty"),
        ({"look": "very " * 1000 + "tall"}, "look: has 5004 characters"),
        ({"seed": -1}, "seed: -1 is out of range"),
        ({"seed": MAX_SEED + 1}, "seed: .* out of range"),
        ({"preset": "best"}, "preset: 'best' is not known; expected one of draft, standard, high"),
        ({"shape": "a 6 year old boy, 220 cm tall", "preset": "draft"}, "height: 220 cm is out of reach"),
    ],
)
def test_bad_input_is_named(options, message):
    with pytest.raises(PersonifyError, match=message) as caught:
        create(**options)
    assert "\n" not in str(caught.value)


@pytest.mark.skipif(not (ASSETS / "codebook.safetensors").exists(), reason="no code-book in this checkout")
def test_the_shipped_code_book_belongs_to_the_shipped_model():
    found = Codebook.load().search(SmallImageText.load(), "a pirate", {"person.sex": "male"}, 3)
    assert [match.outfit.person.sex for match in found] == ["male"] * 3
