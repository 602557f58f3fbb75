"""Search in the code-book and refinement, with models whose preferences are known."""

import itertools

import pytest
import torch

from personify.errors import PersonifyError
from personify.perception.portraits import STANDARD_VIEWS
from personify.text.codebook import Codebook
from personify.text.complete import complete
from personify.text.reader import read
from personify.text.refine import GROUPS, MARGIN, refine
from personify.wardrobe.attributes import attributes_of
from personify.wardrobe.outfit import Garment, Outfit, Person

W = len(STANDARD_VIEWS)


class Fake:
    """Embeds any text at the axis whose name it contains."""

    name = "fake"
    image_size = 8
    axes = ("crimson thing", "golden thing", "other")

    def encode_text(self, texts):
        index = [next((k for k, axis in enumerate(self.axes) if axis in text), 2) for text in texts]
        return torch.eye(3)[index]

    def encode_image(self, images):
        return torch.eye(3)[[2] * len(images)]


def people():
    red = Outfit(Person(sex="female"), garments=(Garment("dress", "red"), Garment("heels", "red")))
    gold = Outfit(Person(sex="male"), garments=(Garment("robe", "gold"), Garment("sandals", "gold")))
    both = Outfit(Person(sex="male"), garments=(Garment("shirt", "red"), Garment("trousers", "gold")))
    return red, gold, both


@pytest.fixture
def codebook():
    axes = torch.tensor([[1.0, 0, 0], [0, 1, 0], [0.7, 0.7, 0]])
    return Codebook(people(), axes[:, None].expand(3, W, 3), torch.zeros(3), "fake")


def test_search_orders_by_score(codebook):
    red, _, both = people()
    found = codebook.search(Fake(), "a crimson thing", {}, 2)
    assert [match.outfit for match in found] == [red, both]
    assert found[0].score > found[1].score


def test_search_obeys_what_was_said(codebook):
    found = codebook.search(Fake(), "a crimson thing", {"person.sex": "male"}, 5)
    assert [match.outfit.person.sex for match in found] == ["male", "male"]
    assert codebook.search(Fake(), "a crimson thing", {"person.age_group": "child"}, 5) == []


def test_typical_score_breaks_hubs(codebook):
    hub = Codebook(codebook.outfits, codebook.embeddings, torch.tensor([0.5, 0.0, 0.0]), "fake")
    assert hub.search(Fake(), "a crimson thing", {}, 1)[0].outfit == people()[2]


def test_another_model_is_refused(codebook):
    class Other(Fake):
        name = "other"

    with pytest.raises(PersonifyError, match="other"):
        codebook.search(Other(), "x", {}, 1)


def test_save_and_load(codebook, tmp_path):
    codebook.save(tmp_path / "book.safetensors")
    loaded = Codebook.load(tmp_path / "book.safetensors")
    assert loaded.outfits == codebook.outfits
    assert loaded.model == "fake"
    assert torch.allclose(loaded.embeddings, codebook.embeddings, atol=1e-3)


@pytest.mark.parametrize("damage", ["missing", "cut", "outfits"])
def test_damaged_books_are_named(codebook, tmp_path, damage):
    path = tmp_path / "book.safetensors"
    if damage != "missing":
        codebook.save(path)
        data = bytearray(path.read_bytes())
        path.write_bytes(data[:-30] if damage == "cut" else data[:-40] + bytes(40))
    with pytest.raises(PersonifyError, match=r"book\.safetensors"):
        Codebook.load(path)


def run(score, text="a person", evaluations=20):
    reading = read(None, text)
    start, *others = people()
    return refine(
        attributes_of(start),
        reading.attributes,
        others,
        lambda hints: complete(reading, 0, hints),
        score,
        evaluations,
    )


def test_refine_takes_what_scores_higher():
    def score(outfit):
        return float(outfit.worn("feet") is not None and outfit.worn("feet").kind == "sandals")

    outfit, story = run(score)
    assert outfit.worn("feet").kind == "sandals"
    assert story.scores == {"start": 0.0, "end": 1.0}
    assert story.moves == ["small things: 0.000 -> 1.000"]


def test_refine_never_moves_what_was_said():
    outfit, _ = run(lambda outfit: -float(any(g.color == "blue" for g in outfit.garments)), "a woman in a blue dress")
    assert (outfit.worn("full").kind, outfit.worn("full").color) == ("dress", "blue")
    assert outfit.person.sex == "female"


def test_refine_ignores_small_gains():
    counter = itertools.count()
    _, story = run(lambda outfit: next(counter) * MARGIN * 0.09)
    assert story.moves == []


def test_refine_counts_its_evaluations():
    scored = []
    run(lambda outfit: scored.append(outfit) or 0.0, evaluations=3)
    assert len(scored) == 4  # the start and three variants
    assert len(set(scored)) == 4


def test_groups_leave_the_person_alone():
    assert not any("person" in owners for owners in GROUPS.values())
