"""Pictures from OpenAI, and from whoever speaks as OpenAI does."""
