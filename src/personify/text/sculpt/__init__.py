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
* `prompts`, `cameras`, `guidance`: what the guide is told, where it looks from, how it judges.
* `restraint`, `palette`: what a small guide may change, and what it tries first.
* `finish`, `folds`, `substances`: what a gentle run does before its steps, and the step back after them.
* `presets`, `loop`, `checkpoint`: a run, its numbers, and how it goes on after any end. A step draws the field, puts
  ``image.stylized_color + (1 - opacity) * background`` and the texture-less picture before the guide, adds
  ``field.regularization()`` and ``image.regularization`` with weights, and steps Adam.
* `steady`, `record`, `ablation`: what is left to look at and to measure.
* `avatar`: all of it in one call; `creation`: the same as a stage of ``personify create``.
"""
