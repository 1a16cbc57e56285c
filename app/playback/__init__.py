"""Where replies go out: the loudspeaker, or a WAV file in its place."""
