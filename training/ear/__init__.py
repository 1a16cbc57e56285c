"""Makes the ear of the embedded model: Whisper tiny.en's encoder, taught to speak to the Thinker."""
