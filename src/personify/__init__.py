"""Words or photos in, an animatable 3D person out."""
