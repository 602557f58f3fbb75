"""Named looks are whole, valid costumes for both sexes."""

import pytest

from personify.errors import PersonifyError
from personify.text.complete import complete
from personify.text.reader import Reading, read
from personify.wardrobe.attributes import attributes_of
from personify.wardrobe.looks import find_look, looks, names


def test_there_are_many_and_no_name_means_two_things():
    assert len(looks()) >= 110
    every = [name for look in looks().values() for name in (look.name, *look.also, *look.male, *look.female)]
    assert len(every) == len(set(every)) == len(names())


@pytest.mark.parametrize("sex", ["female", "male"])
def test_every_look_dresses_both_sexes_head_to_toe(sex):
    for name, look in looks().items():
        outfit = complete(Reading({"person.sex": sex}, look=name), seed=1)
        full = outfit.worn("full")
        assert full or (outfit.worn("top") and outfit.worn("bottom")), name
        assert (outfit.worn("feet") is None) == look.barefoot, name
        assert outfit.person.sex == sex
        costume = {garment.kind for garment in (look.male_garments if sex == "male" else ()) or look.garments}
        assert costume == {garment.kind for garment in outfit.garments}, name


def test_every_name_is_read_as_its_look():
    wrong = {
        name: read(None, f"a {name}").look
        for name, (look, _) in names().items()
        if read(None, f"a {name}").look != look
    }
    assert wrong == {}


def test_names_tell_the_sex_where_the_word_does():
    assert read(None, "a waitress").attributes["person.sex"] == "female"
    assert read(None, "a fireman").attributes["person.sex"] == "male"
    assert "person.sex" not in read(None, "a firefighter").attributes


def test_alternatives_are_drawn_by_the_seed():
    drawn = {find_look("orc").attributes(seed)["person.skin"] for seed in range(5)}
    assert drawn == {"green"}
    assert len({find_look("punk").attributes(seed)["hair.color"] for seed in range(30)}) == 3


def test_looks_differ_from_each_other():
    costumes = {frozenset((one.kind, one.color, one.pattern) for one in look.garments) for look in looks().values()}
    assert len(costumes) == len(looks())


def test_a_look_is_worn_in_its_own_colours():
    attributes = attributes_of(complete(read(None, "a santa claus"), 3))
    assert (attributes["outer.color"], attributes["hair.beard"], attributes["person.sex"]) == (
        "red",
        "long beard",
        "male",
    )


def test_an_unknown_look_is_refused():
    with pytest.raises(PersonifyError, match="plumbus"):
        find_look("plumbus")


def test_a_bride_shows_her_face_and_a_business_woman_wears_no_tie():
    bride = complete(read(None, "a bride"), 0)
    assert bride.worn("head") is None
    assert bride.person.age_group == "young adult"
    woman, man = (complete(read(None, f"a business{sex}"), 1) for sex in ("woman", "man"))
    assert (woman.worn("top").kind, woman.worn("neck")) == ("blouse", None)
    assert (man.worn("top").kind, man.worn("neck").kind) == ("shirt", "tie")
