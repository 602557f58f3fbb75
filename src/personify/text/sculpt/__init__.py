"""Words to surface: fields that an image-text model can push into shape, and how they become a skinned, textured mesh.

Read in this order:

* `solid`: what sculpting starts from, a posed person as one coloured, skinned surface.
* `field`: the protocol. A field is a `torch.nn.Module` with `sdf`, `gradient`, `color` (what it looked like at the
  start) and `stylized_color` at points, and draws itself with `render(camera)`, differentiably.
* three fields, from fast to faithful: `surface` (the person's mesh, displaced and repainted: presets ``draft`` and
  ``standard``), `hash_grid` (a narrow-band multi-resolution grid) and `mlp` (AvatarCLIP's networks, preset ``paper``).
* `neus`, `rays`, `volume`: NeuS volume rendering, shared by the last two.
* `shading`: the pictures a guide looks at (texture-less, shaded) and the reconstruction losses.
* `views`: AvatarCLIP's cameras; `schedule`: its learning rate.
* `initialize`: a field learns its start, from the mesh in seconds or from template pictures as the paper did.
* `extract`, `bind`: marching cubes, atlas and texture; skin weights and the way back to the T-pose.

A step of sculpting is: ``image = field.render(camera)``; put ``image.stylized_color + (1 - opacity) * background`` and
`shading.textureless` before the guide; add ``field.regularization()`` and ``image.regularization`` with weights; step
an optimiser made of ``field.parameter_groups()``.
"""
