"""Photos to an animatable person of 3D Gaussians: template, network, articulation and losses."""
