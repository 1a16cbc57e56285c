"""Training of the embedded model's mouth: codec, Talker, DiT and BigVGAN, one stage a module."""
