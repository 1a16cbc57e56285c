"""An engine that serves over the network, behind the same interface as our own: `load`, then conversations.

It speaks the chat completions form of OpenAI with audio, streamed, as vLLM, vLLM-Omni and others serve it, through the
`openai` client. What is heard and seen goes to that server; nothing goes anywhere unless an address is given.
"""

from app.remote.engine import RemoteEngine, load

__all__ = ["RemoteEngine", "load"]
