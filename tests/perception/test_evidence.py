"""The image-text model made of attributes: embeddings, files, and what its coordinates mean."""

import math

import pytest
import torch

from personify.perception.evidence import (
    DOUBT,
    EvidenceConfig,
    EvidenceImageText,
    embed_evidence,
    embed_request,
    real_classes,
)
from personify.perception.labels import FIELDS, FINE_FIELDS, encode_finely, fine_attributes, visible
from personify.wardrobe.outfit import Garment, Outfit, Person

CONFIG = EvidenceConfig(widths=(8, 12), depths=(1, 2), text_width=16, text_layers=2, image_size=32)


@pytest.fixture(scope="module")
def model():
    torch.manual_seed(0)
    model = EvidenceImageText(CONFIG).eval()
    torch.nn.init.normal_(model.image.attention.weight)
    return model


def test_embeddings_are_unit_vectors_of_one_space(model):
    images = model.encode_image(torch.rand(3, 32, 32, 3, generator=torch.Generator().manual_seed(1)))
    texts = model.encode_text(["a", "red dress", ""])
    assert images.shape == texts.shape == (3, int(real_classes().sum()) + 2)
    for embeddings in (images, texts):
        assert torch.allclose(embeddings.norm(dim=1), torch.ones(3), atol=1e-5)


def test_every_class_of_every_field_has_a_place():
    assert real_classes().sum(1).tolist() == [len(classes) for classes in FINE_FIELDS.values()]


def test_probabilities_add_up_within_each_field(model):
    seen = model.attributes(torch.rand(2, 32, 32, 3, generator=torch.Generator().manual_seed(2))).exp()
    assert torch.allclose(seen.sum(-1), torch.ones(2, len(FINE_FIELDS)), atol=1e-4)
    assert seen[:, ~real_classes()].max() == 0


def test_words_far_apart_add_their_votes(model):
    """Beyond the reach of the convolutions a text is the sum of its halves."""
    filler = " ".join(["word"] * 9)
    texts = [f"{filler} crown {filler} boots {filler}", f"{filler} crown {filler} word {filler}",
             f"{filler} word {filler} boots {filler}", f"{filler} word {filler} word {filler}"]  # fmt: skip
    both, crown, boots, neither = model.text(texts)
    assert torch.allclose(both - neither, (crown - neither) + (boots - neither), atol=1e-4)
    assert float((both - neither).abs().max()) > 1e-3


def _table(*wanted):
    """Log probabilities that give the first field's first classes these probabilities and leave all else uniform."""
    table = real_classes().float()
    table = table / table.sum(1, keepdim=True)
    table[0, : len(wanted)] = torch.tensor(wanted)
    return table.clamp(min=1e-9).log()[None]


def test_evidence_grows_with_certainty_and_has_a_floor():
    rows = torch.cat([embed_evidence(_table(p, 1 - p)) for p in (1.0, 0.5, DOUBT, 1e-6)])
    share = rows[:, 0] / rows[:, -2]  # in units of the constant
    assert float(share[0]) == pytest.approx(1, abs=1e-4)
    assert torch.all(share[:-1] > share[1:])
    assert float(share[2]) == pytest.approx(math.log(2) / math.log(1 + 1 / DOUBT), abs=1e-4)
    assert float(share[3]) < 1e-4


def test_asking_for_what_is_seen_scores_higher():
    weights = torch.zeros(3, int(real_classes().sum()) + 1)
    weights[0, 0] = weights[1, 1] = 0.3
    texts, picture = embed_request(weights), embed_evidence(_table(0.97, 0.03))
    first, second, nothing = (picture @ texts.T)[0].tolist()
    assert first > second > nothing == 0


def test_a_garment_is_of_its_usual_stuff_unless_said_otherwise():
    plain = fine_attributes(Outfit(garments=(Garment("jeans", "blue"), Garment("jacket", "black", material="leather"))))
    assert plain["bottom.material"] == "denim"
    assert plain["outer.material"] == "leather"
    assert plain["outer.sleeves"] == "long"


def test_fine_labels_go_on_where_the_others_end():
    assert list(FINE_FIELDS)[: len(FIELDS)] == list(FIELDS)
    tall = Outfit(Person(sex="male", height=199, expression="grin"))
    labels = dict(zip(FINE_FIELDS, encode_finely(tall), strict=True))
    assert FINE_FIELDS["person.stature"][labels["person.stature"]] == "very tall"
    assert FINE_FIELDS["person.expression"][labels["person.expression"]] == "grin"
    assert labels["top.material"] == -1


def test_a_face_shows_its_expression_and_a_back_does_not():
    assert visible("person.expression", "head", "front")
    assert not visible("person.eyes", "head", "back")
    assert not visible("person.stature", "upper", "front")
