"""Principal displacements explain how people differ."""

import torch

from personify.train.figures import principal_displacements
from personify.train.targets import know


def test_everybody_is_the_average_and_some_displacements(records, template):
    people = [know(record, template) for record in records]
    average, basis, _ = principal_displacements(people, template, 5)
    assert basis.shape == (5, *template.positions.shape)
    for person in (people[0], people[1].mirrored(template.opposite.numpy())):
        true = torch.zeros_like(template.positions)
        texels = torch.from_numpy(person.texels).long()
        true.view(-1, 3)[texels] = torch.from_numpy(person.texel_positions).float()
        seen = torch.zeros(template.mask.numel(), dtype=torch.bool)
        seen[texels] = True
        own = ((true - template.positions - average).view(-1, 3) * seen[:, None]).flatten()
        directions = basis.flatten(1).mT
        explained = directions @ (torch.linalg.pinv(directions, rtol=1e-3) @ own)
        assert (explained - own).norm() < 0.02 * own.norm()


def test_displacements_are_of_one_deviation_and_the_largest_come_first(records, template):
    people = [know(record, template) for record in records]
    average, basis, _ = principal_displacements(people, template, 2)
    sizes = basis.flatten(1).norm(dim=1)
    assert sizes[0] >= sizes[1] > 0
    assert abs(basis[0].flatten() @ basis[1].flatten()) < 1e-3 * sizes[0] * sizes[1]
    assert average.abs().max() < 0.15


def test_the_same_people_give_the_same_displacements(records, template):
    people = [know(record, template) for record in records]
    torch.manual_seed(1)
    first = principal_displacements(people, template, 2)[1]
    torch.manual_seed(2)
    assert torch.equal(first, principal_displacements(people, template, 2)[1])


def test_displacements_are_their_own_mirror_image_or_its_opposite(records, template):
    people = [know(record, template) for record in records]
    _, basis, signs = principal_displacements(people, template, 4)
    mask = template.mask.flatten() > 0
    image = basis.flatten(1, 2)[:, template.opposite] * torch.tensor([-1.0, 1.0, 1.0])
    own = signs[:, None, None] * basis.flatten(1, 2)
    assert set(signs.tolist()) <= {-1.0, 1.0}
    # the opposite of an opposite texel is not always the texel itself
    assert (image - own)[:, mask].norm() < 0.3 * own[:, mask].norm()
