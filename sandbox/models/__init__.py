"""Stand-ins for model providers: OpenAI, Anthropic and Hugging Face's text generation, over their own wire formats."""
