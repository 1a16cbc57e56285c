"""Makes the Thinker of the embedded model out of SmolLM2-135M-Instruct."""
